"""Reads of where a clinic's news is sent and what became of it; never a secret, never a path, never an answer."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from attribution.deliveries import EVENT_WORDS, OutgoingEvent
from attribution.models import OutgoingMessage, OutgoingTarget
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

LOGGED = 50  # messages on a target's page


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A target as its clinic sees it; times in the clinic's zone."""

    id: uuid.UUID
    name: str
    address: str  # without its path
    events: Sequence[OutgoingEvent]
    created_at: datetime
    paused_at: datetime | None
    failing_since: datetime | None
    switched_off_at: datetime | None
    old_secret_until: datetime | None  # while the old one is good as well
    waiting: int  # messages that are not delivered yet

    @property
    def state(self) -> str:
        """`off`, `paused`, `failing` or `active`."""
        if self.switched_off_at is not None:
            return "off"
        if self.paused_at is not None:
            return "paused"
        return "active" if self.failing_since is None else "failing"

    @property
    def is_active(self) -> bool:
        return self.paused_at is None and self.switched_off_at is None

    @property
    def told(self) -> Sequence[str]:
        """What is sent there, in words."""
        return [EVENT_WORDS[event] for event in self.events]


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message as the log shows it; times in the clinic's zone."""

    id: uuid.UUID
    event: OutgoingEvent
    created_at: datetime
    tries: int
    delivered_at: datetime | None
    given_up_at: datetime | None
    next_at: datetime
    last_status: int | None
    last_problem: str

    @property
    def message_id(self) -> str:
        """As the receiver sees it."""
        return f"msg_{self.id.hex}"

    @property
    def state(self) -> str:
        """`delivered`, `given_up`, `retrying` or `waiting`."""
        if self.delivered_at is not None:
            return "delivered"
        if self.given_up_at is not None:
            return "given_up"
        return "retrying" if self.tries else "waiting"


def list_targets(clinic: ClinicFacts, now: datetime) -> Sequence[TargetLine]:
    """All of a clinic's, the oldest first."""
    with as_clinic(clinic.id):
        rows = list(OutgoingTarget.objects.filter(clinic_id=clinic.id).order_by("created_at", "id"))
        waiting = _count_waiting(clinic.id, [row.id for row in rows])
    return [_line(row, clinic, waiting.get(row.id, 0), now) for row in rows]


def find_target(clinic: ClinicFacts, target_id: uuid.UUID, now: datetime) -> TargetLine | None:
    """None for another clinic's as for one that there is not."""
    with as_clinic(clinic.id):
        row = OutgoingTarget.objects.filter(clinic_id=clinic.id, pk=target_id).first()
        waiting = _count_waiting(clinic.id, [target_id]) if row else {}
    return _line(row, clinic, waiting.get(target_id, 0), now) if row else None


def list_messages(clinic: ClinicFacts, target_id: uuid.UUID) -> Sequence[MessageLine]:
    """The newest first."""
    with as_clinic(clinic.id):
        rows = OutgoingMessage.objects.filter(clinic_id=clinic.id, target_id=target_id)
        return [_message(row, clinic) for row in rows.defer("body").order_by("-created_at", "-id")[:LOGGED]]


def _count_waiting(clinic_id: uuid.UUID, target_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    todo = Q(delivered_at=None, given_up_at=None)
    rows = OutgoingMessage.objects.filter(todo, clinic_id=clinic_id, target_id__in=target_ids)
    return dict(rows.values_list("target_id").annotate(Count("id")).order_by())


def _line(row: OutgoingTarget, clinic: ClinicFacts, waiting: int, now: datetime) -> TargetLine:
    def local(at: datetime | None) -> datetime | None:
        return at.astimezone(clinic.zone) if at else None

    is_old_valid = row.old_secret_until is not None and row.old_secret_until > now
    return TargetLine(
        row.id, row.name, row.shown_address, [OutgoingEvent(event) for event in row.events],
        row.created_at.astimezone(clinic.zone), local(row.paused_at), local(row.failing_since),
        local(row.switched_off_at), local(row.old_secret_until if is_old_valid else None), waiting,
    )  # fmt: skip


def _message(row: OutgoingMessage, clinic: ClinicFacts) -> MessageLine:
    def local(at: datetime | None) -> datetime | None:
        return at.astimezone(clinic.zone) if at else None

    return MessageLine(
        row.id, OutgoingEvent(row.event), row.created_at.astimezone(clinic.zone), row.tries, local(row.delivered_at),
        local(row.given_up_at), row.not_before.astimezone(clinic.zone), row.last_status, row.last_problem,
    )  # fmt: skip
