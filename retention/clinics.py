"""Deletes what is past one clinic's limit, a day of a table at a time, each batch with its log row; keeps its counts.

The one place that touches the tables of other floors: what must go is known here and nowhere else.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Exists, Min, Model, OuterRef, Q, QuerySet

from attribution.models import (
    Appointment,
    BookingLink,
    CallerBooks,
    Claim,
    DailyMetrics,
    Opportunity,
    OutgoingMessage,
    StaffAction,
)
from calls.models import Call, Change, ConnectionHour, ImportRun, ReceivedField, RefusalCount
from calls.partitions import first_kept_instant, week_of
from calls.rows import take_intake_lock
from retention import sweeps
from retention.batches import limit_waiting, patiently, write_log
from retention.domain import DAY, LOG_DAYS, VALUE_DAYS, Deletion, Run, first_of_month
from tenants import ledger
from tenants.domain import ClinicFacts
from tenants.idempotency import ANSWER_LIFE, forget_expired
from tenants.models import IdempotentAnswer, Invitation, Membership, RareUse, RefusedCount
from tenants.scope import as_clinic
from tenants.services import forget_ended_support

HASH_BATCH = 500  # callers; intake of the clinic waits while one batch goes
# Instead of the time of a missed call that is itself gone. No window reaches back to it, so that the rules go on as
# they would without the call.
FORGOTTEN_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Swept:
    """A table whose rows go by one time column (or, of `date` type, by whole UTC days)."""

    what: str
    model: type[Model]
    column: str

    def older(self, clinic_id: uuid.UUID, before: datetime, since: datetime | None = None) -> "QuerySet[Any]":
        bounds: dict[str, Any] = {f"{self.column}__lt": before}
        if since is not None:
            bounds[f"{self.column}__gte"] = since
        return self.model._default_manager.filter(clinic_id=clinic_id, **bounds)


CALLS = Swept("calls", Call, "started_at")
# An opportunity points at its appointment, so it goes first.
SWEPT = (
    Swept("opportunities", Opportunity, "opened_at"),
    Swept("appointments", Appointment, "booked_at"),
    Swept("booking_links", BookingLink, "seen_at"),
    Swept("staff_actions", StaffAction, "at"),
    Swept("claims", Claim, "claimed_at"),
    Swept("caller_books", CallerBooks, "settled_until"),
    Swept("changes", Change, "created_at"),
    Swept("refusal_counts", RefusalCount, "on"),
    Swept("connection_hours", ConnectionHour, "hour"),
    Swept("received_fields", ReceivedField, "last_at"),
    Swept("imports", ImportRun, "started_at"),
    Swept("refused_requests", RefusedCount, "on"),
    Swept("invitations", Invitation, "expires_at"),
)
AUDIT_DETAILS = "audit_details"
MESSAGES = "outgoing_messages"
MESSAGES_LAST = timedelta(days=30)  # what was sent to other systems, and is about a caller
# What the API keeps for a day, whatever the clinic's limit.
SHORT_LIVED = (Swept("api_answers", IdempotentAnswer, "created_at"), Swept("api_answers", RareUse, "at"))


def purge_clinic(*, run: Run, clinic: ClinicFacts) -> Iterator[Deletion]:
    """Yields what went, batch by batch. Raises `batches.Busy`."""
    before = clinic.visible_from(run.now)
    # Older calls are in weeks that are dropped whole; a query without this bound would open them all.
    yield from _sweep(run, clinic, CALLS, before, since=first_kept_instant(run.now))
    yield from _one(partial(_delete_winners_of_expired, run, clinic, before))
    for swept in SWEPT:
        yield from _sweep(run, clinic, swept, before)
    yield from _one(partial(_forget_missed_times, run, clinic, before))
    yield from _one(partial(_forget_messages, run, clinic, before))
    yield from _one(partial(_forget_answers, run, clinic))
    yield from _one(partial(_forget_support, run, clinic))
    yield from _forget_callers(run, clinic, before)
    yield from _one(partial(_move_values, run, clinic))
    yield from _one(partial(forget_audit_details, run, clinic.id))


def count_clinic(*, now: datetime, clinic: ClinicFacts) -> list[Deletion]:
    """What `purge_clinic` would delete now, whole weeks aside."""
    before, since = clinic.visible_from(now), first_kept_instant(now)
    with as_clinic(clinic.id):
        counts = {CALLS.what: CALLS.older(clinic.id, before, since).count()}
        counts |= {swept.what: swept.older(clinic.id, before).count() for swept in SWEPT}
        counts[MESSAGES] = _old_messages(clinic.id, now, before).count()
        counts["api_answers"] = sum(swept.older(clinic.id, now - ANSWER_LIFE).count() for swept in SHORT_LIVED)
        counts["support_grants"] = Membership.objects.filter(clinic_id=clinic.id, expires_at__lte=now).count()
        forgotten = sweeps.find_forgotten_callers(clinic.id, before, week_of(since))
        counts["caller_hashes"] = sum(hashes for _, hashes in forgotten)
        counts["values"] = _movable_values(clinic, now).count()
        counts[AUDIT_DETAILS] = ledger.count_details(clinic_id=clinic.id, before=now - timedelta(days=LOG_DAYS))
    return [Deletion(clinic.id, what, before, count) for what, count in counts.items() if count]


def _sweep(
    run: Run, clinic: ClinicFacts, swept: Swept, before: datetime, since: datetime | None = None
) -> Iterator[Deletion]:
    """A batch is the oldest day that is left: small for any clinic, and found again by whoever resumes."""
    while deletion := patiently(partial(_delete_oldest_day, run, clinic.id, swept, before, since)):
        yield deletion


def _delete_oldest_day(
    run: Run, clinic_id: uuid.UUID, swept: Swept, before: datetime, since: datetime | None
) -> Deletion | None:
    with as_clinic(clinic_id):
        oldest = swept.older(clinic_id, before, since).aggregate(oldest=Min(swept.column))["oldest"]
        if oldest is None:
            return None
        limit_waiting()
        until = min(_instant(oldest) + DAY, before)
        count, _ = swept.older(clinic_id, until, since).delete()
        return write_log(run, clinic_id, swept.what, until, count)


def _delete_winners_of_expired(run: Run, clinic: ClinicFacts, before: datetime) -> Deletion | None:
    """Opportunities that hold on to an appointment past the limit; the rules make none, a corrected date could."""
    with as_clinic(clinic.id):
        expired = Appointment.objects.filter(clinic_id=clinic.id, booked_at__lt=before).values("id")
        count, _ = Opportunity.objects.filter(clinic_id=clinic.id, appointment_id__in=expired).delete()
        return write_log(run, clinic.id, "opportunities", before, count) if count else None


def _forget_missed_times(run: Run, clinic: ClinicFacts, before: datetime) -> Deletion | None:
    """A caller's books can be younger than the missed call whose time they keep: that time goes with the call."""
    with as_clinic(clinic.id):
        late = CallerBooks.objects.filter(clinic_id=clinic.id, last_missed_at__lt=before)
        count = late.exclude(last_missed_at=FORGOTTEN_TIME).update(last_missed_at=FORGOTTEN_TIME)
        return write_log(run, clinic.id, "missed_times", before, count) if count else None


