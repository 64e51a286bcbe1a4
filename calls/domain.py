"""The types that a call passes through on its way from a message to a row.

Pure: no ORM, no settings, no clock. `CallEvent` and `AppointmentEvent` are the only types of the house that hold
phone numbers as a source spelt them; they are made by a parser, consumed within the same request, and refuse to show
a number in their repr or to be pickled, copied or turned into JSON.

How events of one call merge (same source, same call key), in any order and any number of times:

- `outcome` and the caller's kind only grow, `talk_seconds` is the greatest, `ring_seconds` the first that is known;
- `started_at` is the first message's, `line` the first that is not empty;
- the other party and the `direction` are those of the first message that knows most about the other party: a message
  about one leg (`number_known` false) can only guess which way the whole call went;
- `connection_id` and `provider_call_id` are the first that are known.
"""

import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NoReturn, SupportsIndex, final


class Direction(enum.IntEnum):
    """Seen from the clinic."""

    INBOUND = 1
    OUTBOUND = 2


class Outcome(enum.IntEnum):
    """How far a call got. The numbers are the order: a call's outcome only ever grows."""

    UNKNOWN = 0  # a status that we do not know; kept and shown, never guessed
    RINGING = 1
    MISSED = 2
    VOICEMAIL = 3
    ANSWERED = 4  # by a person; a machine or a menu is not one


class CallerKind(enum.IntEnum):
    """What is known of the other party. The numbers are the order: knowledge only ever grows."""

    UNKNOWN = 0  # no message so far said who it was
    NOT_A_PERSON = 1  # an extension, a short code, a SIP user of the clinic itself
    WITHHELD = 2
    CALLER = 3


class RefusalReason(enum.StrEnum):
    """Why a message is not stored. Part of the interface: the clinic sees these words with a count."""

    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"
    UNREADABLE = "unreadable"
    IDENTIFIER_CONTAINS_NUMBER = "identifier_contains_number"
    LABEL_CONTAINS_NUMBER = "label_contains_number"


class ImportKind(enum.StrEnum):
    """What a file is about."""

    CALLS = "calls"
    APPOINTMENTS = "appointments"


class ImportState(enum.StrEnum):
    """How far the import of a file got."""

    DONE = "done"
    RUNNING = "running"
    STOPPED = "stopped"  # by somebody, or its process is gone
    FAILED = "failed"


class PullKind(enum.StrEnum):
    """Why a phone system is asked for its calls."""

    BACKFILL = "backfill"  # somebody wants the calls of the last weeks
    RECONCILE = "reconcile"  # by the clock: what webhooks have lost


class PullState(enum.StrEnum):
    """How far a pull got."""

    WAITING = "waiting"  # for a worker
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # by somebody
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PullCounts:
    """What came of a part of a pull: `added` calls are those that nobody had told us of."""

    read: int = 0
    added: int = 0
    left_out: int = 0
    refused: int = 0


class Refused(Exception):
    """A message that cannot be stored; `detail` names the field and never its value."""

    def __init__(self, reason: RefusalReason, detail: str, field_name: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.field_name = field_name


class BadSignature(Exception):
    """The message was not signed with the connection's secret."""


@dataclass(frozen=True, slots=True)
class Message:
    """A webhook request as it arrived, before anybody trusts it. `url` is the full address that the provider called."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)  # lower-case names
    url: str = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class VerifiedBody:
    """The raw bytes of a message whose signature held."""

    body: bytes = field(repr=False)
    content_type: str


class InMemoryOnly:
    """Something that holds a phone number: it never leaves the process that made it."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        # Pickling is how objects get into brokers, caches and other processes; copying goes the same way.
        raise TypeError(f"{type(self).__name__} holds a phone number and stays in this process")


@final
class CallEvent(InMemoryOnly):
    """One thing that a phone system said about one call. Holds a phone number, in memory only.

    `number` is the other party as the source spelt it (None, "" and "anonymous" are withheld); with
    `number_known` false the message says nothing about the other party. `call_key` is the source's own id of the
    whole call, never of one leg. `started_at` is aware. Seconds are whole. `source` names the provider or format.
    `provider_call_id` is the id by which the phone system can be asked about the whole call, where it can be asked;
    whether it may be stored is decided by intake.
    """

    # Not a dataclass: `asdict` would be a way out for the number, and a frozen one takes 1.1 us to make, this 0.2 us;
    # an import makes millions. mypy holds the attributes final.
    __slots__ = (
        "source", "call_key", "direction", "outcome", "started_at", "number", "number_known", "ring_seconds",
        "talk_seconds", "line", "provider_call_id",
    )  # fmt: skip

    def __init__(
        self,
        source: str,
        call_key: str,
        direction: Direction,
        outcome: Outcome,
        started_at: datetime,
        number: str | None,
        number_known: bool = True,
        ring_seconds: int | None = None,
        talk_seconds: int = 0,
        line: str = "",
        provider_call_id: str | None = None,
    ) -> None:
        self.source: Final = source
        self.call_key: Final = call_key
        self.direction: Final = direction
        self.outcome: Final = outcome
        self.started_at: Final = started_at
        self.number: Final = number
        self.number_known: Final = number_known
        self.ring_seconds: Final = ring_seconds
        self.talk_seconds: Final = talk_seconds
        self.line: Final = line
        self.provider_call_id: Final = provider_call_id

    def __repr__(self) -> str:
        # The ids are left out beside the number: some phone systems build them from one.
        return (
            f"CallEvent(source={self.source!r}, direction={self.direction!r}, outcome={self.outcome!r}, "
            f"started_at={self.started_at!r}, number_known={self.number_known!r}, "
            f"ring_seconds={self.ring_seconds!r}, talk_seconds={self.talk_seconds!r}, line={self.line!r})"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CallEvent):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class AppointmentEvent(InMemoryOnly):
    """One appointment as a booking system's file tells it. Holds one to five phone numbers, in memory only.

    `booked_at` is aware and says when the appointment was made, not when it takes place. `value` is at least 0,
    less than 1,000,000 and has at most two decimals; without one the clinic's estimate for the `type` counts.
    """

    external_id: str = field(repr=False)
    booked_at: datetime
    numbers: tuple[str, ...] = field(repr=False)
    type: str
    value: Decimal | None
    status: Literal["booked", "cancelled"]


@dataclass(frozen=True, slots=True)
class HashedCall:
    """A call without its number: what may be stored. `caller` is a random id, null unless `kind` is CALLER.

    `connection_id` is the clinic's phone system that told of it, `provider_call_id` what the call is called there; both
    are for asking that system about the call and are shown to nobody.
    """

    id: uuid.UUID
    source: str
    direction: Direction
    outcome: Outcome
    started_at: datetime
    kind: CallerKind
    caller: uuid.UUID | None
    ring_seconds: int | None
    talk_seconds: int
    line: str
    connection_id: uuid.UUID | None = None
    provider_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one event: the row's id, the caller, and whether the row is new."""

    id: uuid.UUID
    caller: uuid.UUID | None
    created: bool
