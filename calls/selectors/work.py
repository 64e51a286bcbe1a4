"""Reads of the work that calls leave behind; no word about whom it is for."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from calls.models import Change
from tenants.scope import as_holder_of


@dataclass(frozen=True, slots=True)
class Queue:
    """How much work of a clinic waits, since when, and how much was set aside."""

    clinic_id: uuid.UUID
    waiting: int
    oldest_at: datetime | None
    set_aside: int


def list_queues() -> Mapping[uuid.UUID, Queue]:
    """Of every clinic that has any work."""
    todo = Q(set_aside_at=None)
    with as_holder_of("work"):
        rows = Change.objects.values_list("clinic_id").annotate(
            waiting=Count("pk", filter=todo),
            oldest_at=Min("created_at", filter=todo),
            set_aside=Count("pk", filter=~todo),
        )
        return {row[0]: Queue(*row) for row in rows.order_by()}
