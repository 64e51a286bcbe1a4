"""The dashboard of a span of days: headline figures compared, the funnel, trend and hours, and reasons.

All but the reasons comes from rolled-up figures, so a span reads the same when the calls behind it have gone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
    Share,
    TrendDay,
)
from attribution.models import Appointment, DailyMetrics, Goals, HourlyMetrics
from attribution.selectors.metrics import daily_metrics
from attribution.selectors.periods import Period, read_moved
from attribution.spans import DAY, Compared, Days, Span, SpanKind
from tenants.domain import ClinicFacts, day_bounds
from tenants.scope import as_clinic

TREND_DAYS = 90  # at least: a week alone shows no trend
_DELAY_LABELS = (
    "up to 5 min", "up to 15 min", "up to 30 min", "up to 1 h", "up to 2 h", "up to 4 h", "up to 8 h", "up to 24 h",
    "up to 48 h", "later",
)  # fmt: skip


def get_dashboard(clinic: ClinicFacts, asked: Span, now: datetime, compared: Compared = Compared.BEFORE) -> Dashboard:
    """Of a span, or of as much of it as has been; compared with as many days before, or a year earlier."""
    today = now.astimezone(clinic.zone).date()
    span, before_span = asked.so_far(today), asked.compared(today, compared)
    shown = Days(min(span.first, span.last - (TREND_DAYS - 1) * DAY), span.last)
    with as_clinic(clinic.id):
        days = _read_days(clinic, [shown, before_span])
        moved = read_moved(clinic, [span, before_span])
        heat = _read_heat(clinic, shown.first, shown.last)
        reasons = _read_reasons(clinic, span.first, span.last, now)
        has_year = _has_days(clinic, asked.compared(today, Compared.YEAR))
        goal = Goals.objects.filter(clinic_id=clinic.id).first() or Goals()
    period, before = Period(span, days, moved), Period(before_span, days, moved)
    total = period.sum
    return Dashboard(
        first_on=span.first,
        last_on=span.last,
        previous_first_on=before_span.first,
        previous_last_on=before_span.last,
        has_year=has_year,
        lacks_value=period.lacks_value or before.lacks_value,
        in_time=Share(count_in_time(total, clinic), total.opportunities, goal.in_time_percent),
        kpis=[_kpi(headline, clinic, period, before) for headline in _HEADLINES],
        trend=[_trend_day(shown.first + number * DAY, days, today) for number in range(shown.count)],
        funnel=Funnel(total.opportunities, total.called_back, total.reached, total.recovered),
        heat=heat,
        delays=[DelayBucket(label, count) for label, count in zip(_DELAY_LABELS, total.delays, strict=True)],
        reasons=reasons,
        recovered_goal=goal.recovered_per_month if asked.kind is SpanKind.MONTH else None,
    )


def _read_days(clinic: ClinicFacts, spans: Sequence[Days]) -> dict[date, Figures]:
    """The figures of all days of these spans; spans that touch are one question."""
    wanted, *further = sorted(spans, key=lambda span: span.first)
    for span in further:
        if span.first > wanted.last + DAY:
            return {**_read_days(clinic, [wanted]), **_read_days(clinic, further)}
        wanted = Days(wanted.first, max(wanted.last, span.last))
    return {day.on: day.figures for day in daily_metrics(clinic.id, wanted.first, wanted.last)}


def _has_days(clinic: ClinicFacts, span: Days) -> bool:
    """Whether the clinic was here then, so that a comparison with those days says something."""
    return DailyMetrics.objects.filter(clinic_id=clinic.id, on__range=(span.first, span.last)).exists()


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


def count_in_time(figures: Figures, clinic: ClinicFacts) -> int:
    """The missed callers of these days who were first called back within the clinic's goal."""
    within = sum(edge <= clinic.callback_goal for edge in DELAY_EDGES)
    return sum(figures.delays[:within])


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
        lambda figures, clinic: Decimal(count_in_time(figures, clinic)),
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
