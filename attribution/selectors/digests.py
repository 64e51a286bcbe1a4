"""What a summary says: the counts of a span of days and of the one before, and how many wait; nothing of a caller."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from attribution.domain import Figures
from attribution.models import DigestChoice
from attribution.schedules import DigestKind, Span, span_before, span_of
from attribution.selectors.metrics import add_up, daily_metrics
from attribution.selectors.worklist import count_waiting
from tenants.domain import WEEKDAYS, ClinicFacts
from tenants.scope import as_clinic


@dataclass(frozen=True, slots=True)
class Digest:
    """`waiting` is how many wait now, of whatever days."""

    kind: DigestKind
    span: Span
    figures: Figures
    before: Figures
    waiting: int

    @property
    def has_calls(self) -> bool:
        return bool(self.figures.inbound or self.figures.outbound)


def read_digest(clinic: ClinicFacts, kind: DigestKind, now: datetime) -> Digest:
    """The summary that would be sent now."""
    span = span_of(kind, now, clinic.zone)
    before = span_before(kind, span)
    with as_clinic(clinic.id):
        days = daily_metrics(clinic.id, before.first, span.last)
        waiting = count_waiting(clinic, now)
    return Digest(
        kind, span,
        add_up(day for day in days if day.on >= span.first),
        add_up(day for day in days if day.on < span.first),
        waiting,
    )  # fmt: skip


def is_worth_sending(clinic: ClinicFacts, digest: Digest) -> bool:
    """A day on which the clinic was shut and nobody rang is none that anybody wants to read of."""
    if digest.kind is not DigestKind.DAILY or digest.has_calls:
        return True
    return bool(clinic.opening_hours.get(WEEKDAYS[digest.span.first.weekday()]))


def list_choices(clinic_id: uuid.UUID, user_id: uuid.UUID) -> frozenset[DigestKind]:
    """What a person has chosen in a clinic."""
    with as_clinic(clinic_id):
        rows = DigestChoice.objects.filter(clinic_id=clinic_id, user_id=user_id)
        return frozenset(DigestKind(kind) for kind in rows.values_list("kind", flat=True))
