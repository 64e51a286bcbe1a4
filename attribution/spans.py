"""Spans of local days that are looked at and compared: a week, a month, a quarter, or any days. Pure.

"Before" is what came just before, as much of it as there is of the span so far: a Wednesday's week is compared with the
Monday to Wednesday before, or every week would begin badly.
"""

import enum
from dataclasses import dataclass
from datetime import date, timedelta

from tenants.english import BRITISH, MONTHS, English

DAY = timedelta(days=1)
LONGEST = 366  # days of a span that somebody chose


class SpanKind(enum.StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    CUSTOM = "custom"


class Compared(enum.StrEnum):
    BEFORE = "before"
    YEAR = "year"  # the same days a year before


@dataclass(frozen=True, slots=True)
class Days:
    """Local days, both included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    def months(self) -> list[date]:
        """The first days of the months that lie wholly within."""
        month = self.first if self.first.day == 1 else next_month(self.first)
        found = []
        while next_month(month) - DAY <= self.last:
            found.append(month)
            month = next_month(month)
        return found


@dataclass(frozen=True, slots=True)
class Span:
    """A span as it was asked for; `whole` may reach into the future."""

    kind: SpanKind
    whole: Days

    def so_far(self, today: date) -> Days:
        """What has been of it, today included; its first day at the least."""
        return Days(self.whole.first, min(self.whole.last, max(today, self.whole.first)))

    @property
    def previous(self) -> "Span":
        """The span of its kind just before."""
        return span_of(self.kind, self.whole.first - DAY) if self.kind is not SpanKind.CUSTOM else _moved(self, -1)

    @property
    def next(self) -> "Span":
        return span_of(self.kind, self.whole.last + DAY) if self.kind is not SpanKind.CUSTOM else _moved(self, 1)

    def compared(self, today: date, how: Compared) -> Days:
        """The days that it is compared with."""
        so_far = self.so_far(today)
        if how is Compared.YEAR:
            return self._year_before(so_far)
        before = self.previous.whole
        if so_far == self.whole or self.kind is SpanKind.CUSTOM:
            return before
        return Days(before.first, min(before.first + (so_far.count - 1) * DAY, before.last))

    def _year_before(self, so_far: Days) -> Days:
        if self.kind is SpanKind.WEEK:  # the same days of the week
            return Days(so_far.first - 52 * 7 * DAY, so_far.last - 52 * 7 * DAY)
        first = _a_year_earlier(so_far.first)
        if so_far == self.whole and self.kind is not SpanKind.CUSTOM:  # a whole February is a whole February
            return Days(first, next_month(_a_year_earlier(so_far.last.replace(day=1))) - DAY)
        return Days(first, _a_year_earlier(so_far.last))


def span_of(kind: SpanKind, on: date) -> Span:
    """The week (from Monday), month or quarter in which this day is; a custom span of that one day."""
    if kind is SpanKind.WEEK:
        monday = on - on.weekday() * DAY
        return Span(kind, Days(monday, monday + 6 * DAY))
    if kind is SpanKind.MONTH:
        return Span(kind, Days(month_of(on), next_month(on) - DAY))
    if kind is SpanKind.QUARTER:
        first = on.replace(month=(on.month - 1) // 3 * 3 + 1, day=1)
        return Span(kind, Days(first, next_month(next_month(next_month(first))) - DAY))
    return Span(kind, Days(on, on))


def month_of(on: date) -> date:
    """The first day of its month."""
    return on.replace(day=1)


def next_month(on: date) -> date:
    """The first day of the month after."""
    return (month_of(on) + 31 * DAY).replace(day=1)


def _moved(span: Span, times: int) -> Span:
    step = times * span.whole.count * DAY
    return Span(span.kind, Days(span.whole.first + step, span.whole.last + step))


def _a_year_earlier(on: date) -> date:
    return on.replace(year=on.year - 1, day=28 if (on.month, on.day) == (2, 29) else on.day)


def span_words(span: Span, english: English = BRITISH) -> str:
    """What it is called: "November 2026", "October to December 2026", "16 to 22 November 2026"."""
    first, last = span.whole.first, span.whole.last
    if span.kind is SpanKind.MONTH:
        return f"{MONTHS[first.month - 1]} {first.year}"
    if span.kind is SpanKind.QUARTER:
        return f"{MONTHS[first.month - 1]} to {MONTHS[last.month - 1]} {last.year}"
    return english.days(first, last)
