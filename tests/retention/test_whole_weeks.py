"""Whole weeks go when their first day reaches 90 days, and not an hour earlier."""

import uuid
from datetime import date, timedelta

import pytest
from django.db import DataError, ProgrammingError, connection, transaction
from django.utils import timezone

from calls import partitions
from calls.models import Call, CallerHash
from retention import services
from retention.models import DeletionLog, PurgeRun
from tenants.scope import as_clinic
from tests.retention.rows import MONDAY, add_call, add_hash, instant
from tests.tenants.factories import bright_smile, oak_street

pytestmark = pytest.mark.django_db
DUE = instant(MONDAY, days=90)


def log_of(clinic_id: uuid.UUID) -> list[tuple[str, int]]:
    with as_clinic(clinic_id):
        return list(DeletionLog.objects.order_by("id").values_list("what", "count"))


def old_weeks() -> list[date]:
    return [monday for monday in partitions.list_weeks() if monday < partitions.week_of(timezone.now())]


def test_a_week_stays_until_its_first_day_is_90_days_old() -> None:
    clinic = bright_smile()
    add_call(clinic, instant(MONDAY, hours=1))
    services.purge_expired(now=DUE - timedelta(hours=1))
    assert old_weeks() == [MONDAY]


def test_a_week_goes_when_its_first_day_is_90_days_old() -> None:
    alice_s, charlie_s = bright_smile(), oak_street()
    for hours in (0, 1, 167):
        caller = add_call(alice_s, instant(MONDAY, hours=hours))
        add_hash(alice_s, instant(MONDAY), caller)
    add_call(charlie_s, instant(MONDAY, days=6, hours=23, minutes=59))
    add_call(alice_s, instant(MONDAY, days=7))

    report = services.purge_expired(now=DUE)

    assert report.weeks == [MONDAY]
    assert old_weeks() == [MONDAY + partitions.WEEK]
    assert log_of(alice_s.id) == [("calls", 3), ("caller_hashes", 3)]
    assert log_of(charlie_s.id) == [("calls", 1)]
    with as_clinic(alice_s.id):
        assert Call.objects.count() == 1
        assert CallerHash.objects.count() == 0
        assert DeletionLog.objects.filter(before=instant(MONDAY, days=7)).count() == 2


def test_the_run_is_on_record() -> None:
    services.purge_expired(now=DUE)
    run = PurgeRun.objects.get()
    assert run.started_at == DUE
    assert run.finished_at is not None


def test_a_second_run_finds_nothing() -> None:
    clinic = bright_smile()
    add_call(clinic, instant(MONDAY))
    services.purge_expired(now=DUE)
    report = services.purge_expired(now=DUE)
    assert (report.deletions, report.weeks) == ([], [])


def test_a_dry_run_counts_and_deletes_nothing() -> None:
    clinic = bright_smile()
    add_hash(clinic, instant(MONDAY), add_call(clinic, instant(MONDAY)))
    foreseen = services.purge_expired(now=DUE, dry_run=True)
    assert foreseen.totals() == {(clinic.id, "calls"): 1, (clinic.id, "caller_hashes"): 1}
    assert old_weeks() == [MONDAY]
    assert log_of(clinic.id) == []
    assert not PurgeRun.objects.exists()
    assert services.purge_expired(now=DUE).totals() == foreseen.totals()


def test_the_database_refuses_to_drop_a_week_before_its_time() -> None:
    young = partitions.week_of(timezone.now() - timedelta(days=70))
    partitions.make_week(young)
    with pytest.raises(DataError, match="not 90 days old"), transaction.atomic():
        partitions.drop_week(young)


def test_the_database_refuses_a_week_that_does_not_begin_on_monday() -> None:
    with pytest.raises(DataError, match="not a week"), transaction.atomic():
        partitions.make_week(MONDAY + timedelta(days=1))


def test_when_the_drop_fails_the_log_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = bright_smile()
    add_call(clinic, instant(MONDAY))

    def fail(monday: object) -> None:
        raise DataError

    monkeypatch.setattr(partitions, "drop_week", fail)
    with pytest.raises(DataError), transaction.atomic():
        services.purge_expired(now=DUE)
    assert log_of(clinic.id) == []
    assert old_weeks() == [MONDAY]


def test_the_weeks_ahead_are_made_once() -> None:
    now = timezone.now() + timedelta(days=7)
    partitions.make_weeks_ahead(now=now)
    assert len(partitions.weeks_wanted(now)) == 5
    assert set(partitions.weeks_wanted(now)) <= set(partitions.list_weeks())
    assert partitions.make_weeks_ahead(now=now) == []


@pytest.mark.parametrize(
    "statement", ["UPDATE retention_deletionlog SET count = 0", "DELETE FROM retention_deletionlog"]
)
def test_the_log_cannot_be_changed(statement: str) -> None:
    clinic = bright_smile()
    add_call(clinic, instant(MONDAY))
    services.purge_expired(now=DUE)
    refused = pytest.raises(ProgrammingError, match="permission denied")
    with as_clinic(clinic.id), connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute(statement)
