"""The dashboard of a month: headline figures with the period before, the funnel, 90 days' trend and hours, and reasons.

All but the reasons comes from rolled-up figures, so a month reads the same when the calls behind it have gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Sum

from attribution.domain import (
    DELAY_EDGES,
    Dashboard,
    DelayBucket,
    Figures,
    Funnel,
    HeatCell,
    Kpi,
    Reason,
    TrendDay,
)
from attribution.models import Appointment, HourlyMetrics
from attribution.selectors.metrics import daily_metrics
from attribution.selectors.periods import Period, days_before, month_so_far, read_moved
from tenants.domain import ClinicFacts, day_bounds
from tenants.scope import as_clinic

TREND_DAYS = 90
_DAY = timedelta(days=1)
_DELAY_LABELS = (
    "up to 5 min", "up to 15 min", "up to 30 min", "up to 1 h", "up to 2 h", "up to 4 h", "up to 8 h", "up to 24 h",
    "up to 48 h", "later",
)  # fmt: skip


def get_dashboard(clinic: ClinicFacts, month: date, now: datetime) -> Dashboard:
    """Of the month of this day, or of as much of it as has been; compared with as many days of the month before."""
    today = now.astimezone(clinic.zone).date()
    first, last = month_so_far(month, today)
    before_first, before_last = days_before(first, last)
    trend_first = last - (TREND_DAYS - 1) * _DAY
    with as_clinic(clinic.id):
        written = daily_metrics(clinic.id, min(before_first, trend_first), last)
        days = {day.on: day.figures for day in written}
        moved = read_moved(clinic, [(first, last), (before_first, before_last)])
        heat = _read_heat(clinic, trend_first, last)
        reasons = _read_reasons(clinic, first, last, now)
    period = Period(first, last, days, moved[first])
    before = Period(before_first, before_last, days, moved[before_first])
    total = period.sum
    return Dashboard(
        first_on=first,
        last_on=last,
        previous_first_on=before_first,
        previous_last_on=before_last,
        kpis=[_kpi(headline, clinic, period, before) for headline in _HEADLINES],
        trend=[_trend_day(trend_first + number * _DAY, days, today) for number in range(TREND_DAYS)],
        funnel=Funnel(total.opportunities, total.called_back, total.reached, total.recovered),
        heat=heat,
        delays=[DelayBucket(label, count) for label, count in zip(_DELAY_LABELS, total.delays, strict=True)],
        reasons=reasons,
    )


def _read_heat(clinic: ClinicFacts, first: date, last: date) -> list[HeatCell]:
    rows = HourlyMetrics.objects.filter(clinic_id=clinic.id, on__range=(first, last)).values_list(
        "on__iso_week_day", "hour"
    )
    sums = {
        (weekday, hour): (inbound, missed)
        for weekday, hour, inbound, missed in rows.annotate(Sum("inbound"), Sum("missed"))
    }
    return [
        HeatCell(weekday, hour, *sums.get((weekday + 1, hour), (0, 0))) for weekday in range(7) for hour in range(24)
    ]


def _read_reasons(clinic: ClinicFacts, first: date, last: date, now: datetime) -> list[tuple[Reason, int]]:
    """The most frequent first; of those appointments that are still held."""
    start, end = day_bounds(first, clinic.zone)[0], day_bounds(last, clinic.zone)[1]
    rows = Appointment.objects.filter(
        clinic_id=clinic.id, booked_at__gte=max(start, clinic.visible_from(now)), booked_at__lt=end
    )
    counted = rows.values_list("reason").annotate(total=Count("id")).order_by("-total", "reason")
    return [(Reason(reason), total) for reason, total in counted]


def _trend_day(on: date, days: Mapping[date, Figures], today: date) -> TrendDay:
    figures = days.get(on, Figures())
    return TrendDay(on, figures.inbound, figures.missed, figures.recovered_appointments, incomplete=on >= today)


@dataclass(frozen=True, slots=True)
class _Headline:
    key: str
    label: str
    definition: str
    better: str
    read: Callable[[Figures, ClinicFacts], Decimal]
    unit: str = "count"


def _within_goal(figures: Figures, clinic: ClinicFacts) -> Decimal:
    within = sum(edge <= clinic.callback_goal for edge in DELAY_EDGES)
    return Decimal(sum(figures.delays[:within]))


_HEADLINES = (
    _Headline(
        "missed",
        "Missed calls",
        "Inbound calls that nobody answered, voicemails included where the clinic's rules say so; calls that rang too"
        " briefly are left out.",
        "down",
        lambda figures, _: Decimal(figures.missed),
    ),
    _Headline(
        "called_back",
        "Called back within goal",
        "Missed callers of these days whose first callback came within the clinic's goal.",
        "up",
        _within_goal,
    ),
    _Headline(
        "reached",
        "Reached",
        "Missed callers of these days with whom somebody spoke when calling back.",
        "up",
        lambda figures, _: Decimal(figures.reached),
    ),
    _Headline(
        "recovered",
        "Recovered appointments",
        "Appointments booked on these days because a missed caller was called back.",
        "up",
        lambda figures, _: Decimal(figures.recovered_appointments),
    ),
    _Headline(
        "revenue",
        "Recovered revenue (est.)",
        "What the recovered appointments are worth: their own price, or the clinic's estimate.",
        "up",
        lambda figures, _: figures.recovered_value or Decimal(0),
        unit="money",
    ),
)


def _kpi(headline: _Headline, clinic: ClinicFacts, period: Period, before: Period) -> Kpi:
    return Kpi(
        key=headline.key,
        label=headline.label,
        definition=headline.definition,
        value=headline.read(period.sum, clinic),
        previous=headline.read(before.sum, clinic),
        unit=headline.unit,
        better=headline.better,
        spark=[headline.read(figures, clinic) for figures in period.all_days],
    )
