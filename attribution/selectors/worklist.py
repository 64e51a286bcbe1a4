"""The worklist: who waits for a callback, the longest first, and how today goes; shows nobody past the limit."""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet, Window

from attribution.domain import AppointmentStatus, ClaimFacts, OpportunityStatus, Tally, Worklist, WorklistRow
from attribution.models import Appointment, Claim, Opportunity
from attribution.rollups import tally_day
from calls.counts import CallerCounts, count_by_caller
from calls.hashing import caller_name
from tenants.domain import ClinicFacts, day_bounds, is_open
from tenants.scope import as_clinic

CLAIM_LASTS = timedelta(minutes=15)  # then a claim says nothing any more
LONGEST = 40  # more than a desk calls back in a morning; a row costs half a millisecond and 4 KB
_WAITING = (OpportunityStatus.OPEN, OpportunityStatus.ATTEMPTED)


def get_worklist(
    clinic: ClinicFacts, now: datetime, *, viewer: uuid.UUID | None = None, limit: int = LONGEST
) -> Worklist:
    """Open and attempted opportunities, the oldest first, with today's tally; `viewer` is who looks at it."""
    today = now.astimezone(clinic.zone).date()
    with as_clinic(clinic.id):
        # How many wait in all comes with each row: no second query, whether there are few or many.
        numbered = _waiting(clinic, now).annotate(in_all=Window(Count("*")))
        waiting = list(numbered.order_by("opened_at", "id")[:limit])
        total = waiting[0].in_all if waiting else 0
        counts = _count_by_caller(clinic, waiting, now)
        booked = _with_booking(clinic, {one.caller for one in waiting})
        claims = _claims(clinic, waiting, viewer, now)
        tally = tally_day(clinic.id, today, *day_bounds(today, clinic.zone))
    rows = [_row(clinic, one, counts[one.caller], one.caller in booked, claims.get(one.id), now) for one in waiting]
    longest = rows[0].waiting if rows else None
    return Worklist(rows, total, longest, tally, _version(rows, total, tally), now, total * clinic.default_value)


def count_waiting(clinic: ClinicFacts, now: datetime) -> int:
    """How many wait; for the number beside the worklist's name on every page."""
    with as_clinic(clinic.id):
        return _waiting(clinic, now).count()


def _waiting(clinic: ClinicFacts, now: datetime) -> QuerySet[Opportunity]:
    # One that has run out waits no longer, whether or not the sweep has been there yet.
    visible_from = clinic.visible_from(now)
    return Opportunity.objects.filter(
        clinic_id=clinic.id, status__in=_WAITING, opened_at__gte=visible_from, deadline__gte=now
    )


def _count_by_caller(
    clinic: ClinicFacts, waiting: Iterable[Opportunity], now: datetime
) -> Mapping[uuid.UUID, CallerCounts]:
    """Also of those whose calls have just gone."""
    since = {one.caller: one.opened_at for one in waiting}
    found = count_by_caller(clinic.id, since.items(), clinic.visible_from(now)) if since else []
    return {caller: CallerCounts(caller, 0, "", False) for caller in since} | {one.caller: one for one in found}


def _with_booking(clinic: ClinicFacts, callers: Collection[uuid.UUID]) -> set[uuid.UUID | None]:
    if not callers:
        return set()
    booked = Appointment.objects.filter(clinic_id=clinic.id, caller__in=callers, status=AppointmentStatus.BOOKED)
    return set(booked.values_list("caller", flat=True))


def _claims(
    clinic: ClinicFacts, waiting: Sequence[Opportunity], viewer: uuid.UUID | None, now: datetime
) -> Mapping[uuid.UUID, ClaimFacts]:
    """By opportunity, those that still say something."""
    if not waiting:
        return {}
    # index: attribution_claim_pkey; a clinic has a handful of them
    fresh = Claim.objects.filter(clinic_id=clinic.id, claimed_at__gte=now - CLAIM_LASTS)
    shown = fresh.values_list("opportunity_id", "user_id", "user__name", "user__email")
    return {
        opportunity_id: ClaimFacts(user_id == viewer, name or email, initials_of(name or email))
        for opportunity_id, user_id, name, email in shown
    }


def initials_of(name: str) -> str:
    """Of "Bob O'Neil" BO, of an address its first letter."""
    words = name.partition("@")[0].split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def _row(
    clinic: ClinicFacts,
    found: Opportunity,
    counts: CallerCounts,
    had_booking: bool,
    claim: ClaimFacts | None,
    now: datetime,
) -> WorklistRow:
    last_missed_at = found.last_missed_at.astimezone(clinic.zone)
    waiting = max(now - found.opened_at, timedelta())  # a phone system's clock may be ahead
    return WorklistRow(
        id=found.id,
        caller=found.caller,
        caller_name=caller_name(found.caller),
        status=OpportunityStatus(found.status),
        opened_at=found.opened_at.astimezone(clinic.zone),
        last_missed_at=last_missed_at,
        waiting=waiting,
        over_goal=waiting > clinic.callback_goal,
        attempts=found.attempts,
        callbacks=found.callbacks,
        line=counts.line,
        out_of_hours=not is_open(clinic.opening_hours, last_missed_at),
        voicemail=counts.has_voicemail,
        calls_in_retention=counts.calls,
        had_booking=had_booking,
        claim=claim,
        can_be_asked=counts.can_be_asked,
    )


def _version(rows: Sequence[WorklistRow], total: int, tally: Tally) -> str:
    """Of all that is shown but for the waiting times, which go on by themselves; the longest one by the minute."""
    longest = int(rows[0].waiting.total_seconds()) // 60 if rows else None
    shown = repr((total, longest, tally, [_shown(row) for row in rows]))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _shown(row: WorklistRow) -> tuple[object, ...]:
    return (
        row.id, row.status, row.last_missed_at, row.over_goal, row.attempts, row.callbacks, row.line, row.out_of_hours,
        row.voicemail, row.calls_in_retention, row.had_booking, row.claim, row.can_be_asked,
    )  # fmt: skip
