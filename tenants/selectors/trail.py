"""Reads of audit trails for people: pages of events with who and what in words, and how well the trail is witnessed.

Names are looked up when they are shown, and only those of the clinic's members of today: a trail holds ids, and who has
gone is "a former member".
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import QuerySet, Sum

from tenants import ledger
from tenants.cursors import BadCursor, Position
from tenants.domain import ClinicFacts, Role
from tenants.events import CATALOGUE, ActorKind, Event, Topic
from tenants.models import (
    ApiKey,
    AuditAnchor,
    AuditCheckpoint,
    AuditDetail,
    AuditEvent,
    Invitation,
    Membership,
    RefusedCount,
)
from tenants.scope import as_clinic
from tenants.trail.chain import Link, link_hash, micros_of
from tenants.trail.words import Detail, Names, read_details, tell_actor, tell_refusal, tell_target

_REFUSALS_OF: Final = timedelta(days=7)
_LARGEST_SEQ: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Instants: `since` is included, `until` is not. `actor` is an id or the word of a kind."""

    topic: Topic | None = None
    event: Event | None = None
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """`details` is None once they were erased. Not `is_intact`: the row is not what it was when it was written."""

    seq: int
    at: datetime
    actor: str
    topic: str
    what: str
    target: str
    action: str
    hash: bytes
    details: Sequence[Detail] | None
    raw_details: str
    is_intact: bool


@dataclass(frozen=True, slots=True)
class EventPage:
    """Newest first. Positions are None at the ends; a row's number stands in the place of an id."""

    rows: Sequence[EventRow]
    next: Position | None
    previous: Position | None


@dataclass(frozen=True, slots=True)
class Witness:
    """How many rows there are, and who saw them last: `covered` rows at the checkpoint of `at`. Not `is_as_seen`: the
    row that was seen then is another one now, or gone."""

    count: int
    at: datetime | None = None
    covered: int = 0
    is_as_seen: bool = True
    refusals: Sequence[tuple[str, int]] = field(default_factory=tuple)


def list_events(
    *, clinic: ClinicFacts, wanted: EventFilter, position: Position | None = None, forwards: bool = True, size: int = 50
) -> EventPage:
    """`position` is where another page ended; `forwards` goes to older ones. Raises `BadCursor`."""
    with as_clinic(clinic.id):
        events = _filtered(clinic.id, wanted)  # index: the primary key (clinic_id, seq), backwards
        if position is not None:
            events = events.filter(**{"seq__lt" if forwards else "seq__gt": _seq_of(position)})
        found = list(events.order_by("-seq" if forwards else "seq")[: size + 1])
        shown, has_more = found[:size], len(found) > size
        if not forwards:
            shown.reverse()
        rows = _as_rows(clinic, shown)
    has_next = has_more if forwards else bool(rows)
    has_previous = position is not None if forwards else has_more
    return EventPage(
        rows,
        _position_of(rows[-1]) if rows and has_next else None,
        _position_of(rows[0]) if rows and has_previous else None,
    )


def position_after(seq: int) -> Position:
    """From where a list that begins with this row goes on to older ones."""
    return datetime.fromtimestamp(0, UTC), uuid.UUID(int=seq + 1)


def list_people(clinic_id: uuid.UUID) -> list[tuple[str, str]]:
    """Ids and names of the members, by name; for a filter."""
    with as_clinic(clinic_id):
        return sorted(_member_names(clinic_id).items(), key=lambda pair: pair[1].casefold())


def read_witness(*, clinic_id: uuid.UUID, now: datetime) -> Witness:
    """What the page says above the trail."""
    with as_clinic(clinic_id):
        count = AuditEvent.objects.filter(clinic_id=clinic_id).order_by("-seq").values_list("seq", flat=True).first()
        anchor = (
            AuditAnchor.objects.filter(clinic_id=clinic_id)
            .select_related("checkpoint")
            .order_by("-checkpoint_id")  # index: one_anchor_per_checkpoint
            .first()
        )
        refusals = _count_refusals(clinic_id, now)
        if anchor is None:
            return Witness(count or 0, refusals=refusals)
        link = ledger.read_link(clinic_id, anchor.seq)
    # A clinic whose trail has not moved has no newer anchor, and the newest checkpoint covers it all the same.
    newest = AuditCheckpoint.objects.order_by("-id").values_list("at", flat=True).first() or anchor.checkpoint.at
    is_as_seen = link is not None and link.hash == bytes(anchor.head) and link_hash(link) == link.hash
    at = newest if count == anchor.seq else anchor.checkpoint.at
    return Witness(count or 0, at, anchor.seq, is_as_seen, refusals)


