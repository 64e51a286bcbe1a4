"""The clinic's rules and what follows from them alone: ranges, versions, limits of the books, the value of a recovery.

Pure. It refuses to know an event, a clock, a setting or a table; `docs/attribution.md` says why the numbers are so.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from attribution.domain import ValueSource

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Whole microseconds since the Unix epoch, exactly. A naive time is refused: it names no instant."""
    if instant.utcoffset() is None:
        raise ValueError("a naive datetime names no instant")
    return (instant - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant in UTC; undoes `to_micros` exactly."""
    return EPOCH + timedelta(microseconds=micros)


class Allowed(NamedTuple):
    """The range of a rule, both ends included. Rules that are counted in seconds are durations too."""

    lowest: timedelta
    highest: timedelta


# The one table of ranges: the settings form and the API take their limits from here.
ALLOWED: Mapping[str, Allowed] = MappingProxyType(
    {
        "min_ring_seconds": Allowed(timedelta(0), timedelta(seconds=60)),
        "min_talk_seconds": Allowed(timedelta(0), timedelta(seconds=300)),
        "callback_window": Allowed(timedelta(hours=1), timedelta(days=14)),
        "booking_window": Allowed(timedelta(hours=1), timedelta(days=30)),
        "clock_tolerance": Allowed(timedelta(0), timedelta(minutes=30)),
        # Nobody sets this one: it follows from the clinic's retention, see `book_limits`.
        "max_open": Allowed(timedelta(days=18), timedelta(days=45)),
    }
)


class RulesOutOfRange(ValueError):
    """Some rules are outside `ALLOWED`; `names` says which."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"out of range: {', '.join(names)}")
        self.names = names


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One immutable version of a clinic's rules, in force from `in_force_from` (aware) until the next one begins."""

    version: int
    in_force_from: datetime
    voicemail_is_missed: bool = True
    min_ring_seconds: int = 3
    min_talk_seconds: int = 20
    callback_window: timedelta = timedelta(hours=48)
    booking_window: timedelta = timedelta(days=7)
    clock_tolerance: timedelta = timedelta(minutes=5)
    caller_returned_counts: bool = False
    max_open: timedelta = timedelta(days=45)

    def validate(self) -> None:
        """Raise `RulesOutOfRange`, which names every rule that is outside its range."""
        names = tuple(name for name, allowed in ALLOWED.items() if not self._is_within(name, allowed))
        if names:
            raise RulesOutOfRange(names)

    def _is_within(self, name: str, allowed: Allowed) -> bool:
        value = getattr(self, name)
        duration = value if isinstance(value, timedelta) else timedelta(seconds=value)
        return allowed.lowest <= duration <= allowed.highest


class Terms(NamedTuple):
    """A rule set as the walk reads it: every duration that is added to an instant in whole microseconds."""

    version: int
    voicemail_is_missed: bool
    min_ring_seconds: int
    min_talk_seconds: int
    callback_window: int
    booking_window: int
    clock_tolerance: int
    caller_returned_counts: bool
    max_open: int


def _terms_of(rule_set: RuleSet) -> Terms:
    return Terms(
        version=rule_set.version,
        voicemail_is_missed=rule_set.voicemail_is_missed,
        min_ring_seconds=rule_set.min_ring_seconds,
        min_talk_seconds=rule_set.min_talk_seconds,
        callback_window=rule_set.callback_window // MICROSECOND,
        booking_window=rule_set.booking_window // MICROSECOND,
        clock_tolerance=rule_set.clock_tolerance // MICROSECOND,
        caller_returned_counts=rule_set.caller_returned_counts,
        max_open=rule_set.max_open // MICROSECOND,
    )


class RuleBook:
    """All versions of one clinic's rules, made once and then asked for every caller."""

    __slots__ = ("_starts", "_terms")

    def __init__(self, rule_sets: Iterable[RuleSet]) -> None:
        """Any order. Where two versions begin at the same instant the higher one is in force."""
        versions = sorted(rule_sets, key=lambda rule_set: (rule_set.in_force_from, rule_set.version))
        if not versions:
            raise ValueError("a clinic has at least one version of its rules")
        # The first version also judges what happened before it: it has no beginning, so its start is left out.
        self._starts = [to_micros(rule_set.in_force_from) for rule_set in versions][1:]
        self._terms = [_terms_of(rule_set) for rule_set in versions]

    def terms_at(self, instant: int) -> Terms:
        """The version in force at an instant in microseconds."""
        return self._terms[bisect_right(self._starts, instant)]

    def place_of(self, booked_at: int) -> int:
        """Where an appointment stands in the walk, in microseconds.

        It must be placed before anybody knows which opportunity will meet it, so the tolerance is that of the version
        in force when it was booked.
        """
        return booked_at + self.terms_at(booked_at).clock_tolerance


class BookLimits(NamedTuple):
    """A local day older than `closing_age_days` closes; no opportunity stays open for longer than `max_open`."""

    closing_age_days: int
    max_open: timedelta


def book_limits(retention_days: int) -> BookLimits:
    """How early the books of a clinic close that keeps calls for 30 to 90 days.

    A day must close while its events are all still there (a week's margin for a purge that comes first or a worker
    that was down), and every opportunity opened on it must have ended by then (five days' margin).
    """
    if not 30 <= retention_days <= 90:
        raise ValueError("a clinic keeps calls for 30 to 90 days")
    closing_age_days = min(60, retention_days - 7)
    return BookLimits(closing_age_days, timedelta(days=min(45, closing_age_days - 5)))


def value_of(
    appointment_value: Decimal | None, type_estimate: Decimal | None, default: Decimal
) -> tuple[Decimal, ValueSource]:
    """What a recovery is worth in the clinic's currency, and where the figure comes from. Nought is a value."""
    if appointment_value is not None:
        return appointment_value, ValueSource.APPOINTMENT
    if type_estimate is not None:
        return type_estimate, ValueSource.TYPE_ESTIMATE
    return default, ValueSource.CLINIC_DEFAULT
