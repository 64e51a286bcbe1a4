"""Several clinics beside each other: each one's month (so far), and the sums of those that count in one currency.

Each clinic is read inside its own scope. Who may see which is not decided here: it shows the clinics that it is given.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from attribution.domain import DayFigures, Figures, Kpi
from attribution.facts import Group, GroupRow
from attribution.selectors.metrics import add_up, daily_metrics
from attribution.selectors.periods import Period, read_moved
from attribution.selectors.worklist import count_waiting
from attribution.spans import Compared, SpanKind, span_of
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic


@dataclass(frozen=True, slots=True)
class _Column:
    key: str
    label: str
    definition: str
    better: str
    read: Callable[[Figures], Decimal]
    unit: str = "count"


_COLUMNS = (
    _Column("missed", "Missed", "Inbound calls that nobody answered.", "down", lambda one: Decimal(one.missed)),
    _Column(
        "called_back", "Called back", "Missed callers of these days who were called back.", "up",
        lambda one: Decimal(one.called_back),
    ),
    _Column(
        "reached", "Reached", "Missed callers of these days with whom somebody spoke.", "up",
        lambda one: Decimal(one.reached),
    ),
    _Column(
        "recovered", "Recovered", "Appointments booked on these days because of a callback.", "up",
        lambda one: Decimal(one.recovered_appointments),
    ),
    _Column(
        "revenue", "Revenue (est.)", "What the recovered appointments are worth.", "up",
        lambda one: one.recovered_value or Decimal(0), "money",
    ),
)  # fmt: skip
SORT_KEYS = ("name", "waiting", *(column.key for column in _COLUMNS))


@dataclass(frozen=True, slots=True)
class _Clinic:
    facts: ClinicFacts
    waiting: int
    current: Figures
    previous: Figures


def get_group(clinics: Iterable[ClinicFacts], now: datetime, sort: str = "name", month: date | None = None) -> Group:
    """A row for each clinic, by a key of `SORT_KEYS`, the highest first with a minus before it; and the sums. Of the
    month of a day, or of the month that it is where the clinic is."""
    read = [_read(clinic, now, month) for clinic in clinics]
    rows = [_row(one.facts.name, one.facts.currency, [one]) for one in read]
    by_currency: dict[str, list[_Clinic]] = {}
    for one in read:
        by_currency.setdefault(one.facts.currency, []).append(one)
    totals = [_row(currency, currency, by_currency[currency]) for currency in sorted(by_currency)]
    return Group(_sorted(rows, sort), totals)


def _read(clinic: ClinicFacts, now: datetime, month: date | None) -> _Clinic:
    today = now.astimezone(clinic.zone).date()
    asked = span_of(SpanKind.MONTH, month or today)
    span, before = asked.so_far(today), asked.compared(today, Compared.BEFORE)
    with as_clinic(clinic.id):
        days = {day.on: day.figures for day in daily_metrics(clinic.id, before.first, span.last)}
        moved = read_moved(clinic, [span, before])
        waiting = count_waiting(clinic, now)
    current, previous = (Period(one, days, moved).sum for one in (span, before))
    return _Clinic(clinic, waiting, current, previous)


def _row(name: str, currency: str, clinics: Sequence[_Clinic]) -> GroupRow:
    current = _sum([one.current for one in clinics])
    previous = _sum([one.previous for one in clinics])
    return GroupRow(
        name=name,
        slug=clinics[0].facts.slug,
        clinics=len(clinics),
        currency=currency,
        waiting=sum(one.waiting for one in clinics),
        figures=[_kpi(column, current, previous) for column in _COLUMNS],
    )


def _kpi(column: _Column, current: Figures, previous: Figures) -> Kpi:
    return Kpi(
        key=column.key, label=column.label, definition=column.definition, value=column.read(current),
        previous=column.read(previous), unit=column.unit, better=column.better, spark=(),
    )  # fmt: skip


def _sum(figures: Iterable[Figures]) -> Figures:
    return add_up([DayFigures(date.min, one) for one in figures])


def _sorted(rows: Sequence[GroupRow], sort: str) -> list[GroupRow]:
    key, backwards = sort.lstrip("-"), sort.startswith("-")
    by_name = sorted(rows, key=lambda row: row.name.casefold(), reverse=backwards and key == "name")
    if key == "name":
        return by_name
    if key == "waiting":
        return sorted(by_name, key=lambda row: row.waiting, reverse=backwards)
    return sorted(by_name, key=lambda row: next(one.value for one in row.figures if one.key == key), reverse=backwards)
