"""What the purge did is on the audit trail; what the trail says about people goes in time, and it still holds."""

import json
import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from calls.models import CallerKey
from calls.partitions import WEEK
from retention import services
from retention.domain import LOG_DAYS
from tenants import audit
from tenants.domain import PLATFORM, ClinicFacts
from tenants.events import SYSTEM, Event
from tenants.models import AuditDetail, Invitation, RefusedCount
from tenants.scope import as_clinic
from tenants.trail_reports import verify_stored
from tenants.vault import wrap
from tests.retention.rows import MONDAY, add_call, instant
from tests.tenants.factories import bright_smile, oak_street
from tests.tenants.trails import OUTSIDE, age, read_entries, tampering

EXPIRED = instant(MONDAY + WEEK, days=90)


def added(clinic: ClinicFacts, before: int) -> list[tuple[str, str, str, dict[str, Any]]]:
    return [
        (entry.link.action, entry.link.actor_kind, entry.link.target, json.loads(entry.details or ""))
        for entry in read_entries(clinic.id)[before:]
    ]


@pytest.mark.django_db
def test_a_run_that_deleted_something_is_one_row_of_that_clinic() -> None:
    clinic, other = bright_smile(), oak_street()
    counts = [len(read_entries(one.id)) for one in (clinic, other)]
    for minutes in range(3):
        add_call(clinic, instant(MONDAY, minutes=minutes))
    services.purge_expired(now=EXPIRED, dry_run=True)
    assert added(clinic, counts[0]) == []
    services.purge_expired(now=EXPIRED)
    ((event, actor, target, details),) = added(clinic, counts[0])
    assert (event, actor, details) == ("purged", "system", {"deleted": {"calls": 3}})
    assert uuid.UUID(target)
    assert added(other, counts[1]) == []
    services.purge_expired(now=EXPIRED)
    assert len(added(clinic, counts[0])) == 1


@pytest.mark.django_db
def test_a_destroyed_key_has_its_certificate_on_the_trail() -> None:
    clinic = bright_smile()
    before = len(read_entries(clinic.id))
    secret = bytes(range(32))
    CallerKey.objects.create(
        clinic_id=clinic.id,
        week=MONDAY,
        active_from=instant(MONDAY),
        wrapped=wrap(secret, f"caller-key/{clinic.id}/{MONDAY}"),
    )
    report = services.purge_expired(now=EXPIRED)
    (deletion,) = report.deletions
    ((event, _, target, details),) = added(clinic, before)
    assert (event, target) == ("key_destroyed", f"{MONDAY:%G-W%V}")
    assert details["certificate"].replace(":", "") == deletion.certificate
    assert secret.hex()[:8] not in str(details)


def test_details_go_after_90_days_and_the_trail_still_holds(
    committed_db: None, superuser_sql: psycopg.Connection
) -> None:
    clinic, other = bright_smile(), oak_street()
    audit.record(Event.STAFF_ADDED, actor=SYSTEM)
    with tampering(superuser_sql):
        age(superuser_sql, clinic.id, LOG_DAYS + 1)
        age(superuser_sql, other.id, LOG_DAYS - 1)
        age(superuser_sql, PLATFORM, LOG_DAYS + 1)
    now = timezone.now()
    count = len(read_entries(clinic.id))
    foreseen = services.purge_expired(now=now, dry_run=True)
    done = services.purge_expired(now=now)
    assert foreseen.totals() == done.totals() == {(clinic.id, "audit_details"): count}
    assert foreseen.platform["audit_details"] == done.platform["audit_details"] == 1
    entries = read_entries(clinic.id)
    assert [entry.details is None for entry in entries] == [True] * count + [False]
    assert entries[-1].link.action == "audit_details_forgotten"
    assert all(entry.details is not None for entry in read_entries(other.id))
    assert verify_stored(slug=None, outside=OUTSIDE).first_problem is None
    with as_clinic(clinic.id):
        assert AuditDetail.objects.count() == 1


@pytest.mark.django_db
def test_counts_of_refusals_and_old_invitations_go() -> None:
    clinic = bright_smile()
    now = timezone.now()
    with as_clinic(clinic.id):
        for age_in_days in (89, 91):
            at = now - timedelta(days=age_in_days)
            RefusedCount.objects.create(clinic_id=clinic.id, on=at.date(), what="not_here", count=1)
            Invitation.objects.create(
                clinic_id=clinic.id,
                email=f"{age_in_days}@example.org",
                role="admin",
                token_hash=age_in_days.to_bytes(32, "big"),
                link_expires_at=at,
                expires_at=at,
            )
    expected = {(clinic.id, "refused_requests"): 1, (clinic.id, "invitations"): 1}
    assert services.purge_expired(now=now, dry_run=True).totals() == expected
    assert services.purge_expired(now=now).totals() == expected
    with as_clinic(clinic.id):
        assert [row.email for row in Invitation.objects.all()] == ["89@example.org"]
        assert RefusedCount.objects.count() == 1
