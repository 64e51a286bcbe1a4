"""When a phone system counts as silent: by open hours alone, by what is usual for it, and by no handful of messages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.silence import LEAST_MESSAGES, WINDOW, HourHeard, OpenTime, find_usual, is_silent
from tenants.domain import DEFAULT_OPENING_HOURS, OpeningHours

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)  # London keeps UTC in January
WITH_LUNCH: OpeningHours = {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}
ALL_DAY: OpeningHours = {day: [["00:00", "23:59"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def on(day: int, hour: float) -> datetime:
    """Of the week that begins on 5 January; day 0 is its Monday."""
    return MONDAY + timedelta(days=day, hours=hour)


NINE = on(0, 9)


def open_time(week: OpeningHours = DEFAULT_OPENING_HOURS) -> OpenTime:
    return OpenTime(week, LONDON, MONDAY, on(14, 0))


def hours(value: float) -> timedelta:
    return timedelta(hours=value)


@pytest.mark.parametrize(
    ("week", "start", "end", "expected"),
    [
        (DEFAULT_OPENING_HOURS, on(0, 9), on(0, 10), 1),
        (DEFAULT_OPENING_HOURS, on(0, 0), on(0, 24), 9),
        (DEFAULT_OPENING_HOURS, on(0, 17), on(1, 9), 1),  # over night
        (DEFAULT_OPENING_HOURS, on(4, 17), on(7, 9), 1),  # over a weekend
        (DEFAULT_OPENING_HOURS, on(5, 0), on(6, 24), 0),  # the weekend
        (DEFAULT_OPENING_HOURS, on(0, 10), on(0, 9), 0),  # backwards
        (DEFAULT_OPENING_HOURS, on(0, 9), on(0, 9), 0),
        (WITH_LUNCH, on(0, 11), on(0, 14), 2),
        (WITH_LUNCH, on(0, 12), on(0, 13), 0),
        ({}, on(0, 0), on(7, 0), 0),
        ({"mon": []}, on(0, 0), on(7, 0), 0),
    ],
)
def test_only_open_time_counts(week: OpeningHours, start: datetime, end: datetime, expected: float) -> None:
    assert open_time(week).between(start, end) == hours(expected)


@pytest.mark.parametrize(
    ("first", "expected"),
    [(datetime(2026, 3, 29, tzinfo=UTC), 22 + 59 / 60), (datetime(2026, 10, 25, tzinfo=UTC), 24 + 59 / 60)],
)
def test_the_days_when_the_clock_changes_are_as_long_as_they_are(first: datetime, expected: float) -> None:
    """In London's spring 23 hours, in its autumn 25; the week ends a minute before midnight."""
    start = first - timedelta(days=1)
    whole = OpenTime({"sun": [["00:00", "23:59"]]}, LONDON, start, start + timedelta(days=4))
    assert whole.between(start, start + timedelta(days=4)) == hours(expected)


@given(st.lists(st.integers(0, 14 * 24 * 60), min_size=3, max_size=3).map(sorted))
def test_open_time_adds_up(minutes: list[int]) -> None:
    first, second, third = (MONDAY + timedelta(minutes=each) for each in minutes)
    time = open_time(WITH_LUNCH)
    assert time.between(first, second) + time.between(second, third) == time.between(first, third)


def every(gap: float, count: int, start: datetime = NINE) -> list[HourHeard]:
    """So many hours with two messages, each so long after the one before."""
    starts = [start + hours(gap * number) for number in range(count)]
    return [HourHeard(at, at + timedelta(minutes=1), 2) for at in starts]


@pytest.mark.parametrize(
    ("heard", "longest", "alarm"),
    [
        ([], None, None),
        (every(0.5, LEAST_MESSAGES // 2 - 1), None, None),  # one message too few
        (every(0.5, LEAST_MESSAGES // 2), 29, 120),  # never before two hours
        ([*every(0.5, 5), *every(0.5, 5, on(0, 14))], 179, 537),
        ([*every(0.5, 5, on(0, 15)), *every(0.5, 5, on(1, 9))], 59, 177),  # the night is no gap
        ([*every(0.5, 5, on(4, 15)), *every(0.5, 5, on(7, 9))], 59, 177),  # nor is the weekend
        ([*every(0.5, 6), *every(0.5, 6, on(0, 15.5))], 29, 120),  # four hours, once in eleven gaps: an outage
        ([*every(0.5, 5), *every(0.5, 5, on(0, 15.5))], 269, 807),  # once in nine is how it is
        ([*every(0.5, 5), *every(0.5, 5, on(0, 15)), *every(0.5, 4, on(1, 13))], 299, 897),  # as is twice
    ],
)
def test_what_is_usual(heard: list[HourHeard], longest: int | None, alarm: int | None) -> None:
    usual = find_usual(heard, open_time())
    if longest is None:
        assert usual is None
    else:
        assert usual is not None
        assert (usual.longest_gap, usual.alarm_after) == (timedelta(minutes=longest), timedelta(minutes=alarm or 0))


@pytest.mark.parametrize(
    ("since", "now", "silent"),
    [
        (on(0, 9), on(0, 11) - timedelta(seconds=1), False),
        (on(0, 9), on(0, 11), True),
        (on(0, 16.5), on(1, 8), False),  # an hour of Monday, and the night
        (on(0, 16.5), on(1, 9.5), True),
        (on(4, 17), on(7, 8), False),
        (on(4, 17.5), on(7, 10.5), True),
        (on(5, 9), on(6, 23), False),  # nothing is expected on a weekend
    ],
)
def test_when_it_is_silent(since: datetime, now: datetime, silent: bool) -> None:
    usual = find_usual(every(0.5, LEAST_MESSAGES), open_time())
    assert is_silent(usual, open_time(), since, now) is silent
    assert is_silent(None, open_time(), since, now) is False


@given(st.integers(1, 13 * 24 * 60))
def test_an_alarm_never_goes_off_while_the_clinic_is_closed(minutes: int) -> None:
    """What falls silent does so at a moment at which it is open."""
    usual, time = find_usual(every(0.5, LEAST_MESSAGES), open_time(WITH_LUNCH)), open_time(WITH_LUNCH)
    now = MONDAY + timedelta(minutes=minutes)
    before = now - timedelta(minutes=1)
    if is_silent(usual, time, MONDAY, now) and not is_silent(usual, time, MONDAY, before):
        assert time.between(before, now) > timedelta()


def test_the_window_is_two_weeks() -> None:
    assert timedelta(days=14) == WINDOW
    assert OpenTime(ALL_DAY, LONDON, MONDAY, MONDAY + WINDOW).between(MONDAY, MONDAY + WINDOW) > hours(300)
