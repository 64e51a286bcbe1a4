"""Reads of calls and connections; never shows a row past the clinic's limit, whether the purge has run or not."""

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum

from calls.domain import CallerKind, Direction, Outcome
from calls.hashing import caller_name, hash_token
from calls.models import Call, Connection, RefusalCount
from tenants.cursors import Position
from tenants.domain import ClinicFacts
from tenants.scope import as_holder_of
from tenants.selectors import get_clinic
from tenants.vault import unwrap

CONNECTION_SECONDS = 2  # for so long a process may still take messages of a connection that another one paused


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    id: uuid.UUID
    clinic: ClinicFacts
    provider: str
    is_paused: bool
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as the log and the API show it. Times are aware, in the clinic's zone."""

    id: uuid.UUID
    started_at: datetime
    direction: Direction
    outcome: Outcome
    kind: CallerKind
    caller: uuid.UUID | None
    ring_seconds: int | None
    talk_seconds: int
    line: str
    source: str

    @property
    def caller_name(self) -> str:
        """As people speak of the caller; what is known instead where there is none."""
        if self.caller is not None:
            return caller_name(self.caller)
        return {CallerKind.WITHHELD: "Withheld", CallerKind.NOT_A_PERSON: "Internal"}.get(self.kind, "Not known yet")

    @property
    def outcome_label(self) -> str:
        return OUTCOME_LABELS[self.outcome]


OUTCOME_LABELS = {
    Outcome.UNKNOWN: "Unknown",
    Outcome.RINGING: "Ringing",
    Outcome.MISSED: "Missed",
    Outcome.VOICEMAIL: "Voicemail",
    Outcome.ANSWERED: "Answered",
}


@dataclass(frozen=True, slots=True)
class CallFilter:
    """What to list: times from `since` on and before `until`."""

    since: datetime | None = None
    until: datetime | None = None
    direction: Direction | None = None
    outcome: Outcome | None = None
    caller: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class CallPage:
    """Newest first. `next` and `previous` are positions to go on from, or None at either end."""

    rows: Sequence[CallRow]
    next: Position | None
    previous: Position | None


_connections: dict[bytes, tuple[float, ConnectionFacts | None]] = {}
_lock = threading.Lock()


def find_connection(token: str) -> ConnectionFacts | None:
    """The connection with this token. Remembered for some seconds: it is asked for with every message."""
    token_hash = hash_token(token)
    asked_at, facts = _connections.get(token_hash, (0.0, None))
    if facts is not None and time.monotonic() - asked_at < CONNECTION_SECONDS:
        return facts
    facts = _load_connection(token_hash)
    with _lock:
        if facts is None:
            _connections.pop(token_hash, None)
        else:
            _connections[token_hash] = (time.monotonic(), facts)
    return facts


def forget_connections() -> None:
    """Drops this process's copies."""
    with _lock:
        _connections.clear()


def _load_connection(token_hash: bytes) -> ConnectionFacts | None:
    with as_holder_of(f"hook:{token_hash.hex()}"):
        row = Connection.objects.filter(token_hash=token_hash).first()
    if row is None:
        return None
    secret = unwrap(row.secret, f"connection/{row.id}").decode()
    return ConnectionFacts(row.id, get_clinic(row.clinic_id), row.provider, row.paused_at is not None, secret)


def list_calls(
    *, clinic: ClinicFacts, wanted: CallFilter, now: datetime, position: Position | None, forwards: bool, size: int
) -> CallPage:
    """One page of calls within the clinic's scope, at any depth for the price of the first."""
    query = Call.objects.filter(_condition(clinic, wanted, now))
    order = ("-started_at", "-id") if forwards else ("started_at", "id")
    if position is not None:
        query = query.filter(_beyond(position, forwards))
    found = [_row(call, clinic.zone) for call in query.order_by(*order)[: size + 1]]
    rows, has_more = found[:size], len(found) > size
    if not forwards:
        rows.reverse()
    edge_next = (rows[-1].started_at, rows[-1].id) if rows and (has_more or not forwards) else None
    is_inside = position is not None if forwards else has_more
    edge_previous = (rows[0].started_at, rows[0].id) if rows and is_inside else None
    return CallPage(rows, edge_next, edge_previous)


def _condition(clinic: ClinicFacts, wanted: CallFilter, now: datetime) -> Q:
    since = max(filter(None, (clinic.visible_from(now), wanted.since)))
    condition = Q(clinic_id=clinic.id, started_at__gte=since)
    if wanted.until is not None:
        condition &= Q(started_at__lt=wanted.until)
    for name in ("direction", "outcome", "caller"):
        value = getattr(wanted, name)
        if value is not None:
            condition &= Q(**{name: value})
    return condition


def _beyond(position: Position, forwards: bool) -> Q:
    at, call_id = position
    if forwards:  # the first condition alone lets the partitions be pruned
        return Q(started_at__lte=at) & (Q(started_at__lt=at) | Q(id__lt=call_id))
    return Q(started_at__gte=at) & (Q(started_at__gt=at) | Q(id__gt=call_id))


def _row(call: Call, zone: ZoneInfo) -> CallRow:
    return CallRow(
        call.id,
        call.started_at.astimezone(zone),
        Direction(call.direction),
        Outcome(call.outcome),
        CallerKind(call.kind),
        call.caller,
        call.ring_seconds,
        call.talk_seconds,
        call.line,
        call.source,
    )


def refusals_since(clinic_id: uuid.UUID, on: date) -> Sequence[tuple[str, str, int]]:
    """(source, reason, count) of refused messages since a day, the most frequent first; within the clinic's scope."""
    rows = RefusalCount.objects.filter(clinic_id=clinic_id, on__gte=on).values_list("source", "reason")
    return [(source, reason, total) for source, reason, total in rows.annotate(total=Sum("count")).order_by("-total")]
