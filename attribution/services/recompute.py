"""Recomputes callers: reads all their events, walks them and writes what came out; the same for one and for thousands.

It runs inside the clinic's scope and lock, which its callers take. It knows no rule: those are in `walk` and `books`.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from attribution import events, results
from attribution.books import Candidate, choose_owner, settle
from attribution.domain import DismissReason, OpportunityStatus
from attribution.events import Caller, IdRange, StoredAppointment, Who
from attribution.history import Event, EventKind
from attribution.opportunities import Opportunity
from attribution.results import Found, Said
from attribution.rollups import leave_days
from attribution.rules import to_micros, value_of
from attribution.services.context import Context
from attribution.walk import AppointmentVerdict, Settled, walk
from calls.streams import read_calls_between, read_calls_of
from tenants.domain import day_bounds

CallsByCaller = dict[Caller, list[Event]]
_OPENING = (EventKind.MISSED, EventKind.VOICEMAIL)


@dataclass(slots=True)
class _Batch:
    """Everything that is known of the callers of one recomputation, and what comes out of it."""

    context: Context
    calls: CallsByCaller
    books: dict[Caller, Settled] = field(default_factory=dict)
    stored: list[StoredAppointment] = field(default_factory=list)
    actions: CallsByCaller = field(default_factory=dict)
    dismiss_reasons: dict[bytes, DismissReason | None] = field(default_factory=dict)
    appointments: dict[bytes, StoredAppointment] = field(default_factory=dict)
    owned: dict[Caller, list[StoredAppointment]] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def give(self, appointment: StoredAppointment, owner: Caller) -> None:
        self.appointments[appointment.id.bytes] = appointment
        self.owned.setdefault(owner, []).append(appointment)


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
    contested = events.read_contested(context.clinic.id, who, context.since)
    others = {caller for one in contested for caller in one.candidates if caller not in who}
    batch = _Batch(context, calls)
    for part in (who, others) if others else (who,):
        settle_callers(context, part)
        _read(batch, part)
    if others:
        ids = [uuid.UUID(bytes=caller) for caller in others]
        calls |= events.gather_calls(read_calls_of(context.clinic.id, ids, context.since))
    _share_out(batch, contested)
    for caller in batch.calls.keys() | batch.owned.keys():
        _walk_caller(batch, caller)
    return _write(batch, (who, others) if others else (who,))


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


def _read(batch: _Batch, who: Who) -> None:
    """All but the calls."""
    clinic_id, since = batch.context.clinic.id, batch.context.since
    batch.books |= events.read_books(clinic_id, who)
    for action in events.read_actions(clinic_id, who, since):
        batch.actions.setdefault(action.caller, []).append(action.event)
        batch.dismiss_reasons[action.event[2]] = action.reason
    batch.stored += events.read_appointments(clinic_id, who, since)


def _share_out(batch: _Batch, contested: Iterable[StoredAppointment]) -> None:
    """Gives each appointment to its owner; one that several could own may get another one."""
    for appointment in contested:
        batch.give(appointment, _choose_owner(batch, appointment))
    for appointment in batch.stored:
        if appointment.owner is not None and appointment.id.bytes not in batch.appointments:
            batch.give(appointment, appointment.owner)


def _choose_owner(batch: _Batch, appointment: StoredAppointment) -> Caller:
    """All events of all candidates have been read."""
    place = batch.context.book.place_of(to_micros(appointment.booked_at))
    candidates = [
        Candidate(caller, _latest_at(batch, caller, place), _settled_until(batch, caller))
        for caller in appointment.candidates
    ]
    return choose_owner(candidates, place, appointment.owner)


def _latest_at(batch: _Batch, caller: Caller, place: int) -> int | None:
    both = (*batch.calls.get(caller, ()), *batch.actions.get(caller, ()))
    return max((event[0] for event in both if event[0] <= place), default=None)


def _settled_until(batch: _Batch, caller: Caller) -> int | None:
    books = batch.books.get(caller)
    return None if books is None else books.settled_until


def _walk_caller(batch: _Batch, caller: Caller) -> None:
    owned = batch.owned.get(caller, ())
    history = [
        *_without_late(batch, caller),
        *batch.actions.get(caller, ()),
        *[appointment.event() for appointment in owned],
    ]
    result = walk(history, batch.context.book, to_micros(batch.context.now), batch.books.get(caller))
    batch.found += [_found(batch, caller, opportunity) for opportunity in result.opportunities]
    verdicts = {verdict.appointment_id: verdict for verdict in result.verdicts}
    batch.said += [said for appointment in owned if (said := _news(appointment, caller, verdicts)) is not None]


def _without_late(batch: _Batch, caller: Caller) -> Sequence[Event]:
    """The caller's calls without missed ones that came too late: on a closed day, and in nobody's settled opportunity.

    A missed call that came in time has opened an opportunity or joined one, which was settled with its day.
    """
    calls = batch.calls.get(caller, [])
    closed, settled_until = batch.context.closed, _settled_until(batch, caller) or 0
    if not closed.until:
        return calls
    return [
        event
        for event in calls
        if event[0] >= closed.until
        or event[0] <= settled_until
        or event[3] not in _OPENING
        or not closed.hold(event[0])
    ]


def _found(batch: _Batch, caller: Caller, opportunity: Opportunity) -> Found:
    dismissed_by = opportunity.dismissed_by
    reason = None if dismissed_by is None else batch.dismiss_reasons[dismissed_by]
    if opportunity.status is not OpportunityStatus.RECOVERED or opportunity.appointment_id is None:
        return Found(caller, opportunity, None, None, reason)
    appointment = batch.appointments[opportunity.appointment_id]
    _, estimate = batch.context.estimates.get(appointment.type, ("", None))
    value, source = value_of(appointment.value, estimate, batch.context.clinic.default_value)
    return Found(caller, opportunity, value, source, None)


def _news(appointment: StoredAppointment, owner: Caller, verdicts: Mapping[bytes, AppointmentVerdict]) -> Said | None:
    """What is to be written of an appointment, if anything changed. In closed books, what was said stays."""
    verdict = verdicts.get(appointment.id.bytes)
    known = (appointment.owner, appointment.verdict, appointment.reason)
    now_said = known[1:] if verdict is None else (verdict.verdict, verdict.reason)
    return None if known == (owner, *now_said) else Said(appointment.id, owner, *now_said)


def _write(batch: _Batch, parts: Iterable[Who]) -> set[date]:
    """Deletes before it makes, so that an appointment is never won twice on the way."""
    clinic = batch.context.clinic
    days: set[date] = set()
    for who in parts:
        days |= results.delete_vanished(clinic.id, clinic.timezone, who, batch.found)
    days |= results.write_opportunities(clinic.id, clinic.timezone, batch.found)
    return days | results.write_verdicts(clinic.id, clinic.timezone, batch.said)
