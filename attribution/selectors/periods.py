"""Spans of local days that are compared: a month, or as much of it as has been, and as many days before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from attribution.domain import DayFigures, Figures
from attribution.models import MonthlyValue
from attribution.selectors.metrics import add_up, month_of, next_month
from tenants.domain import ClinicFacts

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both included, with what was moved into their month if they are all of it."""

    first: date
    last: date
    days: Mapping[date, Figures]
    moved: Decimal

    @property
    def all_days(self) -> list[Figures]:
        count = (self.last - self.first).days + 1
        return [self.days.get(self.first + number * _DAY, Figures()) for number in range(count)]

    @property
    def sum(self) -> Figures:
        return add_up([DayFigures(self.first, figures) for figures in self.all_days], self.moved)


def month_so_far(month: date, today: date) -> tuple[date, date]:
    """Its first day, and its last one or today."""
    return month_of(month), min(next_month(month) - _DAY, max(today, month_of(month)))


def days_before(first: date, last: date) -> tuple[date, date]:
    """All of the month before a whole month; else as many of its days, as far as it has them."""
    before_first, before_last = month_of(first - _DAY), first - _DAY
    is_whole = last + _DAY == next_month(first)
    return before_first, before_last if is_whole else min(before_first + (last - first), before_last)


def read_moved(clinic: ClinicFacts, periods: Sequence[tuple[date, date]]) -> dict[date, Decimal]:
    """Value of the days that are too old to have their own, by the first day of those periods that are whole months."""
    whole = [first for first, last in periods if last + _DAY == next_month(first)]
    rows = MonthlyValue.objects.filter(clinic_id=clinic.id, month__in=whole)
    kept = dict(rows.values_list("month", "recovered_value"))
    return {first: kept.get(first, Decimal(0)) for first, _ in periods}
