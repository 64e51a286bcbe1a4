"""The clinic's rules in words: what each is called, what it means, how its value reads. Pure; it decides nothing."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from attribution.rules import RuleSet

_UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


class RuleText(NamedTuple):
    label: str
    meaning: str


# In the order in which they are read. Ranges are in `rules.ALLOWED`, defaults in `RuleSet`.
RULES: Mapping[str, RuleText] = MappingProxyType(
    {
        "voicemail_is_missed": RuleText(
            "A voicemail is a missed call", "Whoever left a message waits for a callback like everybody else."
        ),
        "min_ring_seconds": RuleText(
            "A missed call rang for at least", "Shorter ones are abandoned: nobody could have answered."
        ),
        "min_talk_seconds": RuleText(
            "A conversation lasted for at least", "Shorter calls reached a machine, or nobody who had time."
        ),
        "callback_window": RuleText(
            "Callback window", "How long after the latest missed call a callback still answers it."
        ),
        "booking_window": RuleText(
            "Booking window", "How long after the conversation an appointment still counts as won by it."
        ),
        "clock_tolerance": RuleText(
            "Difference between clocks",
            "How far the clocks of the phone system and of the practice system may be apart.",
        ),
        "caller_returned_counts": RuleText(
            "A caller who rang back unprompted counts",
            "Whether an appointment is recovered when the caller rang again and nobody had called back.",
        ),
    }
)


class RuleLine(NamedTuple):
    name: str
    label: str
    text: str


def describe(rules: RuleSet) -> Sequence[RuleLine]:
    """All rules of a version, a line each."""
    return [RuleLine(name, text.label, _value_of(rules, name)) for name, text in RULES.items()]


class RuleDifference(NamedTuple):
    label: str
    before: str
    after: str


def differences(before: RuleSet, after: RuleSet) -> Sequence[RuleDifference]:
    """The rules that are not the same."""
    return [
        RuleDifference(text.label, _value_of(before, name), _value_of(after, name))
        for name, text in RULES.items()
        if getattr(before, name) != getattr(after, name)
    ]


def _value_of(rules: RuleSet, name: str) -> str:
    value = getattr(rules, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _duration(value if isinstance(value, timedelta) else timedelta(seconds=value))


def _duration(value: timedelta) -> str:
    """In the largest unit that says it whole; days from the third on: 48 hours, 7 days, 1 hour, 90 minutes, 20 s."""
    for unit, name in _UNITS:
        count, rest = divmod(value, unit)
        if count >= (3 if name == "day" else 1) and not rest:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{int(value.total_seconds())} s"
