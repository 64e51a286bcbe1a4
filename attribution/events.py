"""Reads of what is walked: appointments, staff actions, books and closed days of many callers; it writes nothing.

Calls come from `calls.streams`. Runs inside a clinic's scope; callers and ids are 16 bytes, as the walk has them,
and instants whole microseconds since the Unix epoch.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from attribution.domain import ActionKind, AppointmentStatus, DismissReason, OpportunityStatus, Reason, Verdict
from attribution.history import CALL_KINDS, RING_UNKNOWN, Event, EventKind, Rank, appointment_event
from attribution.opportunities import Opportunity
from attribution.rules import RuleSet, to_micros
from attribution.walk import Settled
from calls.streams import EPOCH_OF_STREAM, CallTuple

Caller = bytes


class IdRange(NamedTuple):
    """All callers with ids from `first` to `last`, both included."""

    first: uuid.UUID
    last: uuid.UUID

    def __contains__(self, caller: object) -> bool:
        return isinstance(caller, bytes) and self.first.bytes <= caller <= self.last.bytes


# Whose rows are read: those of a few callers, each looked up, or of a whole range of ids in one go.
Who = Collection[Caller] | IdRange


class StoredAppointment(NamedTuple):
    """An appointment with what was said of it so far."""

    id: uuid.UUID
    booked_at: datetime
    status: AppointmentStatus
    value: Decimal | None
    type: str
    owner: Caller | None
    verdict: Verdict
    reason: Reason
    candidates: tuple[Caller, ...]

    def event(self) -> Event:
        return appointment_event(self.id, self.booked_at, self.status)


class StoredAction(NamedTuple):
    caller: Caller
    event: Event
    reason: DismissReason | None


_STREAM_OFFSET = to_micros(EPOCH_OF_STREAM)
_CALL = int(Rank.CALL)
# As plain integers: the walk indexes with them, a million times.
_KINDS = tuple(tuple(int(kind) for kind in kinds) for kinds in CALL_KINDS)


def gather_calls(calls: Iterable[CallTuple]) -> dict[Caller, list[Event]]:
    """The calls of a stream as events, by caller."""
    found: dict[Caller, list[Event]] = {}
    for caller, at, call_id, direction, outcome, ring_seconds, talk_seconds in calls:
        event = (at + _STREAM_OFFSET, _CALL, call_id, _KINDS[direction][outcome], ring_seconds, talk_seconds)
        events = found.get(caller)
        if events is None:
            found[caller] = [event]
        else:
            events.append(event)
    return found


_APPOINTMENT = "id, booked_at, status, value, type, caller, verdict, reason, callers"


def read_appointments(clinic_id: uuid.UUID, who: Who, since: datetime) -> list[StoredAppointment]:
    """The appointments that belong to these callers."""
    # index: appointments_of_caller
    source, params = of_callers("attribution_appointment", _APPOINTMENT, clinic_id, who)
    query = f"SELECT * FROM {source} WHERE booked_at >= %s"  # noqa: S608 - made of constants
    return [_appointment(row) for row in _fetch(query, [*params, since])]


def read_contested(clinic_id: uuid.UUID, who: Who, since: datetime) -> list[StoredAppointment]:
    """The appointments with several numbers that could belong to one of these callers."""
    # index: appointment_of_clinic, after attribution_appointmentcaller_pkey
    source, params = of_callers("attribution_appointmentcaller", "appointment_id", clinic_id, who)
    query = f"""
        SELECT {_APPOINTMENT} FROM attribution_appointment
        WHERE id = ANY(ARRAY(SELECT DISTINCT appointment_id FROM {source})) AND clinic_id = %s AND booked_at >= %s
    """  # noqa: S608 - made of constants
    return [_appointment(row) for row in _fetch(query, [*params, clinic_id, since])]


def read_booked(clinic_id: uuid.UUID, start: datetime, end: datetime) -> list[StoredAppointment]:
    """The appointments that were booked between two instants, whoever they belong to."""
    # index: appointments_by_time
    query = f"""
        SELECT {_APPOINTMENT} FROM attribution_appointment
        WHERE clinic_id = %s AND booked_at >= %s AND booked_at < %s
    """  # noqa: S608 - made of constants
    return [_appointment(row) for row in _fetch(query, [clinic_id, start, end])]


def _appointment(row: Sequence[Any]) -> StoredAppointment:
    appointment_id, booked_at, status, value, type_, owner, verdict, reason, candidates = row
    return StoredAppointment(
        appointment_id,
        booked_at,
        AppointmentStatus(status),
        value,
        type_,
        owner and owner.bytes,
        Verdict(verdict),
        Reason(reason),
        tuple(candidate.bytes for candidate in candidates),
    )


def read_actions(clinic_id: uuid.UUID, who: Who, since: datetime) -> Iterator[StoredAction]:
    """What staff did about these callers."""
    # index: actions_of_caller
    columns = "caller, at, id, kind, reached, reason"
    source, params = of_callers("attribution_staffaction", columns, clinic_id, who)
    query = f"SELECT * FROM {source} WHERE at >= %s"  # noqa: S608 - made of constants
    for caller, at, action_id, kind, reached, reason in _fetch(query, [*params, since]):
        what = _ACTION_KINDS[kind, bool(reached)]
        event = (to_micros(at), int(Rank.ACTION), action_id.bytes, what, RING_UNKNOWN, 0)
        yield StoredAction(caller.bytes, event, DismissReason(reason) if reason else None)


_ACTION_KINDS = {
    (ActionKind.CALLED_BACK.value, True): int(EventKind.REACHED),
    (ActionKind.CALLED_BACK.value, False): int(EventKind.TRIED),
    (ActionKind.DISMISSED.value, False): int(EventKind.DISMISSED),
}


def read_books(clinic_id: uuid.UUID, who: Who) -> dict[Caller, Settled]:
    """The closed books of those of these callers who have some."""
    # index: attribution_callerbooks_pkey
    columns = "caller, settled_until, last_missed_at, last_status"
    source, params = of_callers("attribution_callerbooks", columns, clinic_id, who)
    return {
        caller.bytes: Settled(to_micros(until), to_micros(last_missed_at), OpportunityStatus(status))
        for caller, until, last_missed_at, status in _fetch(f"SELECT * FROM {source}", params)  # noqa: S608
    }


class Unsettled(NamedTuple):
    """An opportunity that is not settled yet, with as much of it as the books ask for."""

    id: uuid.UUID
    caller: Caller
    opportunity: Opportunity


EVERYBODY = IdRange(uuid.UUID(int=0), uuid.UUID(int=(1 << 128) - 1))


def read_unsettled(clinic_id: uuid.UUID, who: Who, before: datetime) -> list[Unsettled]:
    """What these callers opened before an instant and is not settled, by caller and opening."""
    # index: one_opportunity_per_opening
    columns = "id, caller, opened_at, last_missed_at, deadline, closed_at, status, rules_version, is_settled"
    source, params = of_callers("attribution_opportunity", columns, clinic_id, who)
    query = f"""
        SELECT id, caller, opened_at, last_missed_at, deadline, closed_at, status, rules_version FROM {source}
        WHERE opened_at < %s AND NOT is_settled ORDER BY caller, opened_at
    """  # noqa: S608 - made of constants
    return [_unsettled(row) for row in _fetch(query, [*params, before])]


def _unsettled(row: Sequence[Any]) -> Unsettled:
    row_id, caller, opened_at, last_missed_at, deadline, closed_at, status, version = row
    opportunity = Opportunity(
        opened_at=to_micros(opened_at),
        opened_by=b"",
        last_missed_at=to_micros(last_missed_at),
        attempts=1,
        callbacks=0,
        called_back_at=None,
        reached_at=None,
        contact_at=None,
        contact_kind=None,
        contact_talk_seconds=None,
        status=OpportunityStatus(status),
        closed_at=closed_at and to_micros(closed_at),
        appointment_id=None,
        booked_at=None,
        rule=None,
        dismissed_by=None,
        rules_version=version,
        deadline=to_micros(deadline),
    )
    return Unsettled(row_id, caller.bytes, opportunity)


def read_due(clinic_id: uuid.UUID, now: datetime, limit: int) -> set[uuid.UUID]:
    """Callers whose opportunity has passed its deadline and does not know it."""
    # index: opportunities_to_lapse
    query = """
        SELECT caller FROM attribution_opportunity
        WHERE clinic_id = %s AND status IN ('open', 'attempted', 'reached') AND deadline < %s
        ORDER BY deadline LIMIT %s
    """
    return {caller for (caller,) in _fetch(query, [clinic_id, now, limit])}


def read_rules(clinic_id: uuid.UUID) -> list[RuleSet]:
    """The clinic's versions as they are stored, oldest first; `max_open` is not theirs to say."""
    # index: one_rules_version
    query = """
        SELECT version, in_force_from, voicemail_is_missed, min_ring_seconds, min_talk_seconds,
            callback_window, booking_window, clock_tolerance, caller_returned_counts
        FROM attribution_rulesversion WHERE clinic_id = %s ORDER BY version
    """
    return [RuleSet(*row) for row in _fetch(query, [clinic_id])]


