"""Rolls days up and closes books: figures of whole local days, written idempotently; a closed day is never rebuilt."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from attribution import results, rollups
from attribution.events import EVERYBODY
from attribution.rollups import Span
from attribution.rules import RuleSet
from attribution.services.context import Context, first_open_day, load_context
from attribution.services.digests import reschedule_digests
from attribution.services.recompute import settle_callers
from calls.changes import has_caller_changes
from calls.counts import HourCounts, MissedWhen, count_hours
from tenants.domain import ClinicFacts, day_bounds
from tenants.scope import as_clinic
from tenants.selectors import get_clinic

DAYS_AT_ONCE = 31  # a transaction that holds the list of days for a second at most


def rebuild_days(*, clinic_id: uuid.UUID, now: datetime) -> int:
    """Rolls up all days that changed, but for closed ones; returns how many. Leaves them to whoever is at it already.

    Days that are old enough to be closed and were never written are written once, when no work on a caller is
    waiting: the first import of older history must not be closed half-done.
    """
    rebuilt = 0
    while days := _rebuild_some(clinic_id, now):
        rebuilt += days
    return rebuilt


def _rebuild_some(clinic_id: uuid.UUID, now: datetime) -> int:
    with as_clinic(clinic_id):
        if not results.try_lock_attribution(clinic_id):
            return 0
        context = load_context(clinic_id, now)
        since = context.first_open_on if has_caller_changes(clinic_id) else date.min
        claimed = rollups.claim_days(clinic_id, since, DAYS_AT_ONCE)
        open_days = [on for on in claimed if on not in context.closed]
        if open_days:
            _roll_up(context, open_days)
        return len(claimed)


def close_books(*, clinic_id: uuid.UUID, now: datetime) -> int:
    """Settles the opportunities that were opened on closed days; returns how many."""
    with as_clinic(clinic_id):
        results.lock_attribution(clinic_id)
        return settle_callers(load_context(clinic_id, now), EVERYBODY)


def leave_open_days(*, clinic_id: uuid.UUID, first: date, last: date) -> None:
    """Asks for all days between to be rolled up again. Closed days are passed over when it comes to it."""
    with as_clinic(clinic_id):
        rollups.leave_days(clinic_id, [first + timedelta(days=number) for number in range((last - first).days + 1)])


def recount_open_days(*, clinic_id: uuid.UUID, now: datetime) -> None:
    """Asks for every open day to be counted again: the clinic's days begin at another instant than they did.

    Tomorrow, too: where the clinic was so far it may have begun.
    """
    clinic = get_clinic(clinic_id)
    last = local_day(clinic, now) + timedelta(days=1)
    leave_open_days(clinic_id=clinic_id, first=first_open_day(clinic, now), last=last)
    reschedule_digests(clinic_id=clinic_id, now=now)


def _roll_up(context: Context, days: Sequence[date]) -> None:
    clinic = context.clinic
    spans = [Span(on, *day_bounds(on, clinic.zone)) for on in days]
    hours = list(_count_hours(context, spans))
    calls = {on: _sum(group) for on, group in groupby(hours, key=lambda hour: hour.on)}
    cohorts = rollups.count_cohorts(clinic.id, spans)
    appointments = rollups.count_appointments(clinic.id, spans)
    none = (0,) * len(rollups.CALL_COLUMNS)
    figures = {on: (*calls.get(on, none), *cohorts[on], *appointments[on]) for on in days}
    # A day on which nothing happened is not written: it would be closed for a first import of older history.
    rollups.write_days(clinic.id, {on: counts for on, counts in figures.items() if any(counts)})
    rollups.delete_days(clinic.id, [on for on, counts in figures.items() if not any(counts)])
    rollups.delete_hours(clinic.id, days)
    rollups.write_hours(clinic.id, [(hour.on, hour.hour, hour.inbound, hour.missed) for hour in hours if hour.inbound])


def _count_hours(context: Context, spans: Sequence[Span]) -> Iterator[HourCounts]:
    """Days that follow each other are counted in one go."""
    for start, end in _runs(spans):
        yield from count_hours(context.clinic, start, end, missed_when(context.rules))


def missed_when(rules: Iterable[RuleSet]) -> list[MissedWhen]:
    """As much of the rules as the counts of calls want."""
    return [MissedWhen(one.in_force_from, one.voicemail_is_missed, one.min_ring_seconds) for one in rules]


def _runs(spans: Sequence[Span]) -> Iterator[tuple[datetime, datetime]]:
    start = spans[0].start
    for this, following in zip(spans, [*spans[1:], None], strict=True):
        if following is None or following.start != this.end:
            yield start, this.end
            start = following.start if following else this.end


def _sum(hours: Iterable[HourCounts]) -> tuple[int, ...]:
    """A day's calls, in the order of `CALL_COLUMNS`."""
    return tuple(sum(counts) for counts in zip(*[hour[2:] for hour in hours], strict=True))


def local_day(clinic: ClinicFacts, instant: datetime) -> date:
    """The clinic's date of an instant."""
    return instant.astimezone(clinic.zone).date()
