"""A purge that is late hides nothing and shows nothing: reads stop at the clinic's limit by themselves."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from attribution.selectors.lists import AppointmentFilter, OpportunityFilter, list_appointments, list_opportunities
from attribution.selectors.metrics import monthly_metrics
from attribution.selectors.worklist import count_waiting, get_worklist
from calls.selectors import CallFilter, list_calls
from retention import services
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.retention.rows import MONDAY, add_appointment, add_call, add_day, add_opportunity, instant
from tests.tenants.factories import bright_smile

pytestmark = pytest.mark.django_db
NOW = instant(MONDAY, days=89, hours=9)
SECOND = timedelta(seconds=1)


def calls(clinic: ClinicFacts) -> list[datetime]:
    page = list_calls(clinic=clinic, wanted=CallFilter(), now=NOW, position=None, forwards=True, size=50)
    return [row.started_at for row in page.rows]


def old_calls(clinic: ClinicFacts) -> list[datetime]:
    wanted = CallFilter(since=NOW - timedelta(days=400))
    page = list_calls(clinic=clinic, wanted=wanted, now=NOW, position=None, forwards=False, size=50)
    return [row.started_at for row in page.rows]


def appointments(clinic: ClinicFacts) -> list[datetime]:
    return [row.booked_at for row in list_appointments(clinic=clinic, wanted=AppointmentFilter(), now=NOW).rows]


def opportunities(clinic: ClinicFacts) -> list[datetime]:
    page = list_opportunities(clinic=clinic, wanted=OpportunityFilter(), now=NOW)
    return [row.opened_at for row in page.rows]


@pytest.mark.parametrize("days", [30, 60, 88])
@pytest.mark.parametrize("read", [calls, old_calls, appointments, opportunities])
def test_no_list_shows_a_row_past_the_limit(read: Callable[[ClinicFacts], list[datetime]], days: int) -> None:
    clinic = bright_smile(retention_days=days)
    limit = NOW - timedelta(days=days)
    for at in (limit - timedelta(days=1), limit - SECOND, limit, limit + timedelta(days=1)):
        caller = add_call(clinic, at)
        add_opportunity(clinic, at, caller, add_appointment(clinic, at, caller))
    with as_clinic(clinic.id):
        assert sorted(read(clinic)) == [limit, limit + timedelta(days=1)]


def test_the_worklist_shows_nobody_past_the_limit() -> None:
    clinic = bright_smile(retention_days=30)
    for age in (timedelta(days=30, seconds=1), timedelta(hours=1)):
        add_opportunity(clinic, NOW - age, add_call(clinic, NOW - age))
    with as_clinic(clinic.id):
        assert count_waiting(clinic, NOW) == 1
        assert len(get_worklist(clinic, NOW).rows) == 1


def test_a_month_is_worth_the_same_before_and_after_its_days_have_lost_their_values() -> None:
    clinic = bright_smile()
    first = (NOW.date() - timedelta(days=130)).replace(day=1)
    last = NOW.date()
    for number in range(130):
        add_day(clinic, NOW.date() - timedelta(days=number), "10.10", inbound=1)
    before = figures(clinic, first, last)
    services.purge_expired(now=NOW)
    assert figures(clinic, first, last) == before
    assert sum(value for _, value, _ in before) == Decimal("1313.00")


def figures(clinic: ClinicFacts, first: date, last: date) -> list[tuple[date, Decimal, int]]:
    with as_clinic(clinic.id):
        months = monthly_metrics(clinic.id, first, last)
    return [(month.month, month.figures.recovered_value or Decimal(0), month.figures.inbound) for month in months]
