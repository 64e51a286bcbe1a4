"""Figures by day, month and hour, as they were rolled up; counts nothing itself and shows nothing of a caller."""

import dataclasses
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from attribution.domain import DayFigures, Figures, HourFigures, MonthFigures
from attribution.models import DailyMetrics, HourlyMetrics, MonthlyValue
from attribution.spans import month_of, next_month
from tenants.scope import as_clinic

_NAMES = tuple(field.name for field in dataclasses.fields(Figures))


def daily_metrics(clinic_id: uuid.UUID, first: date, last: date) -> list[DayFigures]:
    """The days that have been written, from `first` to `last`, both included."""
    with as_clinic(clinic_id):
        rows = DailyMetrics.objects.filter(clinic_id=clinic_id, on__range=(first, last)).order_by("on")
        return [DayFigures(on, Figures(*columns)) for on, *columns in rows.values_list("on", *_NAMES)]


def monthly_metrics(clinic_id: uuid.UUID, first: date, last: date) -> list[MonthFigures]:
    """The months of these two days and all between, whole: the sum of the days and what was moved into the month."""
    start, end = month_of(first), next_month(last) - timedelta(days=1)
    days = daily_metrics(clinic_id, start, end)
    with as_clinic(clinic_id):
        kept = MonthlyValue.objects.filter(clinic_id=clinic_id, month__range=(start, end))
        moved = dict(kept.values_list("month", "recovered_value"))
    by_month: dict[date, list[DayFigures]] = {month: [] for month in moved}
    for day in days:
        by_month.setdefault(month_of(day.on), []).append(day)
    return [MonthFigures(month, add_up(by_month[month], moved.get(month))) for month in sorted(by_month)]


def hourly_metrics(clinic_id: uuid.UUID, first: date, last: date) -> list[HourFigures]:
    """The local hours with calls, from `first` to `last`, both included."""
    with as_clinic(clinic_id):
        rows = HourlyMetrics.objects.filter(clinic_id=clinic_id, on__range=(first, last)).order_by("on", "hour")
        return [HourFigures(*row) for row in rows.values_list("on", "hour", "inbound", "missed")]


def add_up(days: Iterable[DayFigures], moved: Decimal | None = None) -> Figures:
    """The sum of days; `moved` is value that they do not have any more."""
    known = [day.figures for day in days]
    counts = {name: sum(getattr(figures, name) for figures in known) for name in _NAMES if name != "recovered_value"}
    values = [figures.recovered_value for figures in known if figures.recovered_value is not None]
    return Figures(**counts, recovered_value=sum(values, moved or Decimal(0)))
