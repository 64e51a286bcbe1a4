"""Rows of every kind that the purge knows, made without the doors; plain functions, inside no scope."""

import secrets
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from attribution.domain import ActionKind, AppointmentStatus, OpportunityStatus, Reason, Verdict
from attribution.models import Appointment, CallerBooks, DailyMetrics, Opportunity, StaffAction
from calls.domain import CallerKind, Direction, Outcome
from calls.models import Call, CallerHash
from calls.partitions import make_week, week_of
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

# The functions of the database go by its own clock, so the tests' present lies in the past: half a year back.
MONDAY = week_of(timezone.now() - timedelta(days=180))


def instant(monday: date, **after: float) -> datetime:
    return datetime.combine(monday, time.min, tzinfo=UTC) + timedelta(**after)


def add_call(clinic: ClinicFacts, started_at: datetime, caller: uuid.UUID | None = None) -> uuid.UUID:
    caller = caller or uuid.uuid4()
    make_week(week_of(started_at))
    with as_clinic(clinic.id):
        Call.objects.create(
            clinic_id=clinic.id,
            started_at=started_at,
            id=uuid.uuid4(),
            caller=caller,
            kind=CallerKind.CALLER,
            direction=Direction.INBOUND,
            outcome=Outcome.MISSED,
            source="csv",
        )
    return caller


def add_hash(clinic: ClinicFacts, seen_at: datetime, caller: uuid.UUID, caller_hash: bytes | None = None) -> bytes:
    caller_hash = caller_hash or secrets.token_bytes(32)
    make_week(week_of(seen_at))
    with as_clinic(clinic.id):
        CallerHash.objects.create(clinic_id=clinic.id, week=week_of(seen_at), caller_hash=caller_hash, caller=caller)
    return caller_hash


def add_appointment(clinic: ClinicFacts, booked_at: datetime, *callers: uuid.UUID) -> Appointment:
    with as_clinic(clinic.id):
        return Appointment.objects.create(
            clinic_id=clinic.id,
            external_id=secrets.token_hex(8),
            booked_at=booked_at,
            status=AppointmentStatus.BOOKED,
            callers=list(callers),
            caller=callers[0] if callers else None,
            verdict=Verdict.UNATTRIBUTED,
            reason=Reason.NO_CONTACT,
        )


def add_opportunity(
    clinic: ClinicFacts, opened_at: datetime, caller: uuid.UUID, appointment: Appointment | None = None
) -> Opportunity:
    with as_clinic(clinic.id):
        return Opportunity.objects.create(
            clinic_id=clinic.id,
            caller=caller,
            status=OpportunityStatus.RECOVERED if appointment else OpportunityStatus.OPEN,
            opened_at=opened_at,
            last_missed_at=opened_at,
            deadline=opened_at + timedelta(hours=48),
            attempts=1,
            appointment_id=appointment.id if appointment else None,
            booked_at=appointment.booked_at if appointment else None,
            rules_version=1,
        )


def add_action(clinic: ClinicFacts, at: datetime, caller: uuid.UUID) -> StaffAction:
    with as_clinic(clinic.id):
        return StaffAction.objects.create(
            clinic_id=clinic.id, caller=caller, at=at, kind=ActionKind.CALLED_BACK, reached=False
        )


def add_books(
    clinic: ClinicFacts, settled_until: datetime, caller: uuid.UUID, last_missed_at: datetime | None = None
) -> None:
    with as_clinic(clinic.id):
        CallerBooks.objects.create(
            clinic_id=clinic.id,
            caller=caller,
            settled_until=settled_until,
            last_missed_at=last_missed_at or settled_until,
            last_status=OpportunityStatus.LAPSED,
        )


def add_day(clinic: ClinicFacts, on: date, value: str, **counts: int) -> None:
    with as_clinic(clinic.id):
        DailyMetrics.objects.create(clinic_id=clinic.id, on=on, recovered_value=Decimal(value), **counts)
