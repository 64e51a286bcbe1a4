"""Details that the product erases for their age are no fault; any other way of erasing them is."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from tenants import audit, ledger
from tenants.domain import ClinicFacts
from tenants.events import SYSTEM, Event
from tenants.scope import as_clinic
from tests.tenants.tampered import ROW, Superuser, delete_from, found, report_of, six_rows
from tests.tenants.trails import (
    add_events,
    age,
    read_entries,
    tampering,
)


@pytest.fixture
def clinic(committed_db: None, settings: Settings) -> ClinicFacts:
    return six_rows(settings)


def test_details_that_were_deleted_too_early_are_found(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    delete_from(superuser_sql, "tenants_auditdetail", clinic.id, f"seq = {ROW}")
    assert found(clinic) == ("details_missing", ROW)
    assert "has lost its details" in (report_of(clinic).first_problem or ("", None))[1].text  # type: ignore[union-attr]


def aged(superuser: Superuser, clinic: ClinicFacts, days: int) -> None:
    with tampering(superuser):
        age(superuser, clinic.id, days)


def forget(clinic: ClinicFacts, days: int = 90) -> int:
    with as_clinic(clinic.id):
        return ledger.forget_details(clinic_id=clinic.id, before=timezone.now() - timedelta(days=days))


def test_details_that_were_erased_for_their_age_leave_a_good_trail(
    clinic: ClinicFacts, superuser_sql: Superuser
) -> None:
    aged(superuser_sql, clinic, 91)
    assert found(clinic) is None
    add_events(clinic.id, 2)
    assert forget(clinic) == 6
    entries = read_entries(clinic.id)
    assert [entry.details is None for entry in entries] == [True] * 6 + [False] * 3
    assert json.loads(entries[-1].details or "")["count"] == 6
    assert found(clinic) is None
    aged(superuser_sql, clinic, 95)  # so that the row that tells of it is itself old enough
    assert forget(clinic) == 3
    assert found(clinic) is None
    assert forget(clinic) == 0


@pytest.mark.parametrize(("days", "is_found"), [(31, True), (89, True), (91, False)])
def test_details_between_the_ages_are_covered_by_no_erasure(
    clinic: ClinicFacts, superuser_sql: Superuser, days: int, is_found: bool
) -> None:
    """The erasure of last night names its day: what is younger than that it has not erased."""
    audit.record(Event.MEMBER_REMOVED, actor=SYSTEM, clinic_id=clinic.id)
    aged(superuser_sql, clinic, days)
    delete_from(superuser_sql, "tenants_auditdetail", clinic.id, f"seq = {ROW}")
    # As the function writes it when something is old enough; its own time is the proof.
    named = f"{timezone.now() - timedelta(days=90):%Y-%m-%d}"
    audit.record(Event.AUDIT_DETAILS_FORGOTTEN, actor=SYSTEM, clinic_id=clinic.id, before=named, count=1)
    assert found(clinic) == (("details_missing", ROW) if is_found else None)


def test_young_details_cannot_be_erased_by_the_function(clinic: ClinicFacts) -> None:
    for days in (88.9, 30, 0, -1):
        with pytest.raises(Exception, match="too young to be forgotten"):
            forget(clinic, days=days)  # type: ignore[arg-type]
    assert forget(clinic, days=90) == 0
    assert found(clinic) is None
