"""Reads of calls; never shows a row past the clinic's limit, whether the purge has run or not."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from calls.domain import CallerKind, Direction, Outcome
from calls.hashing import caller_name
from calls.models import Call
from tenants.cursors import Position
from tenants.domain import ClinicFacts


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
