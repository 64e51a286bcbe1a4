"""The history of one caller: calls, staff actions and appointments as events, in the one order of the walk.

Pure. It says what an event is and where it stands; what it means for an opportunity is refused to `walk`.
"""

import enum
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from attribution.domain import ActionKind, AppointmentStatus
from attribution.rules import RuleBook, to_micros
from calls.domain import Direction, Outcome

RING_UNKNOWN = -1  # not None: events are compared with each other, and None has no order


class Rank(enum.IntEnum):
    """What comes first at the same instant."""

    CALL = 0
    ACTION = 1
    APPOINTMENT = 2


class EventKind(enum.IntEnum):
    """What an event means to the walk; an index into `_STEPS`."""

    NOTHING = 0  # still ringing, or a status that nobody knows: changes nothing until it becomes something
    MISSED = 1
    VOICEMAIL = 2
    ANSWERED = 3  # inbound
    TRIED = 4  # an outbound call that nobody answered, or staff say so of a call from another phone
    SPOKE = 5  # an outbound call that was answered; whether it was long enough is for the rules
    REACHED = 6  # staff say so, of a call from another phone
    DISMISSED = 7
    BOOKED = 8
    CANCELLED = 9


# at (own time, microseconds), rank, id (16 bytes), kind, ring seconds or RING_UNKNOWN, talk seconds. A plain tuple,
# because a back-fill makes a million of them; the order of the fields is the order of the walk.
Event = tuple[int, int, bytes, int, int, int]

# CALL_KINDS[direction][outcome], both as stored: the bulk reader indexes it with the integers of the row.
_NO_DIRECTION = (EventKind.NOTHING,) * len(Outcome)
_INBOUND = (EventKind.NOTHING, EventKind.NOTHING, EventKind.MISSED, EventKind.VOICEMAIL, EventKind.ANSWERED)
_OUTBOUND = (EventKind.NOTHING, EventKind.NOTHING, EventKind.TRIED, EventKind.TRIED, EventKind.SPOKE)
CALL_KINDS: Sequence[Sequence[EventKind]] = (_NO_DIRECTION, _INBOUND, _OUTBOUND)


class CallFacts(Protocol):
    """What the walk needs to know of a call: a `HashedCall` or a row of the call log has it."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def direction(self) -> int: ...
    @property
    def outcome(self) -> int: ...
    @property
    def ring_seconds(self) -> int | None: ...
    @property
    def talk_seconds(self) -> int: ...


def call_event(call: CallFacts) -> Event:
    kind = CALL_KINDS[Direction(call.direction)][Outcome(call.outcome)]
    ring_seconds = RING_UNKNOWN if call.ring_seconds is None else call.ring_seconds
    return to_micros(call.started_at), Rank.CALL, call.id.bytes, kind, ring_seconds, call.talk_seconds


def action_event(action_id: uuid.UUID, at: datetime, kind: ActionKind, *, reached: bool = False) -> Event:
    called_back = EventKind.REACHED if reached else EventKind.TRIED
    what = EventKind.DISMISSED if kind is ActionKind.DISMISSED else called_back
    return to_micros(at), Rank.ACTION, action_id.bytes, what, RING_UNKNOWN, 0


def appointment_event(appointment_id: uuid.UUID, booked_at: datetime, status: AppointmentStatus) -> Event:
    kind = EventKind.CANCELLED if status is AppointmentStatus.CANCELLED else EventKind.BOOKED
    return to_micros(booked_at), Rank.APPOINTMENT, appointment_id.bytes, kind, RING_UNKNOWN, 0


def _place(event: Event, book: RuleBook) -> Event:
    """An appointment at its place in the walk, with its own time where a call has its ring seconds."""
    booked_at, rank, event_id, kind, _ring_seconds, talk_seconds = event
    return book.place_of(booked_at), rank, event_id, kind, booked_at, talk_seconds


def _drop_duplicates(ordered: list[Event]) -> list[Event]:
    """One event for each rank and id; should they ever differ, the first, so that arrival still does not matter."""
    first: dict[tuple[int, bytes], Event] = {}
    for event in ordered:
        first.setdefault((event[1], event[2]), event)
    return list(first.values())


def put_in_order(events: Iterable[Event], book: RuleBook) -> list[Event]:
    """The events as they are walked: placed, sorted, each once."""
    ordered = [_place(event, book) if event[1] == Rank.APPOINTMENT else event for event in events]
    ordered.sort()
    # Duplicates are rare and a set of ids is cheap: most callers never pay for looking closer.
    return ordered if len({event[2] for event in ordered}) == len(ordered) else _drop_duplicates(ordered)
