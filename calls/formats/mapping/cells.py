"""Reads what other programs write into cells: times, durations, numbers in brackets; refuses without repeating it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from calls.formats.lines import MAX_SECONDS, LocalTimes, unreadable

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_WEEKDAY: Final = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}[,.]?\s+", re.IGNORECASE)
_NUMERIC_DATE: Final = re.compile(r"([0-9]{1,4})[-/.]([0-9]{1,2})[-/.]([0-9]{4}|[0-9]{1,2})(?![0-9])")
_DAY_MONTH: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[\s-]([a-z]{3,9})\.?,?[\s-]([0-9]{4})", re.IGNORECASE)
_MONTH_DAY: Final = re.compile(r"([a-z]{3,9})\.?\s([0-9]{1,2})(?:st|nd|rd|th)?,?\s([0-9]{4})", re.IGNORECASE)
_TIME: Final = re.compile(
    r"[T\s,]*([0-9]{1,2}):([0-9]{2})(:[0-9]{2})?(?:[.,][0-9]{1,9})?\s*([ap])?\.?(?:m\.?)?\s*"
    r"(z|utc|gmt|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_CLOCK: Final = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{2})(?:[.,][0-9]{1,9})?")
_WORDY: Final = re.compile(
    r"(?:([0-9]{1,3})\s*h[a-z]*\.?,?\s*)?(?:([0-9]{1,4})\s*m(?:in[a-z]*)?\.?,?\s*)?(?:([0-9]{1,6})\s*s[a-z]*\.?)?",
    re.IGNORECASE,
)
_BARE: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_UNIX: Final = re.compile(r"[0-9]{9,13}(?:\.[0-9]{1,9})?")
_END_OF_TIME: Final = 4_102_444_800  # 2100, as for all other times
_NO_VALUE: Final = frozenset({"", "-", "--", "n/a", "na", "none", "null"})
_PER_SECOND: Final = {"seconds": 1.0, "minutes": 1 / 60, "milliseconds": 1000.0}
_IN_BRACKETS: Final = re.compile(r".*[(<\[](?:tel:|sip:)?(\+?[0-9][0-9 ().\-]*)[)>\]]\s*")
_FORMULA: Final = re.compile(r'="?([^"]*)"?')


class Times:
    """Reads the times of a file in one of `DATES`; local ones are in the zone of `local`."""

    def __init__(self, local: LocalTimes, order: str) -> None:
        self._local = local
        self._order = order

    def read(self, text: str, field_name: str) -> tuple[datetime, tuple[str, ...]]:
        """Raises Refused."""
        if self._order in ("unix", "unix_ms"):
            return _read_unix(text, self._order == "unix_ms", field_name), ()
        plain = to_iso(text, self._order)
        if plain is None:
            raise unreadable(f"{field_name} is not a date and a time of the order that was chosen", field_name)
        return self._local.read(plain, field_name)


def to_iso(text: str, order: str) -> str | None:
    """A time as ISO 8601 writes it; None for what is not both a date and a time. Year first is read in every order."""
    text = text.strip()
    weekday = _WEEKDAY.match(text)
    rest = text[weekday.end() :] if weekday else text
    day, end = _find_day(rest, order)
    time = _TIME.fullmatch(rest, end) if day else None
    if time is None:
        return None
    hours, minutes, seconds, half, zone = time.groups()
    hour = int(hours)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "pP" else 0)
    offset = "" if not zone else "+00:00" if zone[0] in "zZuUgG" else zone
    return f"{day}T{hour:02}:{minutes}{seconds or ':00'}{offset}"


def is_date(text: str) -> bool:
    """Whether it is a date, in some order, and no more."""
    weekday = _WEEKDAY.match(text)
    day, end = _find_day(text[weekday.end() :] if weekday else text, "dmy")
    return bool(day) and end == len(text) - (weekday.end() if weekday else 0)


def is_time_of_day(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def find_order(texts: Sequence[str], otherwise: str) -> str:
    """Which of `DATES` texts are in; where days and months could be either, `otherwise`."""
    if texts and all(_UNIX.fullmatch(text) for text in texts):
        return "unix_ms" if all(len(text.partition(".")[0]) > 11 for text in texts) else "unix"
    firsts, seconds = [0], [0]
    is_ordered = False
    for text in texts:
        weekday = _WEEKDAY.match(text)
        match = _NUMERIC_DATE.match(text, weekday.end() if weekday else 0)
        if match and len(match[1]) <= 2:
            is_ordered = True
            firsts.append(int(match[1]))
            seconds.append(int(match[2]))
    if not is_ordered:
        return "iso"
    return "dmy" if max(firsts) > 12 else "mdy" if max(seconds) > 12 else otherwise


def read_duration(text: str, unit: str, field_name: str) -> int | None:
    """Whole seconds; None where nothing is said. Raises Refused."""
    text = text.strip()
    if text.casefold() in _NO_VALUE:
        return None
    seconds = _find_seconds(text, unit)
    if seconds is None or seconds > MAX_SECONDS:
        raise unreadable(f"{field_name} is not a duration like 95, 0:01:35 or 1m 35s", field_name)
    return seconds


def pick_number(text: str) -> str:
    """The number of a cell like `Alice Archer (020 7946 0018)`, `"Alice" <020…>` or a spreadsheet's `="020…"`."""
    text = text.strip()
    if text.isdigit() or not text:  # nearly all of them
        return text
    formula = _FORMULA.fullmatch(text)
    text = (formula[1] if formula else text).lstrip("'").strip()
    inside = _IN_BRACKETS.fullmatch(text) if text[-1:] in (")", ">", "]") else None
    # `(020) 7946 0018` ends otherwise; `+44 (0)20…` too. What stands before the bracket is a name only with letters.
    return inside[1].strip() if inside and any(map(str.isalpha, text[: inside.start(1)])) else text