def read_estimates(clinic_id: uuid.UUID) -> dict[str, tuple[str, Decimal]]:
    """Name and estimated value of each type of appointment, by its code."""
    # index: one_estimate_per_type
    query = "SELECT code, name, value FROM attribution_typeestimate WHERE clinic_id = %s"
    return {code: (name, value) for code, name, value in _fetch(query, [clinic_id])}


def read_written_days(clinic_id: uuid.UUID, first: date, before: date) -> list[date]:
    """The days from `first` on and before another one whose figures are written."""
    # index: attribution_dailymetrics_pkey
    query = "SELECT day FROM attribution_dailymetrics WHERE clinic_id = %s AND day >= %s AND day < %s"
    return [on for (on,) in _fetch(query, [clinic_id, first, before])]


def of_callers(table: str, columns: str, clinic_id: uuid.UUID, who: Who) -> tuple[str, list[Any]]:
    """A source for FROM: these columns of the rows of these callers, and its parameters.

    Callers are looked up one by one. As a list of callers or a join it would be up to statistics whether an index is
    used, and of who calls there should be none; OFFSET 0 keeps the planner from making a join of it.
    """
    if isinstance(who, IdRange):
        condition = "clinic_id = %s AND caller BETWEEN %s AND %s"
        return f"(SELECT {columns} FROM {table} WHERE {condition}) AS theirs", [clinic_id, *who]  # noqa: S608
    each = f"SELECT {columns} FROM {table} WHERE clinic_id = %s AND caller = wanted_caller OFFSET 0"  # noqa: S608
    wanted = "unnest(%s::uuid[]) AS wanted (wanted_caller)"
    return f"(SELECT theirs.* FROM {wanted} CROSS JOIN LATERAL ({each}) AS theirs) AS theirs", [hexes(who), clinic_id]  # noqa: S608


def hexes(ids: Iterable[bytes]) -> str:
    """An array of uuids as PostgreSQL reads it: a third of the price of a list of objects."""
    return "{" + ",".join([one.hex() for one in ids]) + "}"


def _fetch(query: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())
