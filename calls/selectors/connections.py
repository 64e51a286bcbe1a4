"""Reads of a clinic's connections for people: are they alive, and what was refused; never a secret, never a token."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max

from calls.models import Call, Connection
from calls.providers import PROVIDERS
from calls.selectors.hooks import refusals_since
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

RECENT = timedelta(days=7)
# What a reason for a refusal means to the people of a clinic; one that is not here is shown as it is, readable.
REASON_WORDS: Mapping[str, str] = {
    "signature": "wrong signature: is the secret the right one?",
    "content_type": "not in the format that this phone system sends",
    "too_large": "too large",
    "unreadable": "unreadable",
    "too_old": "older than this clinic keeps",
    "in_future": "from the future: is a clock wrong?",
    "label_contains_number": "a line’s name that holds a number",
    "identifier_contains_number": "an identifier that holds a number",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What a kind of phone system told us. Calls say which kind they came from and not by which connection."""

    calls: int = 0  # of the last 7 days
    last_at: datetime | None = None  # when the newest call that is kept began, in the clinic's zone
    refusals: Sequence[tuple[str, int]] = ()  # (reason in words, how many) of the last 7 days, most frequent first

    @property
    def refused(self) -> int:
        return sum(count for _, count in self.refusals)


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """A connection as its clinic sees it; times in the clinic's zone."""

    id: uuid.UUID
    provider: str
    title: str
    name: str
    created_at: datetime
    paused_at: datetime | None
    makes_secret: bool  # or the phone system makes it
    steps: Sequence[str]  # what to do over there
    heard: Heard = Heard()

    @property
    def state(self) -> str:
        """`paused`, `live`, `quiet` (nothing for 7 days) or `never`."""
        if self.paused_at is not None:
            return "paused"
        if self.heard.last_at is None:
            return "never"
        return "live" if self.heard.calls else "quiet"


def list_connections(clinic: ClinicFacts, now: datetime) -> Sequence[ConnectionLine]:
    """All of a clinic's, the oldest first, with what was heard of each kind of phone system."""
    with as_clinic(clinic.id):
        rows = list(Connection.objects.filter(clinic_id=clinic.id).order_by("created_at", "id"))
        heard = _listen(clinic, {row.provider for row in rows}, now)
    return [_line(row, clinic, heard[row.provider]) for row in rows]


def find_line(clinic: ClinicFacts, connection_id: uuid.UUID) -> ConnectionLine | None:
    """One connection, without what was heard; None for another clinic's as for one that there is not."""
    with as_clinic(clinic.id):
        row = Connection.objects.filter(clinic_id=clinic.id, pk=connection_id).first()
    return _line(row, clinic, Heard()) if row else None


def list_names(clinic_id: uuid.UUID) -> frozenset[str]:
    """The names that are taken, in lower case."""
    with as_clinic(clinic_id):
        return frozenset(name.lower() for name in Connection.objects.values_list("name", flat=True))


def _listen(clinic: ClinicFacts, sources: Iterable[str], now: datetime) -> dict[str, Heard]:
    week = _last_week(clinic, sources, now)
    refusals: dict[str, list[tuple[str, int]]] = {}
    for source, reason, count in refusals_since(clinic.id, (now - RECENT).date()):
        words = REASON_WORDS.get(reason, reason.replace("_", " "))
        refusals.setdefault(source, []).append((words, count))
    heard = {}
    for source in sources:
        calls, last_at = week.get(source) or (0, _last_start(clinic, source, now))
        local = last_at.astimezone(clinic.zone) if last_at else None
        heard[source] = Heard(calls, local, tuple(refusals.get(source, ())))
    return heard


def _last_week(clinic: ClinicFacts, sources: Iterable[str], now: datetime) -> dict[str, tuple[int, datetime]]:
    # index: calls_call_pkey, the range of a week, so at most two weeks' partitions
    recent = Call.objects.filter(clinic_id=clinic.id, started_at__gte=now - RECENT, source__in=list(sources))
    rows = recent.values_list("source").annotate(Count("id"), Max("started_at")).order_by()
    return {source: (count, last_at) for source, count, last_at in rows}


def _last_start(clinic: ClinicFacts, source: str, now: datetime) -> datetime | None:
    """Of a source that was silent for a week; within what the clinic keeps, backwards, to the first that is found."""
    kept = Call.objects.filter(clinic_id=clinic.id, started_at__gte=clinic.visible_from(now), source=source)
    newest: datetime | None = kept.order_by("-started_at").values_list("started_at", flat=True).first()
    return newest


def _line(row: Connection, clinic: ClinicFacts, heard: Heard) -> ConnectionLine:
    known = PROVIDERS.get(row.provider)
    return ConnectionLine(
        row.id,
        row.provider,
        known.TITLE if known else row.provider,
        row.name,
        row.created_at.astimezone(clinic.zone),
        row.paused_at.astimezone(clinic.zone) if row.paused_at else None,
        known is not None and known.MAKES_SECRET,
        known.STEPS if known else (),
        heard,
    )