def _find_day(text: str, order: str) -> tuple[str, int]:
    """The date at the beginning, as ISO writes it, and where it ends; "" where there is none."""
    for pattern in (_NUMERIC_DATE, _DAY_MONTH, _MONTH_DAY):
        match = pattern.match(text)
        if match:
            return _order_day(pattern, match.group(1, 2, 3), order), match.end()
    return "", 0


def _order_day(pattern: re.Pattern[str], parts: tuple[str, ...], order: str) -> str:
    first, second, third = parts
    if pattern is _DAY_MONTH:
        day, month, year = first, _month(second), third
    elif pattern is _MONTH_DAY:
        month, day, year = _month(first), second, third
    elif len(first) == 4:
        year, month, day = first, second, third
    elif len(first) > 2 or order not in ("dmy", "mdy"):
        return ""
    else:
        day, month = (first, second) if order == "dmy" else (second, first)
        year = third if len(third) == 4 else f"20{third:0>2}"
    return f"{year}-{int(month):02}-{int(day):02}"


def _month(name: str) -> str:
    return str(MONTHS.index(name[:3].casefold()) + 1) if name[:3].casefold() in MONTHS else "0"


def _read_unix(text: str, is_milliseconds: bool, field_name: str) -> datetime:
    text = text.strip()
    seconds = float(text) / (1000 if is_milliseconds else 1) if _UNIX.fullmatch(text) else _END_OF_TIME
    if seconds >= _END_OF_TIME:  # milliseconds, most likely, of which the file was said to hold none
        unit = "milliseconds" if is_milliseconds else "seconds"
        raise unreadable(f"{field_name} is not a number of {unit} since 1970", field_name)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).replace(microsecond=0)


def _find_seconds(text: str, unit: str) -> int | None:
    clock = _CLOCK.fullmatch(text)
    parts = clock or _WORDY.fullmatch(text)
    if parts:
        hours, minutes, seconds = (int(part or 0) for part in parts.groups())
        return hours * 3600 + minutes * 60 + seconds
    return int(float(text) / _PER_SECOND[unit] + 1e-6) if _BARE.fullmatch(text) else None
