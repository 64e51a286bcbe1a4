"""Reads of a clinic's booking systems: how they are, and which are due; credentials leave in no repr and to no page."""

import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from attribution.bookings import HEARD, STEPS, TITLES
from attribution.models import BookingSystem
from calls.hashing import hash_token
from calls.selectors import ConnectionFacts
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic, as_holder_of
from tenants.selectors import get_clinic
from tenants.vault import unwrap

# What kept a booking system from being read, as the people of a clinic read it.
PROBLEM_WORDS: Mapping[str, str] = {
    "refused": "It refuses the credentials. Type them in again, or make new ones over there.",
    "not_allowed": "It knows the credentials, but they may not read appointments and patients. Allow that over there.",
    "unknown": "It does not know what we ask for. Is the address the right one, and its version new enough?",
    "busy": "It asked us to wait. It is asked again by itself.",
    "unreachable": "It could not be reached. It is asked again by itself.",
    "odd": "It answered something that we can’t read. If that stays so, tell Ringback’s support.",
    "bad_address": "Its address is none that we ask. Change it.",
    "credentials": "The credentials can’t be opened any more. Type them in again.",
}


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """What reading one needs to know."""

    id: uuid.UUID
    clinic: ClinicFacts
    kind: str
    cursor: datetime | None
    is_behind: bool  # the last run did not come to the end, or there was none
    credentials: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SystemLine:
    """A booking system as its clinic sees it; times in the clinic's zone."""

    id: uuid.UUID
    kind: str
    title: str
    name: str
    created_at: datetime
    paused_at: datetime | None
    checked_at: datetime | None
    last_read_at: datetime | None
    problem: str
    seen: int
    new: int
    changed: int
    left_out: int
    refused: int
    steps: Sequence[str]

    @property
    def is_heard(self) -> bool:
        """It sends messages, and is not asked."""
        return self.kind == HEARD

    @property
    def state(self) -> str:
        """`paused`, `problem`, `live`, or `never`: nothing came yet."""
        if self.paused_at is not None:
            return "paused"
        if self.problem:
            return "problem"
        return "live" if self.last_read_at else "never"

    @property
    def trouble(self) -> str:
        """The problem as a sentence."""
        return trouble_of(self.problem)


def trouble_of(problem: str) -> str:
    """What a word for a problem means."""
    return PROBLEM_WORDS.get(problem, problem.replace("_", " "))


def steps_of(kind: str) -> Sequence[str]:
    """What the clinic does in a booking system of this kind."""
    return STEPS.get(kind, ())


def context_of(system_id: uuid.UUID) -> str:
    """What its credentials are wrapped for."""
    return f"booking_system/{system_id}"


def list_systems(clinic: ClinicFacts) -> Sequence[SystemLine]:
    """All of a clinic's, the oldest first."""
    with as_clinic(clinic.id):
        rows = BookingSystem.objects.filter(clinic_id=clinic.id).order_by("created_at", "id")
        return [_line(row, clinic.zone) for row in rows]


def find_system(clinic: ClinicFacts, system_id: uuid.UUID) -> SystemLine | None:
    """One of them; None for another clinic's as for one that there is not."""
    with as_clinic(clinic.id):
        row = BookingSystem.objects.filter(clinic_id=clinic.id, pk=system_id).first()
    return _line(row, clinic.zone) if row else None


def list_system_names(clinic_id: uuid.UUID) -> frozenset[str]:
    """The names that are taken, in lower case."""
    with as_clinic(clinic_id):
        return frozenset(name.lower() for name in BookingSystem.objects.values_list("name", flat=True))


def open_system(clinic: ClinicFacts, system_id: uuid.UUID) -> SystemFacts | None:
    """One with its credentials, for asking it. Raises `CannotUnwrap`."""
    with as_clinic(clinic.id):
        row = BookingSystem.objects.filter(clinic_id=clinic.id, pk=system_id).first()
    if row is None:
        return None
    credentials = json.loads(unwrap(row.credentials, context_of(row.id)))
    is_behind = row.cursor is None or row.last_read_at != row.checked_at
    return SystemFacts(row.id, clinic, row.kind, row.cursor, is_behind, credentials)


def list_due_systems(now: datetime) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """(clinic, system) of those to be asked that nobody is asking: one of each clinic, then the next of each, the
    longest due first. A clinic with many slow ones keeps others waiting for one of them."""
    with as_holder_of("work"):
        free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        rows = BookingSystem.objects.filter(free, token_hash=None, paused_at=None, next_poll_at__lte=now)
        due = list(rows.order_by("next_poll_at").values_list("clinic_id", "id"))
    turns: Counter[uuid.UUID] = Counter()
    places = []
    for clinic_id, _ in due:
        places.append(turns[clinic_id])
        turns[clinic_id] += 1
    return [pair for _, pair in sorted(zip(places, due, strict=True), key=lambda one: one[0])]


def find_hook(token: str) -> ConnectionFacts | None:
    """The booking system that has this token in its address, as the door of messages knows connections."""
    token_hash = hash_token(token)
    with as_holder_of(f"hook:{token_hash.hex()}"):
        row = BookingSystem.objects.filter(token_hash=token_hash).first()
    if row is None:
        return None
    secret = json.loads(unwrap(row.credentials, context_of(row.id)))["secret"]
    return ConnectionFacts(row.id, get_clinic(row.clinic_id), row.kind, row.paused_at is not None, secret)


def _line(row: BookingSystem, zone: ZoneInfo) -> SystemLine:
    def local(at: datetime | None) -> datetime | None:
        return at.astimezone(zone) if at else None

    return SystemLine(
        row.id,
        row.kind,
        TITLES.get(row.kind, row.kind),
        row.name,
        row.created_at.astimezone(zone),
        local(row.paused_at),
        local(row.checked_at),
        local(row.last_read_at),
        row.problem,
        row.last_seen,
        row.last_new,
        row.last_changed,
        row.last_left_out,
        row.last_refused,
        STEPS.get(row.kind, ()),
    )
