"""Monthly reports: which months there are, and all that one of them says; from figures, so it outlives the calls."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Min

from attribution.domain import DayFigures, HourFigures, OpportunityStatus, Share, ValueSource
from attribution.models import DailyMetrics, Goals, Opportunity
from attribution.reports import BusyHour, MonthLine, Report, Worth
from attribution.selectors.dashboard import count_in_time, get_dashboard
from attribution.selectors.metrics import daily_metrics, hourly_metrics, monthly_metrics
from attribution.spans import DAY, Compared, SpanKind, month_of, next_month, span_of
from tenants.domain import ClinicFacts, day_bounds
from tenants.scope import as_clinic

BUSIEST = 3


class NoReport(LookupError):
    """The month has not begun, or is before the clinic's first figures."""


def list_reports(clinic: ClinicFacts, now: datetime) -> Sequence[MonthLine]:
    """Newest first, as far back as there are figures."""
    today = now.astimezone(clinic.zone).date()
    with as_clinic(clinic.id):
        first = _first_day(clinic)
        if first is None:
            return []
        goal = _goal_percent(clinic)
        months = monthly_metrics(clinic.id, first, today)
    return [
        MonthLine(
            month=one.month,
            is_over=next_month(one.month) <= today,
            missed=one.figures.missed,
            in_time=Share(count_in_time(one.figures, clinic), one.figures.opportunities, goal),
            reached=one.figures.reached,
            recovered=one.figures.recovered_appointments,
            revenue=one.figures.recovered_value or Decimal(0),
        )
        for one in reversed(months)
    ]


def get_report(clinic: ClinicFacts, month: date, now: datetime) -> Report:
    """The month of this day, whole or so far. Raises `NoReport`."""
    today = now.astimezone(clinic.zone).date()
    asked = span_of(SpanKind.MONTH, month)
    with as_clinic(clinic.id):
        first = _require_month(clinic, month, today)
        dashboard = get_dashboard(clinic, asked, now)
        year = get_dashboard(clinic, asked, now, Compared.YEAR).kpis if dashboard.has_year else ()
        hours = hourly_metrics(clinic.id, dashboard.first_on, dashboard.last_on)
        worth = _read_worth(clinic, dashboard.first_on, dashboard.last_on, now)
    return Report(
        clinic=clinic,
        month=asked.whole.first,
        dashboard=dashboard,
        year=year,
        busiest=_busiest(hours),
        worth=worth,
        is_first=asked.whole.first <= first,
        held_from=_held_from(clinic, now),
        made_at=now.astimezone(clinic.zone),
    )


def get_report_days(clinic: ClinicFacts, month: date, now: datetime) -> Sequence[DayFigures]:
    """The days of the month on which something happened. Raises `NoReport`."""
    with as_clinic(clinic.id):
        _require_month(clinic, month, now.astimezone(clinic.zone).date())
        return daily_metrics(clinic.id, month, next_month(month) - DAY)


def get_goals(clinic_id: uuid.UUID) -> tuple[int | None, int | None]:
    """The share in time in per cent, and recovered appointments a month; None is no goal."""
    with as_clinic(clinic_id):
        row = Goals.objects.filter(clinic_id=clinic_id).first() or Goals()
    return row.in_time_percent, row.recovered_per_month


def _require_month(clinic: ClinicFacts, month: date, today: date) -> date:
    """The first month with figures, or this one."""
    first = month_of(_first_day(clinic) or today)
    if not first <= month <= today:
        raise NoReport
    return first


def _first_day(clinic: ClinicFacts) -> date | None:
    found: date | None = DailyMetrics.objects.filter(clinic_id=clinic.id).aggregate(first=Min("on"))["first"]
    return found


def _goal_percent(clinic: ClinicFacts) -> int | None:
    return get_goals(clinic.id)[0]


def _busiest(hours: Sequence[HourFigures]) -> list[BusyHour]:
    """The hours of the week in which most calls were missed."""
    missed: Counter[tuple[int, int]] = Counter()
    inbound: Counter[tuple[int, int]] = Counter()
    for one in hours:
        when = (one.on.weekday(), one.hour)
        missed[when] += one.missed
        inbound[when] += one.inbound
    ranked = sorted(missed, key=lambda when: (-missed[when], when))
    return [BusyHour(*when, missed[when], inbound[when]) for when in ranked[:BUSIEST] if missed[when]]


def _read_worth(clinic: ClinicFacts, first: date, last: date, now: datetime) -> Worth:
    """How the recoveries booked on these days were valued; of those that are held."""
    start, end = day_bounds(first, clinic.zone)[0], day_bounds(last, clinic.zone)[1]
    rows = Opportunity.objects.filter(
        clinic_id=clinic.id,
        status=OpportunityStatus.RECOVERED,
        opened_at__gte=clinic.visible_from(now),
        opened_at__lt=end,
        booked_at__gte=start,
        booked_at__lt=end,
    )
    counts = dict(rows.values_list("value_source").annotate(Count("id")).order_by())
    return Worth(*(counts.get(source, 0) for source in ValueSource))


def _held_from(clinic: ClinicFacts, now: datetime) -> date:
    """The first day of which all calls are held."""
    return clinic.visible_from(now).astimezone(clinic.zone).date() + DAY