def _old_messages(clinic_id: uuid.UUID, now: datetime, before: datetime) -> "QuerySet[OutgoingMessage]":
    """Those that are old, and those whose opportunity has gone or is past the limit."""
    kept = Opportunity.objects.filter(clinic_id=clinic_id, pk=OuterRef("opportunity_id"), opened_at__gte=before)
    is_forgotten = Q(opportunity_id__isnull=False) & ~Exists(kept)
    return OutgoingMessage.objects.filter(is_forgotten | Q(created_at__lt=now - MESSAGES_LAST), clinic_id=clinic_id)


def _forget_messages(run: Run, clinic: ClinicFacts, before: datetime) -> Deletion | None:
    with as_clinic(clinic.id):
        limit_waiting()
        count, _ = _old_messages(clinic.id, run.now, before).delete()
        return write_log(run, clinic.id, MESSAGES, before, count) if count else None


def _forget_answers(run: Run, clinic: ClinicFacts) -> Deletion | None:
    with as_clinic(clinic.id):
        count = forget_expired(clinic_id=clinic.id, now=run.now)
        return write_log(run, clinic.id, "api_answers", run.now - ANSWER_LIFE, count) if count else None


def _forget_support(run: Run, clinic: ClinicFacts) -> Deletion | None:
    """Grants to the platform's support that the clock has ended; what was done stays in the audit trail."""
    with as_clinic(clinic.id):
        count = forget_ended_support(clinic_id=clinic.id, now=run.now)
        return write_log(run, clinic.id, "support_grants", run.now, count) if count else None


