"""When a phone system that usually speaks has fallen silent; decides by opening hours alone, and never by a guess.

Pure. Time counts only while the clinic is open. A connection is silent when it has said nothing for three times the
longest gap of its last 14 days, and for at least two open hours. A gap that was an alarm by the others is left out, of
ten gaps one at the most: else an outage would make the alarm deaf for two weeks. Where fewer than 20 messages came in
these days nobody can tell silence from a quiet line, and there is no alarm. Messages are known by the hour, with the
first and the last of each, so a gap is one between two hours.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from tenants.domain import WEEKDAYS, OpeningHours

WINDOW: Final = timedelta(days=14)
LEAST_MESSAGES: Final = 20
LEAST_SILENCE: Final = timedelta(hours=2)
TIMES_LONGEST_GAP: Final = 3
ONE_IN: Final = 10  # gaps may be left out


@dataclass(frozen=True, slots=True)
class HourHeard:
    """An hour in which messages came."""

    first_at: datetime
    last_at: datetime
    messages: int


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for a connection: after how much open time without a message it counts as silent."""

    longest_gap: timedelta
    alarm_after: timedelta


class OpenTime:
    """How much open time there is between two instants; made once for a window, and asked often."""

    def __init__(self, hours: OpeningHours, zone: ZoneInfo, start: datetime, end: datetime) -> None:
        self._spans = _open_spans(hours, zone, start, end)
        self._opens = [opens for opens, _ in self._spans]
        self._before = [timedelta()]
        for opens, closes in self._spans:
            self._before.append(self._before[-1] + (closes - opens))

    def between(self, start: datetime, end: datetime) -> timedelta:
        return max(self._until(end) - self._until(start), timedelta())

    def _until(self, at: datetime) -> timedelta:
        begun = bisect_right(self._opens, at)
        if not begun:
            return timedelta()
        opens, closes = self._spans[begun - 1]
        return self._before[begun - 1] + (min(at, closes) - opens)


def find_usual(heard: Sequence[HourHeard], open_time: OpenTime) -> Usual | None:
    """What is usual, by the hours of the window in their order; None where too little came to tell."""
    if sum(hour.messages for hour in heard) < LEAST_MESSAGES:
        return None
    gaps = sorted(open_time.between(before.last_at, after.first_at) for before, after in pairwise(heard))
    may_be_left_out = len(gaps) // ONE_IN
    while may_be_left_out and gaps[-1] >= _alarm_after(gaps[-2]):
        gaps.pop()
        may_be_left_out -= 1
    longest = gaps[-1] if gaps else timedelta()
    return Usual(longest, _alarm_after(longest))


def _alarm_after(longest: timedelta) -> timedelta:
    return max(LEAST_SILENCE, TIMES_LONGEST_GAP * longest)


def is_silent(usual: Usual | None, open_time: OpenTime, since: datetime, now: datetime) -> bool:
    """Whether nothing came `since` for longer than is usual."""
    return usual is not None and open_time.between(since, now) >= usual.alarm_after


def _open_spans(hours: OpeningHours, zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    spans = []
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        for opens, closes in hours.get(WEEKDAYS[on.weekday()], ()):
            begins, ends = (
                datetime.combine(on, time.fromisoformat(text), tzinfo=zone).astimezone(start.tzinfo)
                for text in (opens, closes)
            )
            if max(begins, start) < min(ends, end):
                spans.append((max(begins, start), min(ends, end)))
    return spans
