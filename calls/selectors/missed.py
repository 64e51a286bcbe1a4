"""Reads of a caller's missed calls, for finding one again in the phone system; the ids in it are shown to nobody."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from calls.domain import Direction, Outcome
from calls.models import Call
from tenants.domain import ClinicFacts

_MISSED = (Outcome.MISSED, Outcome.VOICEMAIL)


@dataclass(frozen=True, slots=True)
class MissedCall:
    """When and on which line a caller was missed, and how the phone system that told of it can be asked."""

    started_at: datetime
    line: str
    connection_id: uuid.UUID | None
    provider_call_id: str | None = field(repr=False)


def list_missed(clinic: ClinicFacts, caller: uuid.UUID, now: datetime, limit: int) -> Sequence[MissedCall]:
    """The latest first, none past the clinic's limit; within the clinic's scope."""
    # index: calls_of_caller of each week
    calls = Call.objects.filter(
        clinic_id=clinic.id,
        caller=caller,
        direction=Direction.INBOUND,
        outcome__in=_MISSED,
        started_at__gte=clinic.visible_from(now),
    )
    told = calls.order_by("-started_at").values_list("started_at", "line", "connection_id", "provider_call_id")
    return [MissedCall(*row) for row in told[:limit]]
