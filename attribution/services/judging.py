"""Judges callers: reads all their events, shares appointments out and walks; says what came out and writes nothing.

A recomputation and a preview of other rules both come here. It knows no rule: those are in `walk` and `books`.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from attribution import events
from attribution.books import Candidate, choose_owner
from attribution.domain import DismissReason, OpportunityStatus
from attribution.events import Caller, StoredAppointment, Who
from attribution.history import Event, EventKind
from attribution.opportunities import Opportunity
from attribution.results import Found, Said
from attribution.rules import to_micros, value_of
from attribution.services.context import Context
from attribution.walk import AppointmentVerdict, Settled, walk
from calls.streams import read_calls_of

CallsByCaller = dict[Caller, list[Event]]
_OPENING = (EventKind.MISSED, EventKind.VOICEMAIL)


@dataclass(slots=True)
class Batch:
    """Everything that is known of some callers, and what comes out of it."""

    context: Context
    calls: CallsByCaller
    contested: Sequence[StoredAppointment]
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

    def under(self, context: Context) -> "Batch":
        """The same events, to be judged by the rules of another context."""
        return replace(self, context=context, appointments={}, owned={}, found=[], said=[])


def find_contested(context: Context, who: Who) -> tuple[Sequence[StoredAppointment], set[Caller]]:
    """The appointments that several callers could own, one of these among them; and who the others are."""
    contested = events.read_contested(context.clinic.id, who, context.since)
    return contested, {caller for one in contested for caller in one.candidates if caller not in who}


def parts_of(who: Who, others: set[Caller]) -> Sequence[Who]:
    """Whose rows are read or written, in one go each."""
    return (who, others) if others else (who,)


def read_batch(
    context: Context, who: Who, others: set[Caller], contested: Sequence[StoredAppointment], calls: CallsByCaller
) -> Batch:
    """Reads what there is of all of them, but for the calls of `who`, which are given."""
    batch = Batch(context, calls, contested)
    for part in parts_of(who, others):
        _read(batch, part)
    if others:
        ids = [uuid.UUID(bytes=caller) for caller in others]
        batch.calls |= events.gather_calls(read_calls_of(context.clinic.id, ids, context.since))
    return batch


def judge(batch: Batch) -> None:
    """Fills `found` and `said`."""
    _share_out(batch)
    for caller in batch.calls.keys() | batch.owned.keys():
        _walk_caller(batch, caller)


def _read(batch: Batch, who: Who) -> None:
    """All but the calls."""
    clinic_id, since = batch.context.clinic.id, batch.context.since
    batch.books |= events.read_books(clinic_id, who)
    for action in events.read_actions(clinic_id, who, since):
        batch.actions.setdefault(action.caller, []).append(action.event)
        batch.dismiss_reasons[action.event[2]] = action.reason
    batch.stored += events.read_appointments(clinic_id, who, since)


def _share_out(batch: Batch) -> None:
    """Gives each appointment to its owner; one that several could own may get another one."""
    for appointment in batch.contested:
        batch.give(appointment, _choose_owner(batch, appointment))
    for appointment in batch.stored:
        if appointment.owner is not None and appointment.id.bytes not in batch.appointments:
            batch.give(appointment, appointment.owner)


def _choose_owner(batch: Batch, appointment: StoredAppointment) -> Caller:
    """All events of all candidates have been read."""
    place = batch.context.book.place_of(to_micros(appointment.booked_at))
    candidates = [
        Candidate(caller, _latest_at(batch, caller, place), _settled_until(batch, caller))
        for caller in appointment.candidates
    ]
    return choose_owner(candidates, place, appointment.owner)


def _latest_at(batch: Batch, caller: Caller, place: int) -> int | None:
    both = (*batch.calls.get(caller, ()), *batch.actions.get(caller, ()))
    return max((event[0] for event in both if event[0] <= place), default=None)


def _settled_until(batch: Batch, caller: Caller) -> int | None:
    books = batch.books.get(caller)
    return None if books is None else books.settled_until


def _walk_caller(batch: Batch, caller: Caller) -> None:
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


def _without_late(batch: Batch, caller: Caller) -> Sequence[Event]:
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


def _found(batch: Batch, caller: Caller, opportunity: Opportunity) -> Found:
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