def forget_audit_details(run: Run, clinic_id: uuid.UUID) -> Deletion | None:
    """What the audit trail says about people; the trail itself stays, and its chain holds."""
    before = run.now - timedelta(days=LOG_DAYS)
    with as_clinic(clinic_id):
        limit_waiting()
        count = ledger.forget_details(clinic_id=clinic_id, before=before)
        return write_log(run, clinic_id, AUDIT_DETAILS, before, count) if count else None


def _forget_callers(run: Run, clinic: ClinicFacts, before: datetime) -> Iterator[Deletion]:
    first_week = week_of(first_kept_instant(run.now))
    with as_clinic(clinic.id):
        callers = [caller for caller, _ in sweeps.find_forgotten_callers(clinic.id, before, first_week)]
    for start in range(0, len(callers), HASH_BATCH):
        batch = callers[start : start + HASH_BATCH]
        yield from _one(partial(_delete_hashes, run, clinic.id, before, first_week, batch))


def _delete_hashes(
    run: Run, clinic_id: uuid.UUID, before: datetime, first_week: date, callers: list[uuid.UUID]
) -> Deletion | None:
    with as_clinic(clinic_id):
        limit_waiting()
        # Intake finds a caller by a hash and then writes the call: between the two the hash must not go.
        take_intake_lock(clinic_id)
        count = sweeps.delete_hashes_of_forgotten(clinic_id, before, first_week, callers)
        return write_log(run, clinic_id, "caller_hashes", before, count) if count else None


def _movable_values(clinic: ClinicFacts, now: datetime) -> "QuerySet[DailyMetrics]":
    return DailyMetrics.objects.filter(
        clinic_id=clinic.id, on__lt=_first_day_with_value(clinic, now), recovered_value__isnull=False
    )


def _first_day_with_value(clinic: ClinicFacts, now: datetime) -> date:
    return now.astimezone(clinic.zone).date() - timedelta(days=VALUE_DAYS)


def _move_values(run: Run, clinic: ClinicFacts) -> Deletion | None:
    """The rows are locked while their values move, so that each moves exactly once."""
    with as_clinic(clinic.id):
        due = _movable_values(clinic, run.now).select_for_update().values_list("on", "recovered_value")
        values: list[tuple[date, Decimal]] = [(on, value or Decimal(0)) for on, value in due]
        for month in sorted({first_of_month(on) for on, _ in values}):
            total = sum((value for on, value in values if first_of_month(on) == month), Decimal(0))
            sweeps.add_to_month(clinic.id, month, total)
        days = [on for on, _ in values]
        DailyMetrics.objects.filter(clinic_id=clinic.id, on__in=days).update(recovered_value=None)
        before = _instant(_first_day_with_value(clinic, run.now))
        return write_log(run, clinic.id, "values", before, len(days)) if days else None


def _one(batch: "partial[Deletion | None]") -> Iterator[Deletion]:
    deletion = patiently(batch)
    if deletion is not None:
        yield deletion


def _instant(moment: date) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, tzinfo=UTC)
