"""The figures of a span of days, summed up; a sum says when it lacks value that is kept by the month only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from attribution.domain import DayFigures, Figures
from attribution.models import MonthlyValue
from attribution.selectors.metrics import add_up
from attribution.spans import DAY, Days, next_month
from tenants.domain import ClinicFacts


@dataclass(frozen=True, slots=True)
class Period:
    """`moved` is the value that days of these whole months had, by the month's first day."""

    span: Days
    days: Mapping[date, Figures]
    moved: Mapping[date, Decimal]

    @property
    def all_days(self) -> list[Figures]:
        return [self.days.get(self.span.first + number * DAY, Figures()) for number in range(self.span.count)]

    @property
    def sum(self) -> Figures:
        moved = sum((self.moved.get(month, Decimal(0)) for month in self.span.months()), Decimal(0))
        return add_up([DayFigures(self.span.first, figures) for figures in self.all_days], moved)

    @property
    def lacks_value(self) -> bool:
        """Whether days of a month that is not wholly in here have moved their value into it."""
        whole = [Days(month, next_month(month) - DAY) for month in self.span.months()]
        return any(
            figures.recovered_value is None and not any(month.first <= on <= month.last for month in whole)
            for on, figures in self.days.items()
            if self.span.first <= on <= self.span.last
        )


def read_moved(clinic: ClinicFacts, spans: Sequence[Days]) -> dict[date, Decimal]:
    """Value of days that are too old to have their own, by the first day of each month that is wholly in a span."""
    whole = {month for span in spans for month in span.months()}
    if not whole:
        return {}
    return dict(
        MonthlyValue.objects.filter(clinic_id=clinic.id, month__in=whole).values_list("month", "recovered_value")
    )
