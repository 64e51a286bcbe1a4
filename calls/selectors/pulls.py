"""Reads of pulls: how far each came and what it brought, for people and for the worker that goes on with them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from django.db.models import Q

from calls.domain import PullCounts, PullKind, PullState
from calls.models import UNFINISHED, Connection, Pull
from calls.selectors.accounts import PROBLEM_WORDS
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic, as_holder_of

SHOWN = 8  # pulls on a page


@dataclass(frozen=True, slots=True)
class PullLine:
    id: uuid.UUID
    connection_id: uuid.UUID
    kind: PullKind
    state: PullState
    since: datetime
    until: datetime
    reached: datetime
    counts: PullCounts
    started_at: datetime
    finished_at: datetime | None
    not_before: datetime | None
    problem: str
    failing_since: datetime | None

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def percent(self) -> int:
        """Of the span that was asked for."""
        whole = (self.until - self.since).total_seconds()
        return int(100 * (self.reached - self.since).total_seconds() / whole) if whole > 0 else 100

    @property
    def problem_words(self) -> str:
        return PROBLEM_WORDS.get(self.problem, self.problem)


def list_pulls(clinic: ClinicFacts, connection_id: uuid.UUID) -> Sequence[PullLine]:
    """The last of a connection, the newest first; times in the clinic's zone."""
    with as_clinic(clinic.id):
        # index: pulls_of_connection
        rows = Pull.objects.filter(clinic_id=clinic.id, connection_id=connection_id).order_by("-started_at", "-id")
        return [_line(row, clinic.zone) for row in rows[:SHOWN]]


def find_pull(clinic_id: uuid.UUID, pull_id: uuid.UUID) -> PullLine | None:
    with as_clinic(clinic_id):
        row = Pull.objects.filter(clinic_id=clinic_id, pk=pull_id).first()
    return _line(row) if row else None


def find_unfinished(clinic_id: uuid.UUID, connection_id: uuid.UUID, kind: PullKind) -> PullLine | None:
    """The pull of this kind that is not finished; there is one at the most."""
    with as_clinic(clinic_id):
        pulls = Pull.objects.filter(clinic_id=clinic_id, connection_id=connection_id, kind=kind.value)
        row = pulls.filter(state__in=UNFINISHED).first()
    return _line(row) if row else None


def is_paused(clinic_id: uuid.UUID, pull_id: uuid.UUID) -> bool:
    """Whether what its phone system says is not wanted at the moment."""
    with as_clinic(clinic_id):
        asked = Pull.objects.filter(clinic_id=clinic_id, pk=pull_id).values("connection_id")
        return Connection.objects.filter(clinic_id=clinic_id, pk__in=asked, paused_at__isnull=False).exists()


def list_due(now: datetime) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """(clinic, pull) of all that can go on now, that which waits longest first."""
    due = Q(not_before=None) | Q(not_before__lte=now)
    with as_holder_of("work"):
        rows = Pull.objects.filter(due, state__in=UNFINISHED).order_by("updated_at", "id")
        return list(rows.values_list("clinic_id", "id"))


def _line(row: Pull, zone: tzinfo = UTC) -> PullLine:
    return PullLine(
        row.id,
        row.connection_id,
        PullKind(row.kind),
        PullState(row.state),
        row.since.astimezone(zone),
        row.until.astimezone(zone),
        row.reached.astimezone(zone),
        PullCounts(row.read, row.added, row.left_out, row.refused),
        row.started_at.astimezone(zone),
        row.finished_at.astimezone(zone) if row.finished_at else None,
        row.not_before.astimezone(zone) if row.not_before else None,
        row.problem,
        row.failing_since.astimezone(zone) if row.failing_since else None,
    )
