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
from attribution.events import Caller, StoredAppointment
from attribution.history import Event, EventKind
from attribution.opportunities import Opportunity
from attribution.results import Found, Said
from attribution.rollups import leave_days
from attribution.rules import to_micros, value_of
from attribution.services.context import Context
from attribution.walk import AppointmentVerdict, Settled, walk
from calls.streams import read_calls_of
from tenants.domain import day_bounds

CallsByCaller = dict[Caller, list[Event]]
_OPENING = (EventKind.MISSED, EventKind.VOICEMAIL)


@dataclass(slots=True)
class _Batch:
    """Everything that is known of the callers of one recomputation, and what comes out of it."""

    context: Context
    calls: CallsByCaller
    books: Mapping[Caller, Settled]
    actions: CallsByCaller = field(default_factory=dict)
    dismiss_reasons: dict[bytes, DismissReason | None] = field(default_factory=dict)
    appointments: dict[bytes, StoredAppointment] = field(default_factory=dict)
    owned: dict[Caller, list[StoredAppointment]] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def give(self, appointment: StoredAppointment, owner: Caller) -> None:
        self.appointments[appointment.id.bytes] = appointment
        self.owned.setdefault(owner, []).append(appointment)


def recompute_callers(
    context: Context, changed: Collection[Caller], *, calls: CallsByCaller | None = None, days: Iterable[date] = ()
) -> None:
    """Brings everything up to date that follows from these callers' events, and leaves the days that changed.

    `calls` are those of the changed callers where somebody has read them already; `days` are to be rolled up anyway.
    """
    contested = events.read_contested(context.clinic.id, changed, context.since) if changed else []
    callers = set(changed).union(*(one.candidates for one in contested))
    if callers:
        settle_callers(context, callers)
        batch = _read(context, callers, changed, contested, calls)
        for caller in callers:
            _walk_caller(batch, caller)
        days = {*days, *_write(batch, callers)}
    leave_days(context.clinic.id, days)


def settle_callers(context: Context, callers: Collection[Caller] | None) -> int:
    """Settles what was opened on closed days, as it stands: of these callers, or of all. Returns how many."""
    if not context.closed.until:
        return 0
    before = day_bounds(context.first_open_on, context.clinic.zone)[0]
    if callers is None:
        unsettled = events.read_unsettled(context.clinic.id, before)
    else:
        unsettled = events.read_unsettled_of(context.clinic.id, callers, before)
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


def _read(
    context: Context,
    callers: set[Caller],
    changed: Collection[Caller],
    contested: Sequence[StoredAppointment],
    calls: CallsByCaller | None,
) -> _Batch:
    clinic_id = context.clinic.id
    missing = callers if calls is None else callers.difference(changed)
    batch = _Batch(context, dict(calls or {}), events.read_books(clinic_id, callers))
    if missing:
        ids = [uuid.UUID(bytes=caller) for caller in missing]
        batch.calls |= events.gather_calls(read_calls_of(clinic_id, ids, context.since))
    for action in events.read_actions_of(clinic_id, callers, context.since):
        batch.actions.setdefault(action.caller, []).append(action.event)
        batch.dismiss_reasons[action.event[2]] = action.reason
    _share_out(batch, events.read_appointments_of(clinic_id, callers, context.since), contested)
    return batch


def _share_out(batch: _Batch, owned: Iterable[StoredAppointment], contested: Iterable[StoredAppointment]) -> None:
    """Gives each appointment to its owner; one whose candidates changed may get another one."""
    for appointment in contested:
        batch.give(appointment, _choose_owner(batch, appointment))
    for appointment in owned:
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


def _write(batch: _Batch, callers: Collection[Caller]) -> set[date]:
    """Deletes before it makes, so that an appointment is never won twice on the way."""
    clinic = batch.context.clinic
    days = results.delete_vanished(clinic.id, clinic.timezone, callers, batch.found)
    days |= results.write_opportunities(clinic.id, clinic.timezone, batch.found)
    return days | results.write_verdicts(clinic.id, clinic.timezone, batch.said)
