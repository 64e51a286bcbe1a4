"""Reads of checkpoints, which are the platform's and say nothing about anybody, and of which trails there are."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from tenants.domain import PLATFORM
from tenants.models import AuditCheckpoint, Clinic
from tenants.trail.chain import micros_of
from tenants.trail.seals import Checkpoint

LATE_AFTER: Final = timedelta(hours=2)
_LARGEST_ID: Final = 2**63 - 1


def list_trail_ids() -> list[uuid.UUID]:
    """Of the platform's own trail and of all clinics."""
    return [PLATFORM, *Clinic.objects.order_by("id").values_list("id", flat=True)]


def list_checkpoints(*, after: int = 0, until: int = _LARGEST_ID) -> list[Checkpoint]:
    """Whose ids are between, in the order in which they were made."""
    return [_facts(row) for row in AuditCheckpoint.objects.filter(id__gt=after, id__lte=until).order_by("id")]


def last_checkpoint() -> Checkpoint | None:
    """The newest; None before there is one."""
    row = AuditCheckpoint.objects.order_by("-id").first()
    return _facts(row) if row else None


def is_checkpoint_late(now: datetime) -> bool:
    """Whether there is none of the last two hours: no worker runs, or it has no key."""
    last = AuditCheckpoint.objects.order_by("-id").values_list("at", flat=True).first()
    return last is None or abs(now - last) > LATE_AFTER


def _facts(row: AuditCheckpoint) -> Checkpoint:
    return Checkpoint(
        at=micros_of(row.at),
        root=bytes(row.root),
        previous=bytes(row.previous),
        trails=row.trails,
        key=row.key,
        signature=bytes(row.signature),
        id=row.id,
    )
