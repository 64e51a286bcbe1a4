"""A run starts once, is due and overdue at the right times, and its doors say plainly what happened."""

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from calls import partitions
from retention import selectors, services, sweeps, tasks
from retention.domain import judge_purge
from retention.models import PurgeRun
from tests.retention.rows import MONDAY, add_call, instant
from tests.tenants.factories import NOW, bright_smile, oak_street

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("last_success", "installed", "week_limit", "is_due", "is_overdue"),
    [
        (None, -1, None, True, False),
        (None, -26, None, True, False),
        (None, -26.1, None, True, True),
        (-19.9, -900, 1, False, False),
        (-20, -900, None, True, False),
        (-26, -900, None, True, False),
        (-26.1, -900, None, True, True),
        (-1, -900, 0, True, False),
        (-1, -900, -26, True, False),
        (-1, -900, -26.1, True, True),
    ],
)
def test_when_the_purge_is_due_and_overdue(
    last_success: float | None, installed: float, week_limit: float | None, is_due: bool, is_overdue: bool
) -> None:
    state = judge_purge(
        now=NOW,
        last_success=hours_on(last_success),
        installed_at=NOW + installed * HOUR,
        oldest_week_limit=hours_on(week_limit),
    )
    assert (state.is_due, state.is_overdue) == (is_due, is_overdue)


def hours_on(hours: float | None) -> datetime | None:
    return None if hours is None else NOW + hours * HOUR


@pytest.mark.django_db
def test_the_state_is_read_from_the_database() -> None:
    now = timezone.now()
    assert selectors.read_purge_state(now).is_due
    assert not selectors.read_purge_state(now).is_overdue  # the tests' databases are new
    assert selectors.read_purge_state(now + timedelta(hours=27)).is_overdue
    PurgeRun.objects.create(started_at=now, finished_at=now)
    assert not selectors.read_purge_state(now + timedelta(hours=1)).is_due
    PurgeRun.objects.create(started_at=now + timedelta(hours=1))
    assert selectors.read_purge_state(now).last_success == now
    partitions.make_week(MONDAY)
    assert selectors.read_purge_state(instant(MONDAY, days=90)).is_due
    assert selectors.read_purge_state(now).is_overdue


@pytest.mark.django_db
def test_the_task_runs_only_when_it_is_due() -> None:
    tasks.purge_if_due()
    tasks.purge_if_due()
    assert PurgeRun.objects.count() == 1


@pytest.mark.django_db
def test_a_second_run_at_the_same_time_is_refused() -> None:
    with sweeps.purge_lock(), pytest.raises(sweeps.AlreadyRunning):
        services.purge_expired(now=NOW)
    assert not PurgeRun.objects.exists()
    services.purge_expired(now=NOW)


@pytest.mark.django_db
def test_the_task_takes_a_run_of_somebody_else_for_its_own() -> None:
    with sweeps.purge_lock():
        tasks.purge_if_due()
    assert not PurgeRun.objects.exists()


@pytest.mark.django_db
def test_the_command_says_one_line_when_another_run_is_on() -> None:
    with sweeps.purge_lock(), pytest.raises(CommandError, match=r"^Another purge is running\.$"):
        call_command("purge_expired")


@pytest.mark.django_db
def test_the_command_reports_as_json() -> None:
    clinic = bright_smile()
    add_call(clinic, instant(MONDAY))
    out = StringIO()
    for is_dry_run in (True, False):
        out = StringIO()
        call_command("purge_expired", json=True, dry_run=is_dry_run, stdout=out)
        report = json.loads(out.getvalue())
        assert report["dry_run"] is is_dry_run
        assert report["weeks"] == [str(MONDAY)]
        assert report["deleted"] == [{"clinic": "bright-smile", "what": "calls", "count": 1}]


@pytest.mark.django_db
def test_the_command_reports_in_words() -> None:
    clinic = bright_smile()
    add_call(clinic, instant(MONDAY))
    out = StringIO()
    call_command("purge_expired", stdout=out)
    assert f"week of {MONDAY}: dropped" in out.getvalue()
    assert "bright-smile: calls 1" in out.getvalue()


@pytest.mark.django_db
def test_a_clinics_log_is_for_that_clinic_only() -> None:
    clinic, other = bright_smile(), oak_street()
    add_call(clinic, instant(MONDAY))
    services.purge_expired(now=instant(MONDAY, days=90))
    assert [(line.what, line.count) for line in selectors.list_deletions(clinic_id=clinic.id)] == [("calls", 1)]
    assert selectors.list_deletions(clinic_id=other.id) == []
