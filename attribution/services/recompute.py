"""Recomputes callers: has them judged and writes what came out; the same for one and for thousands.

It runs inside the clinic's scope and lock, which its callers take. It knows no rule: those are in `walk` and `books`.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import groupby

from attribution import events, results
from attribution.books import settle
from attribution.events import Caller, IdRange, Who
from attribution.opportunities import Opportunity
from attribution.rollups import leave_days
from attribution.rules import to_micros
from attribution.services.announcing import announce
from attribution.services.context import Context
from attribution.services.judging import Batch, CallsByCaller, find_contested, judge, parts_of, read_batch
from attribution.walk import Settled
from calls.streams import read_calls_between, read_calls_of
from tenants.domain import day_bounds


def recompute_callers(context: Context, callers: Collection[Caller], *, days: Iterable[date] = ()) -> None:
    """Brings everything up to date that follows from these callers' events, and leaves the days that changed.

    `days` are to be rolled up anyway.
    """
    ids = [uuid.UUID(bytes=caller) for caller in callers]
    calls = events.gather_calls(read_calls_of(context.clinic.id, ids, context.since)) if ids else {}
    leave_days(context.clinic.id, {*days, *(_recompute(context, callers, calls) if ids else ())})


def recompute_range(context: Context, span: IdRange) -> int:
    """The same of all callers of a range of ids; returns how many had any calls."""
    calls = events.gather_calls(read_calls_between(context.clinic.id, *span, context.since))
    leave_days(context.clinic.id, _recompute(context, span, calls))
    return len(calls)


def _recompute(context: Context, who: Who, calls: CallsByCaller) -> set[date]:
    """Recomputes these callers, whose calls are given, and all who could own one of their appointments."""
    contested, others = find_contested(context, who)
    parts = parts_of(who, others)
    for part in parts:
        settle_callers(context, part)
    batch = read_batch(context, who, others, contested, calls)
    judge(batch)
    return _write(batch, parts)


def settle_callers(context: Context, who: Who) -> int:
    """Settles what these callers opened on closed days, as it stands. Returns how many opportunities."""
    if not context.closed.until:
        return 0
    before = day_bounds(context.first_open_on, context.clinic.zone)[0]
    unsettled = events.read_unsettled(context.clinic.id, who, before)
    settled: list[tuple[uuid.UUID, Opportunity]] = []
    books: dict[Caller, Settled] = {}
    for caller, of_caller in groupby(unsettled, key=lambda one: one.caller):
        rows = list(of_caller)
        opportunities = [row.opportunity for row in rows]
        settlement = settle(opportunities, context.closed, context.clinic.zone, to_micros(context.now))
        if settlement.books is not None:
            books[caller] = settlement.books
            settled += [(row.id, one) for row, one in zip(rows, settlement.settled, strict=False)]
    if settled:
        results.settle_opportunities(context.clinic.id, settled)
        results.write_books(context.clinic.id, books)
    return len(settled)


def _write(batch: Batch, parts: Sequence[Who]) -> set[date]:
    """Moves, deletes, and only then makes, so that an appointment is never won twice on the way."""
    clinic = batch.context.clinic
    days: set[date] = set()
    for who in parts:
        days |= results.move_openings(clinic.id, clinic.timezone, who, batch.found)
        days |= results.delete_vanished(clinic.id, clinic.timezone, who, batch.found)
    days |= results.write_opportunities(clinic.id, clinic.timezone, batch.found)
    announce(batch.context, batch.found)
    return days | results.write_verdicts(clinic.id, clinic.timezone, batch.said)
