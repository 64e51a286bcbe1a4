"""The made-up history: the same from the same seed, believable, within its time, with nobody's number in it."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from attribution.demo import TYPES, Chapter, write_history
from calls.domain import CallEvent, Direction, Outcome

ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
FIRST = datetime(2026, 8, 31, tzinfo=UTC)
DRAMA = re.compile(r"\+447700900\d{3}|\+442079460\d{3}|\+441632960\d{3}")  # Ofcom's list of numbers for drama


def tell(now: datetime = NOW, seed: int = 20) -> list[Chapter]:
    return write_history(first=FIRST, now=now, zone=ZONE, seed=seed)


def calls_of(chapters: list[Chapter]) -> list[CallEvent]:
    return [call for chapter in chapters for call in chapter.calls]


def test_the_same_seed_tells_the_same_story() -> None:
    assert calls_of(tell()) == calls_of(tell())
    assert calls_of(tell()) != calls_of(tell(seed=21))


def test_all_numbers_are_nobodys() -> None:
    chapters = tell()
    numbers = {call.number for call in calls_of(chapters)}
    numbers |= {number for chapter in chapters for one in chapter.appointments for number in one.numbers}
    numbers |= {action.number for chapter in chapters for action in chapter.actions}
    assert all(DRAMA.fullmatch(number) for number in numbers if number)


def test_chapters_follow_each_other_and_end_now() -> None:
    chapters = tell()
    assert chapters[-1].until == NOW
    for before, after in pairwise([Chapter(FIRST), *chapters]):
        times = [call.started_at for call in after.calls]
        assert times == sorted(times)
        assert all(before.until < at <= after.until for at in times)
        assert all(one.booked_at <= after.until for one in after.appointments)


def test_weekdays_are_busy_and_weekends_are_not() -> None:
    days = Counter(call.started_at.astimezone(ZONE).date() for call in calls_of(tell()))
    busy = [count for on, count in days.items() if on.weekday() < 5 and on < NOW.date()]
    assert sum(35 <= count <= 75 for count in busy) > 0.9 * len(busy)
    assert max(count for on, count in days.items() if on.weekday() > 4) < 12


def test_more_is_missed_early_and_over_lunch() -> None:
    inbound = [call for call in calls_of(tell()) if call.direction is Direction.INBOUND]
    missed: Counter[int] = Counter()
    total: Counter[int] = Counter()
    for call in inbound:
        hour = call.started_at.astimezone(ZONE).hour
        total[hour] += 1
        missed[hour] += call.outcome is not Outcome.ANSWERED
    assert 0.18 < missed.total() / total.total() < 0.27
    for rush in (8, 12, 13):
        assert missed[rush] / total[rush] > 2 * missed[10] / total[10]


def test_there_are_all_kinds_of_calls_and_appointments() -> None:
    chapters = tell()
    calls = calls_of(chapters)
    appointments = [one for chapter in chapters for one in chapter.appointments]
    assert any(call.number is None for call in calls)
    assert any((call.ring_seconds or 9) < 3 and call.outcome is Outcome.MISSED for call in calls)
    assert any(call.outcome is Outcome.VOICEMAIL for call in calls)
    assert {one.type for one in appointments} == {code for code, *_ in TYPES}
    assert {one.status for one in appointments} == {"booked", "cancelled"}
    assert any(one.value is None for one in appointments)
    assert any(one.value is not None for one in appointments)
    assert any(one.numbers == ("",) for one in appointments)
    assert any(len(one.numbers) == 2 for one in appointments)
    assert {action.kind for chapter in chapters for action in chapter.actions} == {"dismissed", "called_back"}


@pytest.mark.parametrize("hours", [0, 5, 14, 20, 60, 24 * 125 + 14])
def test_it_can_be_told_at_any_time(hours: int) -> None:
    now = NOW + timedelta(hours=hours)
    chapters = write_history(first=now - timedelta(days=84), now=now, zone=ZONE)
    assert all(now - timedelta(days=84) < call.started_at < now for call in calls_of(chapters))
    ages = {now - call.started_at for call in calls_of(chapters)}
    assert timedelta(minutes=6) in ages
