"""Reports as lines of CSV: the days of a month with all their columns, and clinics beside each other."""

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import date

from attribution.domain import DayFigures, Figures
from attribution.facts import Group
from tenants.csv_out import csv_line

DAY_COLUMNS = tuple(field.name for field in dataclasses.fields(Figures))


def day_lines(days: Iterable[DayFigures]) -> Iterator[str]:
    """A head, and a line for each day that something happened on; the columns are those of docs/metrics.md."""
    yield csv_line(("day", *DAY_COLUMNS))
    for day in days:
        yield csv_line((day.on.isoformat(), *(getattr(day.figures, name) for name in DAY_COLUMNS)))


def group_lines(group: Group, month: date) -> Iterator[str]:
    """A line for each clinic, then one for each currency."""
    heads = [one.key for one in group.rows[0].figures] if group.rows else []
    yield csv_line(("month", "what", "name", "clinics", "currency", *heads))
    for what, rows in (("clinic", group.rows), ("total", group.totals)):
        for row in rows:
            values = [one.value for one in row.figures]
            yield csv_line((f"{month:%Y-%m}", what, row.name, row.clinics, row.currency, *values))
