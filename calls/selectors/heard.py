"""Reads of what connections received: by hour, by day, by reason and by field; nothing that any message said."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Max, Q, Sum

from calls.domain import Direction, Outcome
from calls.models import Call, ConnectionHour, ReceivedField, RefusalCount
from calls.providers import PROVIDERS
from tenants.domain import ClinicFacts

RECENT = timedelta(days=7)
DAYS = 14
# What a reason for a refusal means to the people of a clinic, and what they can do about it.
REASONS: Mapping[str, tuple[str, str]] = {
    "signature": (
        "wrong signature: is the secret the right one?",
        "Copy the secret once more: change it here, or type ours in over there. If both are right, somebody else sends"
        " to this address, and refusing it is right.",
    ),
    "content_type": (
        "not in the format that this phone system sends",
        "Is this the address of another phone system’s connection? In its settings choose the format of the steps.",
    ),
    "too_large": ("too large", "Switch transcripts and recordings off in what it sends: a call needs none of them."),
    "unreadable": (
        "unreadable",
        "Compare its settings with the steps: most of the time another kind of message is sent here, or a field is left"
        " out.",
    ),
    "too_old": (
        "older than this clinic keeps",
        "There is nothing to do: what is past the clinic’s limit is not stored.",
    ),
    "in_future": ("from the future: is a clock wrong?", "Set the clock and the time zone of the phone system right."),
    "label_contains_number": (
        "a line’s name that holds a number",
        "Give that line a name without a number in the phone system.",
    ),
    "identifier_contains_number": (
        "an identifier that holds a number",
        "Send an identifier that is not made of the caller’s number.",
    ),
}
OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.UNKNOWN: "A call of unknown outcome",
    Outcome.RINGING: "A call that is ringing",
    Outcome.MISSED: "A missed call",
    Outcome.VOICEMAIL: "A voicemail",
    Outcome.ANSWERED: "An answered call",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What a connection told us; figures of the last 7 days, times in the clinic's zone."""

    messages: int = 0
    calls: int = 0  # that were new
    last_at: datetime | None = None  # when the last message came that was taken, of all that is kept
    refusals: Sequence[tuple[str, int]] = ()  # (reason in words, how many), most frequent first

    @property
    def refused(self) -> int:
        return sum(count for _, count in self.refusals)


@dataclass(frozen=True, slots=True)
class DayHeard:
    """A day of the clinic's."""

    on: date
    messages: int
    calls: int
    refused: int


@dataclass(frozen=True, slots=True)
class RefusedLine:
    words: str
    advice: str
    count: int


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field by its name; `is_read` says whether anything looks at what stands in it."""

    name: str
    count: int
    is_read: bool


@dataclass(frozen=True, slots=True)
class LastCall:
    """The last call that a connection told of."""

    words: str
    started_at: datetime  # in the clinic's zone


def reason_words(reason: str) -> str:
    """One that has no words is shown as it is, readable."""
    return REASONS[reason][0] if reason in REASONS else reason.replace("_", " ")


def listen(clinic: ClinicFacts, now: datetime) -> dict[uuid.UUID, Heard]:
    """Of all connections of a clinic, within its scope."""
    refusals: dict[uuid.UUID, list[tuple[str, int]]] = {}
    for connection_id, reason, count in _refusals(clinic.id, (now - RECENT).date()):
        refusals.setdefault(connection_id, []).append((reason_words(reason), count))
    recent = Q(hour__gte=now - RECENT)
    # index: one_connection_hour
    kept = ConnectionHour.objects.filter(clinic_id=clinic.id, hour__gte=clinic.visible_from(now))
    rows = kept.values_list("connection_id").annotate(
        told=Sum("messages", filter=recent), new=Sum("calls", filter=recent), last_at=Max("last_message_at")
    )
    heard = {
        connection_id: Heard(messages or 0, calls or 0, _local(last_at, clinic), tuple(refusals.pop(connection_id, ())))
        for connection_id, messages, calls, last_at in rows.order_by()
    }
    return heard | {connection_id: Heard(refusals=tuple(counts)) for connection_id, counts in refusals.items()}


def list_days(clinic: ClinicFacts, connection_id: uuid.UUID, now: datetime) -> Sequence[DayHeard]:
    """The last 14 days of the clinic's calendar, the newest first, those without anything included."""
    today = now.astimezone(clinic.zone).date()
    first = today - timedelta(days=DAYS - 1)
    start = datetime.combine(first, time.min, tzinfo=clinic.zone)
    counts: dict[date, Counter[str]] = {}
    names = ("messages", "calls", "refused")
    # index: one_connection_hour
    rows = ConnectionHour.objects.filter(clinic_id=clinic.id, connection_id=connection_id, hour__gte=start)
    for hour, *values in rows.values_list("hour", *names):
        counts.setdefault(hour.astimezone(clinic.zone).date(), Counter()).update(dict(zip(names, values, strict=True)))
    days = [today - timedelta(days=number) for number in range(DAYS)]
    return [DayHeard(on, *(counts.get(on, Counter())[name] for name in names)) for on in days]


def list_refusals(clinic: ClinicFacts, connection_id: uuid.UUID, now: datetime) -> Sequence[RefusedLine]:
    """Of the last 14 days, the most frequent first, with what to do about each."""
    found = _refusals(clinic.id, (now - timedelta(days=DAYS)).date(), connection_id)
    return [RefusedLine(reason_words(reason), REASONS.get(reason, ("", ""))[1], count) for _, reason, count in found]


def list_fields(clinic: ClinicFacts, connection_id: uuid.UUID, provider: str) -> Sequence[FieldLine]:
    """What was received: those that are read first, then those that are dropped, each by name."""
    reads = PROVIDERS[provider].READS if provider in PROVIDERS else frozenset()
    # index: one_received_field
    rows = ReceivedField.objects.filter(clinic_id=clinic.id, connection_id=connection_id).values_list("name", "count")
    lines = [FieldLine(name, count, name in reads) for name, count in rows]
    return sorted(lines, key=lambda line: (not line.is_read, line.name))


def find_last_call(clinic: ClinicFacts, connection_id: uuid.UUID, since: datetime) -> LastCall | None:
    """The last call since an instant that is within some weeks; calls have no index by connection."""
    # index: calls_call_pkey, backwards; a connection that waits for its first call is as young as the range is short
    calls = Call.objects.filter(clinic_id=clinic.id, started_at__gte=since, connection_id=connection_id)
    row = calls.order_by("-started_at").values_list("outcome", "direction", "started_at").first()
    if row is None:
        return None
    outcome, direction, started_at = row
    words = OUTCOME_WORDS[Outcome(outcome)]
    if Direction(direction) is Direction.OUTBOUND:
        words = "A call that you made"
    return LastCall(words, started_at.astimezone(clinic.zone))


def _refusals(
    clinic_id: uuid.UUID, since: date, connection_id: uuid.UUID | None = None
) -> Sequence[tuple[uuid.UUID, str, int]]:
    # index: one_refusal_count
    rows = RefusalCount.objects.filter(clinic_id=clinic_id, on__gte=since, connection_id__isnull=False)
    if connection_id is not None:
        rows = rows.filter(connection_id=connection_id)
    totals = rows.values_list("connection_id", "reason").annotate(total=Sum("count")).order_by("-total", "reason")
    return [(found, reason, total) for found, reason, total in totals if found is not None]


def _local(at: datetime | None, clinic: ClinicFacts) -> datetime | None:
    return at.astimezone(clinic.zone) if at else None
