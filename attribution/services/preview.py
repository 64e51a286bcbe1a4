"""What other rules would have made of the last four weeks: the walk that a rebuild takes, under them; writes nothing.

The proposed rules are taken as if they had been in force from the first of these days on. What it looks at is bounded
by days and by rows, so that it ends in about a second whatever the clinic holds; it says which days it covers.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import OperationalError

from attribution import events, recoveries
from attribution.domain import OpportunityStatus, Reason, ValueSource, Verdict
from attribution.events import StoredAppointment
from attribution.facts import RulesFigures, RulesPreview
from attribution.recoveries import Recovery
from attribution.results import Found
from attribution.rules import EPOCH, RuleBook, RuleSet, to_micros
from attribution.services.context import Context, load_context
from attribution.services.judging import Batch, find_contested, judge, read_batch
from attribution.services.rollup import missed_when
from attribution.services.versions import propose
from calls.counts import count_hours
from calls.streams import callers_unanswered_between, read_calls_of
from tenants.domain import day_bounds
from tenants.scope import as_clinic, set_local

DAYS = 28
MOST_ROWS = 12_000  # unanswered calls and appointments
MOST_TIME = timedelta(seconds=10)  # of one question to the database
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Span:
    """Local days, both included, and the instants between which they lie; with what was booked on them."""

    first: date
    last: date
    start: datetime
    end: datetime
    booked: Sequence[StoredAppointment]

    def holds(self, instant: int) -> bool:
        return to_micros(self.start) <= instant < to_micros(self.end)


@dataclass(frozen=True, slots=True)
class _Outcome:
    figures: RulesFigures
    said: Mapping[bytes, tuple[Verdict, Reason]]


class PreviewTooSlow(Exception):
    """The database was asked for longer than `MOST_TIME`."""


def preview_rules(*, clinic_id: uuid.UUID, rules: RuleSet, now: datetime) -> RulesPreview:
    """The figures of the last `DAYS` local days, or of as many as are open and not too much, by the rules in force and
    by these. Raises `RulesOutOfRange` and `PreviewTooSlow`."""
    try:
        with as_clinic(clinic_id):
            set_local("statement_timeout", str(MOST_TIME // timedelta(milliseconds=1)))
            return _preview(load_context(clinic_id, now), rules)
    except OperationalError as error:
        raise PreviewTooSlow from error


def _preview(context: Context, rules: RuleSet) -> RulesPreview:
    span = _choose_span(context)
    other = _under(context, propose(context.rules[-1], rules, span.start))
    batch = _read(context, span)
    won = recoveries.read_recoveries(context.clinic.id, [one.id.bytes for one in span.booked])
    settled = recoveries.count_settled_reached(context.clinic.id, span.start, span.end)
    current = _outcome(batch, span, won, settled)
    proposed = _outcome(batch.under(other), span, won, settled)
    return RulesPreview(
        first_on=span.first,
        last_on=span.last,
        is_shortened=(span.last - span.first).days + 1 < DAYS,
        current=current.figures,
        proposed=proposed.figures,
        reasons=_compare(current, proposed),
        other_verdicts=sum(said[0] is not proposed.said[one][0] for one, said in current.said.items()),
    )


def _choose_span(context: Context) -> _Span:
    """The newest days that are open and have no more than `MOST_ROWS` together; one at the least."""
    zone = context.clinic.zone
    today = context.now.astimezone(zone).date()
    first = max(today - (DAYS - 1) * _DAY, context.first_open_on)
    start, end = day_bounds(first, zone)[0], day_bounds(today, zone)[1]
    hours = count_hours(context.clinic, start, end, missed_when(context.rules))
    booked = events.read_booked(context.clinic.id, start, end)
    rows = Counter(one.booked_at.astimezone(zone).date() for one in booked)
    for hour in hours:
        rows[hour.on] += hour.inbound - hour.answered
    chosen, total = today, rows[today]
    while chosen > first and total + rows[chosen - _DAY] <= MOST_ROWS:
        chosen -= _DAY
        total += rows[chosen]
    start = day_bounds(chosen, zone)[0]
    return _Span(chosen, today, start, end, [one for one in booked if one.booked_at >= start])


def _under(context: Context, proposed: RuleSet) -> Context:
    """As if these rules had been made at their beginning, and none since."""
    first = replace(context.rules[0], in_force_from=EPOCH)  # it judges what was before it, too
    before = [one for one in context.rules[1:] if one.in_force_from < proposed.in_force_from]
    rules = (first, *before, proposed)
    return replace(context, rules=rules, book=RuleBook(rules))


def _read(context: Context, span: _Span) -> Batch:
    """All events of the callers whom nobody answered in the span, or who booked in it."""
    ids = set(callers_unanswered_between(context.clinic.id, span.start, span.end))
    callers = {one.bytes for one in ids} | {caller for one in span.booked for caller in one.candidates}
    calls = events.gather_calls(
        read_calls_of(context.clinic.id, [uuid.UUID(bytes=one) for one in callers], context.since)
    )
    contested, others = find_contested(context, callers)
    return read_batch(context, callers, others, contested, calls)


def _outcome(batch: Batch, span: _Span, won: Sequence[Recovery], settled_reached: int) -> _Outcome:
    judge(batch)
    said = {one.id.bytes: (one.verdict, one.reason) for one in span.booked}
    said |= {
        one.appointment_id.bytes: (one.verdict, one.reason) for one in batch.said if one.appointment_id.bytes in said
    }
    opened = [one.opportunity for one in batch.found if span.holds(one.opportunity.opened_at)]
    values = [*_values(batch.found, won, said.keys()), *[one.value for one in won if one.is_settled]]
    figures = RulesFigures(
        missed=_missed(batch.context, span),
        reached=sum(one.reached_at is not None for one in opened) + settled_reached,
        recovered=len(values),
        revenue=sum(values, Decimal(0)),
    )
    return _Outcome(figures, said)


def _missed(context: Context, span: _Span) -> int:
    hours = count_hours(context.clinic, span.start, span.end, missed_when(context.rules))
    return sum(hour.missed for hour in hours)


def _values(found: Iterable[Found], won: Iterable[Recovery], booked: Iterable[bytes]) -> list[Decimal]:
    """What the recoveries of these appointments are worth. An estimate that was taken once stays, as it does when it is
    written."""
    wanted = frozenset(booked)
    kept = {(one.appointment_id, one.caller, one.opened_at): one for one in won}
    values = []
    for caller, opportunity, value, source, _ in found:
        appointment_id = opportunity.appointment_id
        if opportunity.status is OpportunityStatus.RECOVERED and appointment_id in wanted and value is not None:
            known = kept.get((appointment_id, caller, opportunity.opened_at))
            is_kept = known and ValueSource.APPOINTMENT not in (known.source, source)
            values.append(known.value if known and is_kept else value)
    return values


def _compare(current: _Outcome, proposed: _Outcome) -> list[tuple[Reason, int, int]]:
    """Each reason with how often it is given now, and would be."""
    now, then = (Counter(reason for _, reason in one.said.values()) for one in (current, proposed))
    return [(reason, now[reason], then[reason]) for reason in Reason if now[reason] or then[reason]]
