"""The clinic's rules: ranges, versions, limits of the books and the value of a recovery."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain import ValueSource
from attribution.rules import (
    ALLOWED,
    RuleBook,
    RulesOutOfRange,
    book_limits,
    from_micros,
    to_micros,
    value_of,
)
from tests.attribution.histories import LATEST, LONG_AGO, RULES, after

MINUTE = timedelta(minutes=1)
# Written down from the specification, not from ALLOWED.
RANGES: dict[str, tuple[Any, Any, Any]] = {
    "min_ring_seconds": (0, 60, 1),
    "min_talk_seconds": (0, 300, 1),
    "callback_window": (timedelta(hours=1), timedelta(days=14), LATEST),
    "booking_window": (timedelta(hours=1), timedelta(days=30), LATEST),
    "clock_tolerance": (timedelta(0), timedelta(minutes=30), LATEST),
    "max_open": (timedelta(days=18), timedelta(days=45), LATEST),
}


def test_the_defaults_are_those_of_the_specification() -> None:
    assert RULES.voicemail_is_missed is True
    assert RULES.min_ring_seconds == 3
    assert RULES.min_talk_seconds == 20
    assert RULES.callback_window == timedelta(hours=48)
    assert RULES.booking_window == timedelta(days=7)
    assert RULES.clock_tolerance == timedelta(minutes=5)
    assert RULES.caller_returned_counts is False
    assert RULES.max_open == timedelta(days=45)
    RULES.validate()


def test_every_range_is_in_the_table() -> None:
    assert set(ALLOWED) == set(RANGES)


@pytest.mark.parametrize("name", RANGES)
def test_a_rule_may_be_at_its_ends_and_not_beyond(name: str) -> None:
    lowest, highest, step = RANGES[name]
    for value in (lowest, highest):
        replace(RULES, **{name: value}).validate()
    for value in (lowest - step, highest + step):
        with pytest.raises(RulesOutOfRange) as refused:
            replace(RULES, **{name: value}).validate()
        assert refused.value.names == (name,)


def test_every_rule_out_of_range_is_named() -> None:
    with pytest.raises(RulesOutOfRange, match="min_talk_seconds, clock_tolerance"):
        replace(RULES, min_talk_seconds=301, clock_tolerance=31 * MINUTE).validate()


def test_a_version_is_in_force_from_its_moment_on() -> None:
    second = replace(RULES, version=2, in_force_from=after(hours=1))
    third = replace(RULES, version=3, in_force_from=after(hours=2))
    book = RuleBook([third, RULES, second])
    expected = {
        LONG_AGO - timedelta(days=1): 1,  # older than the first version: the first
        LONG_AGO: 1,
        after(hours=1) - LATEST: 1,
        after(hours=1): 2,
        after(hours=2) - LATEST: 2,
        after(hours=2): 3,
        after(days=900): 3,
    }
    assert {at: book.terms_at(to_micros(at)).version for at in expected} == expected


def test_of_two_versions_from_the_same_instant_the_higher_is_in_force() -> None:
    book = RuleBook(
        [replace(RULES, version=3, in_force_from=after()), replace(RULES, version=2, in_force_from=after())]
    )
    assert book.terms_at(to_micros(after())).version == 3


def test_a_clinic_has_rules() -> None:
    with pytest.raises(ValueError, match="at least one"):
        RuleBook([])


def test_an_appointment_is_placed_by_the_tolerance_in_force_when_it_was_booked() -> None:
    book = RuleBook([RULES, replace(RULES, version=2, in_force_from=after(hours=1), clock_tolerance=30 * MINUTE)])
    assert book.place_of(to_micros(after(minutes=59))) == to_micros(after(minutes=64))
    assert book.place_of(to_micros(after(hours=1))) == to_micros(after(hours=1, minutes=30))


@pytest.mark.parametrize(
    ("retention_days", "closing_age_days", "max_open_days"),
    [(90, 60, 45), (67, 60, 45), (66, 59, 45), (57, 50, 45), (56, 49, 44), (45, 38, 33), (30, 23, 18)],
)
def test_books_close_before_the_calls_go(retention_days: int, closing_age_days: int, max_open_days: int) -> None:
    assert book_limits(retention_days) == (closing_age_days, timedelta(days=max_open_days))


@pytest.mark.parametrize("retention_days", [29, 91])
def test_no_clinic_keeps_calls_for_so_long_or_short(retention_days: int) -> None:
    with pytest.raises(ValueError, match="30 to 90"):
        book_limits(retention_days)


@pytest.mark.parametrize("retention_days", range(30, 91))
def test_every_retention_gives_a_rule_in_range_and_ends_what_it_closes(retention_days: int) -> None:
    limits = book_limits(retention_days)
    replace(RULES, max_open=limits.max_open).validate()
    assert limits.max_open + timedelta(minutes=30) < timedelta(days=limits.closing_age_days)
    assert limits.closing_age_days < retention_days


@pytest.mark.parametrize(
    ("own", "of_type", "expected"),
    [
        (Decimal("85.50"), Decimal(60), (Decimal("85.50"), ValueSource.APPOINTMENT)),
        (Decimal(0), Decimal(60), (Decimal(0), ValueSource.APPOINTMENT)),
        (None, Decimal(60), (Decimal(60), ValueSource.TYPE_ESTIMATE)),
        (None, Decimal(0), (Decimal(0), ValueSource.TYPE_ESTIMATE)),
        (None, None, (Decimal(40), ValueSource.CLINIC_DEFAULT)),
    ],
)
def test_a_recovery_is_worth_its_own_value_or_the_nearest_estimate(
    own: Decimal | None, of_type: Decimal | None, expected: tuple[Decimal, ValueSource]
) -> None:
    assert value_of(own, of_type, Decimal(40)) == expected


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_instants_survive_the_way_there_and_back(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


def test_instants_are_microseconds_since_the_unix_epoch() -> None:
    assert to_micros(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)) == 1_000_005
    assert to_micros(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == 253_402_300_799_999_999


def test_both_hours_of_an_autumn_night_are_told_apart() -> None:
    london = ZoneInfo("Europe/London")
    first = datetime(2026, 10, 25, 1, 30, tzinfo=london)
    assert to_micros(first.replace(fold=1)) - to_micros(first) == 3_600_000_000


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_micros(datetime(2026, 11, 2, 9, 0))  # noqa: DTZ001 - that is the point
