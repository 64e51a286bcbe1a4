"""Reads of a clinic's connections for people: are they alive, and what was refused; never a secret, never a token."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from calls.models import Connection, ConnectionHour
from calls.providers import LISTS_CALLS, PROVIDERS, SHOWS_NUMBERS
from calls.providers.snippets import SNIPPETS, Snippet
from calls.selectors.heard import (
    DayHeard,
    FieldLine,
    Heard,
    LastCall,
    RefusedLine,
    find_last_call,
    list_days,
    list_fields,
    list_refusals,
    listen,
)
from calls.silence import WINDOW, HourHeard, OpenTime, Usual, find_usual
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

OWN = "ringback"  # listed last: for who does not find his phone system before
# A call that told of itself before its connection was made: its clock may be slow, and it may have begun before.
BEFORE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A phone system that can be chosen."""

    name: str
    title: str
    makes_secret: bool  # or the phone system makes it
    lists_calls: bool
    shows_numbers: bool
    steps: Sequence[str]
    snippets: Sequence[Snippet]


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
    silent_since: datetime | None = None
    snippets: Sequence[Snippet] = ()

    @property
    def is_askable(self) -> bool:
        """Whether this phone system has a list of calls that we read."""
        return self.provider in LISTS_CALLS

    @property
    def state(self) -> str:
        """`paused`, `silent` (during opening hours, and unusually), `live`, `quiet` (nothing for 7 days) or `never`."""
        if self.paused_at is not None:
            return "paused"
        if self.silent_since is not None:
            return "silent"
        if self.heard.last_at is None:
            return "never"
        return "live" if self.heard.messages else "quiet"


@dataclass(frozen=True, slots=True)
class ConnectionDetails:
    """All that is known of one connection."""

    line: ConnectionLine
    days: Sequence[DayHeard]  # the newest first
    refusals: Sequence[RefusedLine]
    fields: Sequence[FieldLine]
    usual: Usual | None  # what silence would be; None where too little came to tell

    @property
    def busiest(self) -> int:
        """Of the messages and refusals of a day, for the length of bars; at least 1."""
        return max([1, *(day.messages + day.refused for day in self.days)])

    @property
    def fields_read(self) -> int:
        return sum(field.is_read for field in self.fields)

    @property
    def fields_dropped(self) -> int:
        return len(self.fields) - self.fields_read


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whether the first call of a connection has come: `heard`, `refused` (and why) or `waiting`."""

    line: ConnectionLine
    call: LastCall | None
    refusal: RefusedLine | None

    @property
    def state(self) -> str:
        if self.line.heard.last_at is not None:
            return "heard"
        return "refused" if self.refusal else "waiting"

    @property
    def version(self) -> str:
        """Another one when there is something else to be said."""
        return f"{self.state}-{self.refusal.count}" if self.state == "refused" and self.refusal else self.state


def list_providers() -> Sequence[ProviderLine]:
    """All that can be chosen, by title; our own webhook last."""
    lines = [_provider(name) for name in PROVIDERS]
    return sorted(lines, key=lambda line: (line.name == OWN, line.title.lower()))


def find_provider(name: str) -> ProviderLine | None:
    """The phone system of this name."""
    return _provider(name) if name in PROVIDERS else None


def list_connections(clinic: ClinicFacts, now: datetime) -> Sequence[ConnectionLine]:
    """All of a clinic's, the oldest first, with what was heard of each."""
    with as_clinic(clinic.id):
        rows = list(Connection.objects.filter(clinic_id=clinic.id).order_by("created_at", "id"))
        heard = listen(clinic, now)
    return [_line(row, clinic, heard.get(row.id, Heard())) for row in rows]


def list_silent(clinic: ClinicFacts) -> Sequence[ConnectionLine]:
    """Those that have fallen silent, the longest first; without what was heard."""
    with as_clinic(clinic.id):
        # index: connection_of_clinic
        rows = Connection.objects.filter(clinic_id=clinic.id, silent_since__isnull=False, paused_at=None)
        return [_line(row, clinic, Heard()) for row in rows.order_by("silent_since", "id")]


def find_line(clinic: ClinicFacts, connection_id: uuid.UUID) -> ConnectionLine | None:
    """One connection, without what was heard; None for another clinic's as for one that there is not."""
    with as_clinic(clinic.id):
        row = Connection.objects.filter(clinic_id=clinic.id, pk=connection_id).first()
    return _line(row, clinic, Heard()) if row else None


def find_details(clinic: ClinicFacts, connection_id: uuid.UUID, now: datetime) -> ConnectionDetails | None:
    """One connection with all that is known of it."""
    with as_clinic(clinic.id):
        row = Connection.objects.filter(clinic_id=clinic.id, pk=connection_id).first()
        if row is None:
            return None
        return ConnectionDetails(
            _line(row, clinic, listen(clinic, now).get(row.id, Heard())),
            list_days(clinic, row.id, now),
            list_refusals(clinic, row.id, now),
            list_fields(clinic, row.id, row.provider),
            _find_usual(clinic, row.id, now),
        )


def find_waiting(clinic: ClinicFacts, connection_id: uuid.UUID, now: datetime) -> Waiting | None:
    """Whether the first call of a connection has come."""
    with as_clinic(clinic.id):
        row = Connection.objects.filter(clinic_id=clinic.id, pk=connection_id).first()
        if row is None:
            return None
        line = _line(row, clinic, listen(clinic, now).get(row.id, Heard()))
        if line.heard.last_at is not None:
            since = max(row.created_at, now - timedelta(days=1)) - BEFORE
            return Waiting(line, find_last_call(clinic, row.id, since), None)
        refusals = list_refusals(clinic, row.id, now)
    return Waiting(line, None, refusals[0] if refusals else None)


def list_names(clinic_id: uuid.UUID) -> frozenset[str]:
    """The names that are taken, in lower case."""
    with as_clinic(clinic_id):
        return frozenset(name.lower() for name in Connection.objects.values_list("name", flat=True))


def list_hours(
    clinic_id: uuid.UUID, connection_ids: Sequence[uuid.UUID], now: datetime
) -> dict[uuid.UUID, list[HourHeard]]:
    """The hours of the last 14 days in which messages came, in their order, within the clinic's scope."""
    since = now - WINDOW - timedelta(hours=1)
    # index: one_connection_hour
    rows = ConnectionHour.objects.filter(
        clinic_id=clinic_id, connection_id__in=connection_ids, hour__gte=since, messages__gt=0
    )
    found: dict[uuid.UUID, list[HourHeard]] = {}
    values = rows.order_by("hour").values_list("connection_id", "first_message_at", "last_message_at", "messages")
    for connection_id, first_at, last_at, messages in values:
        if first_at is not None and last_at is not None:
            found.setdefault(connection_id, []).append(HourHeard(first_at, last_at, messages))
    return found


def _find_usual(clinic: ClinicFacts, connection_id: uuid.UUID, now: datetime) -> Usual | None:
    open_time = OpenTime(clinic.opening_hours, clinic.zone, now - WINDOW, now)
    return find_usual(list_hours(clinic.id, [connection_id], now).get(connection_id, []), open_time)


def _provider(name: str) -> ProviderLine:
    known = PROVIDERS[name]
    return ProviderLine(
        name, known.TITLE, known.MAKES_SECRET, name in LISTS_CALLS, name in SHOWS_NUMBERS, known.STEPS,
        SNIPPETS.get(name, ()),
    )  # fmt: skip


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
        row.silent_since.astimezone(clinic.zone) if row.silent_since else None,
        SNIPPETS.get(row.provider, ()),
    )
