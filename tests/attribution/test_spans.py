"""Which days a span holds and which it is compared with: months of all lengths, leap years, what is not over yet."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.spans import Compared, Days, Span, SpanKind, span_of, span_words

WEEK, MONTH, QUARTER, CUSTOM = SpanKind.WEEK, SpanKind.MONTH, SpanKind.QUARTER, SpanKind.CUSTOM
DATES = st.dates(date(2001, 1, 1), date(2100, 1, 1))


def days(first: str, last: str) -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("kind", "on_and_today", "so_far", "before", "year_before"),
    [
        (WEEK, "2026-11-18 2026-11-18", "2026-11-16 2026-11-18", "2026-11-09 2026-11-11", "2025-11-17 2025-11-19"),
        (WEEK, "2026-11-10 2026-11-18", "2026-11-09 2026-11-15", "2026-11-02 2026-11-08", "2025-11-10 2025-11-16"),
        (MONTH, "2026-10-05 2026-11-18", "2026-10-01 2026-10-31", "2026-09-01 2026-09-30", "2025-10-01 2025-10-31"),
        (MONTH, "2026-03-31 2026-03-31", "2026-03-01 2026-03-31", "2026-02-01 2026-02-28", "2025-03-01 2025-03-31"),
        (MONTH, "2026-03-30 2026-03-30", "2026-03-01 2026-03-30", "2026-02-01 2026-02-28", "2025-03-01 2025-03-30"),
        (MONTH, "2028-02-29 2028-02-29", "2028-02-01 2028-02-29", "2028-01-01 2028-01-31", "2027-02-01 2027-02-28"),
        (MONTH, "2029-02-01 2029-04-01", "2029-02-01 2029-02-28", "2029-01-01 2029-01-31", "2028-02-01 2028-02-29"),
        (QUARTER, "2026-11-18 2026-11-18", "2026-10-01 2026-11-18", "2026-07-01 2026-08-18", "2025-10-01 2025-11-18"),
        (QUARTER, "2026-01-05 2026-11-18", "2026-01-01 2026-03-31", "2025-10-01 2025-12-31", "2025-01-01 2025-03-31"),
    ],
)  # fmt: skip
def test_spans(kind: SpanKind, on_and_today: str, so_far: str, before: str, year_before: str) -> None:
    on, today = map(date.fromisoformat, on_and_today.split())
    span = span_of(kind, on)
    assert span.so_far(today) == days(*so_far.split())
    assert span.compared(today, Compared.BEFORE) == days(*before.split())
    assert span.compared(today, Compared.YEAR) == days(*year_before.split())


def test_days_of_ones_own_are_compared_with_as_many_before() -> None:
    span = Span(CUSTOM, days("2026-11-03", "2026-11-09"))
    assert span.compared(date(2026, 11, 18), Compared.BEFORE) == days("2026-10-27", "2026-11-02")
    assert span.compared(date(2026, 11, 18), Compared.YEAR) == days("2025-11-03", "2025-11-09")
    assert (span.previous.whole, span.next.whole) == (
        days("2026-10-27", "2026-11-02"),
        days("2026-11-10", "2026-11-16"),
    )


@given(kind=st.sampled_from([WEEK, MONTH, QUARTER]), on=DATES)
def test_spans_of_a_kind_cover_all_days_without_a_gap(kind: SpanKind, on: date) -> None:
    span = span_of(kind, on)
    assert span.whole.first <= on <= span.whole.last
    assert span.previous.whole.last + timedelta(days=1) == span.whole.first
    assert span.next.whole.first == span.whole.last + timedelta(days=1)
    assert span.next.previous == span


@given(kind=st.sampled_from([WEEK, MONTH, QUARTER]), on=DATES, how=st.sampled_from(Compared))
def test_what_is_compared_lies_before_and_is_no_longer(kind: SpanKind, on: date, how: Compared) -> None:
    span = span_of(kind, on)
    so_far, compared = span.so_far(on), span.compared(on, how)
    assert compared.first <= compared.last < so_far.first
    leap_day = how is Compared.YEAR  # a year before may have had one, or not
    assert so_far == span.whole or compared.count <= so_far.count + leap_day


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-10-01", "2026-10-31", ["2026-10-01"]),
        ("2026-10-01", "2026-10-30", []),
        ("2026-10-02", "2026-12-31", ["2026-11-01", "2026-12-01"]),
        ("2026-12-01", "2027-01-31", ["2026-12-01", "2027-01-01"]),
        ("2026-10-15", "2026-10-15", []),
    ],
)
def test_whole_months_within(first: str, last: str, months: list[str]) -> None:
    assert days(first, last).months() == [date.fromisoformat(month) for month in months]


@pytest.mark.parametrize(
    ("kind", "first", "last", "words"),
    [
        (MONTH, "2026-11-01", "2026-11-30", "November 2026"),
        (QUARTER, "2026-10-01", "2026-12-31", "October to December 2026"),
        (WEEK, "2026-11-16", "2026-11-22", "16 to 22 November 2026"),
        (WEEK, "2026-11-30", "2026-12-06", "30 November to 6 December 2026"),
        (CUSTOM, "2026-12-30", "2027-01-02", "30 December 2026 to 2 January 2027"),
        (CUSTOM, "2026-12-30", "2026-12-30", "30 December 2026"),
    ],
)
def test_what_a_span_is_called(kind: SpanKind, first: str, last: str, words: str) -> None:
    assert span_words(Span(kind, days(first, last))) == words