def _filtered(clinic_id: uuid.UUID, wanted: EventFilter) -> "QuerySet[AuditEvent]":
    events = AuditEvent.objects.filter(clinic_id=clinic_id)
    if wanted.topic is not None:
        names = [event.value for event, (topic, _) in CATALOGUE.items() if topic == wanted.topic]
        events = events.filter(action__in=names)
    if wanted.event is not None:
        events = events.filter(action=wanted.event.value)
    if wanted.actor in set(ActorKind):
        events = events.filter(actor_kind=wanted.actor)
    elif wanted.actor:
        events = events.filter(actor_id=wanted.actor)
    if wanted.since is not None:
        events = events.filter(at__gte=wanted.since)
    return events.filter(at__lt=wanted.until) if wanted.until is not None else events


def _position_of(row: EventRow) -> Position:
    return row.at, uuid.UUID(int=row.seq)


def _seq_of(position: Position) -> int:
    seq = position[1].int
    if seq > _LARGEST_SEQ:
        raise BadCursor("The cursor is not one of ours.")
    return seq


def _as_rows(clinic: ClinicFacts, events: Sequence[AuditEvent]) -> list[EventRow]:
    if not events:
        return []
    seqs = [event.seq for event in events]
    details = dict(AuditDetail.objects.filter(clinic_id=clinic.id, seq__in=seqs).values_list("seq", "details"))
    names = _names(clinic.id)
    return [_as_row(clinic, event, details.get(event.seq), names) for event in events]


def _as_row(clinic: ClinicFacts, event: AuditEvent, details: str | None, names: Names) -> EventRow:
    topic, what = CATALOGUE.get(Event(event.action), (None, "")) if event.action in set(Event) else (None, "")
    link = _as_link(event)
    return EventRow(
        seq=event.seq,
        at=event.at.astimezone(clinic.zone),
        actor=tell_actor(event.actor_kind, event.actor_id, names),
        topic=topic or "",
        what=what or event.action.replace("_", " "),
        target=tell_target(event.action, event.target, names),
        action=event.action,
        hash=link.hash,
        details=None if details is None else read_details(details),
        raw_details=details or "",
        is_intact=link_hash(link) == link.hash,
    )


def _as_link(event: AuditEvent) -> Link:
    return Link(
        clinic_id=event.clinic_id,
        seq=event.seq,
        at=micros_of(event.at),
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        action=event.action,
        target=event.target,
        details_hash=bytes(event.details_hash),
        previous=bytes(event.previous),
        hash=bytes(event.hash),
    )


def _names(clinic_id: uuid.UUID) -> dict[str, str]:
    """What ids and prefixes of the clinic stand for today."""
    names = _member_names(clinic_id)
    for key_id, prefix, name in ApiKey.objects.filter(clinic_id=clinic_id).values_list("id", "prefix", "name"):
        names[str(key_id)] = names[prefix] = f"API key “{name}” ({prefix}…)"
    invited = Invitation.objects.filter(clinic_id=clinic_id).values_list("id", "email")
    return names | {str(invitation_id): f"Invitation of {email}" for invitation_id, email in invited}


def _member_names(clinic_id: uuid.UUID) -> dict[str, str]:
    members = Membership.objects.filter(clinic_id=clinic_id).exclude(role=Role.SUPPORT)
    found = members.values_list("user_id", "user__name", "user__email")
    return {str(user_id): f"{name} ({email})" if name else email for user_id, name, email in found}


def _count_refusals(clinic_id: uuid.UUID, now: datetime) -> list[tuple[str, int]]:
    since = (now - _REFUSALS_OF).date()
    counts = RefusedCount.objects.filter(clinic_id=clinic_id, on__gt=since)  # index: one_refused_count
    found = counts.values_list("what").annotate(total=Sum("count")).order_by("-total", "what")
    return [(tell_refusal(what), total) for what, total in found]
