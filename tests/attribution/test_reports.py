"""The monthly reports: the list, a month on a page and as CSV; who gets in, what is refused, what it costs."""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attribution import selectors, services
from attribution.models import DailyMetrics, HourlyMetrics, MonthlyValue
from attribution.reports import DAY_COLUMNS
from tenants.domain import Role
from tenants.events import SYSTEM
from tenants.models import User
from tenants.scope import as_clinic
from tests.attribution.clinics import NOW, Desk, make_desk
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
LIST, OCTOBER, NOVEMBER = "/reports/", "/reports/2026-10/", "/reports/2026-11/"
PAGES = (LIST, OCTOBER, NOVEMBER, f"{OCTOBER}pdf/", f"{OCTOBER}csv/")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def write(desk: Desk, on: date, **figures: Any) -> None:
    with as_clinic(desk.clinic.id):
        DailyMetrics.objects.create(clinic_id=desk.clinic.id, on=on, **{"recovered_value": Decimal(0), **figures})


def write_hour(desk: Desk, on: date, hour: int, inbound: int, missed: int) -> None:
    with as_clinic(desk.clinic.id):
        HourlyMetrics.objects.create(clinic_id=desk.clinic.id, on=on, hour=hour, inbound=inbound, missed=missed)


@pytest.fixture
def desk(db: None) -> Desk:
    """September, October and November so far; a goal for each thing."""
    desk = make_desk()
    write(desk, date(2026, 9, 30), missed=50, opportunities=40, recovered_appointments=9, recovered_value=Decimal(765))
    october = {"opportunities": 40, "called_back": 30, "reached": 20, "recovered": 10, "delay_5m": 25, "delay_4h": 5}
    write(
        desk, date(2026, 10, 5), inbound=200, missed=48, recovered_appointments=12, recovered_value=Decimal("1020.50"),
        **october,
    )  # fmt: skip
    write(desk, date(2026, 10, 31), inbound=10, missed=2)
    write(desk, date(2026, 11, 2), inbound=20, missed=7, opportunities=5, recovered_appointments=4)
    write_hour(desk, date(2026, 10, 5), 8, 31, 14)  # a Monday
    write_hour(desk, date(2026, 10, 12), 8, 9, 6)
    write_hour(desk, date(2026, 10, 6), 12, 20, 5)
    services.set_goals(clinic_id=desk.clinic.id, in_time_percent=60, recovered_per_month=20, actor=SYSTEM)
    return desk


def alice(desk: Desk) -> Client:
    return client_of(User.objects.get(email=f"alice@{desk.clinic.slug}.example"), desk.clinic)


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    decoded: str = response.content.decode()
    return " ".join(decoded.split())


def test_the_list_has_every_month_with_figures_newest_first(desk: Desk) -> None:
    response = alice(desk).get(LIST)
    lines = response.context["months"]
    assert [(one.slug, one.is_over, one.missed, one.recovered) for one in lines] == [
        ("2026-11", False, 7, 4),
        ("2026-10", True, 50, 12),
        ("2026-09", True, 50, 9),
    ]
    assert lines[1].in_time.percent == 62
    assert lines[1].revenue == Decimal("1020.50")
    page = text(response)
    assert page.count("so far") == 1
    assert 'href="/reports/2026-10/"' in page
    assert "£1,020" in page or "£1,021" in page


def test_a_clinic_without_figures_has_an_empty_list_and_a_month_of_noughts(db: None) -> None:
    desk = make_desk()
    assert "No report yet" in text(alice(desk).get(LIST))
    assert "nobody was missed" in text(alice(desk).get(NOVEMBER))
    assert alice(desk).get(OCTOBER).status_code == 404


def test_a_month_says_its_figures_goals_and_busiest_hours(desk: Desk) -> None:
    response = alice(desk).get(OCTOBER)
    report, page = response.context["report"], text(response)
    assert {kpi.key: (kpi.value, kpi.previous) for kpi in report.dashboard.kpis}["revenue"] == (Decimal("1020.50"), 765)
    assert "so far" not in page
    assert "Mondays 8–9</b>: 20 of 40 missed (50 %)" in page
    assert [(goal.reached, goal.wanted, goal.state, goal.done) for goal in report.goals] == [
        ("62 %", "60 %", "met", 100),
        ("12", "20", "not met, 8 short", 60),
    ]
    assert "All months" not in page
    assert 'href="/reports/2026-09/"' in page
    assert 'href="/reports/2026-11/"' in page
    assert "Nothing before this" in text(alice(desk).get("/reports/2026-09/"))


def test_a_month_that_is_not_over_says_so(desk: Desk) -> None:
    response = alice(desk).get(NOVEMBER)
    assert "so far" in text(response)
    assert response.context["report"].goals[1].state == "16 to go"
    assert response.context["report"].dashboard.last_on == NOW.date()
    assert "Nothing after this yet" in text(response)


def test_a_year_before_is_compared_with_once_there_is_one(desk: Desk) -> None:
    assert "Than a year before" not in text(alice(desk).get(OCTOBER))
    write(desk, date(2025, 10, 20), missed=100)
    assert "50</b>" not in text(alice(desk).get(LIST))
    page = text(alice(desk).get(OCTOBER))
    assert "Than a year before" in page
    assert "50 fewer (50" in page


def test_what_is_worth_how_much_is_said_of_what_is_held(desk: Desk) -> None:
    at = NOW - timedelta(days=3)
    desk.call(at)
    desk.call_back(at + timedelta(minutes=10))
    desk.book(at + timedelta(minutes=15), value=Decimal(120))
    desk.attribute()
    assert "Of 1 recovery still held: 1 with the price from the booking system." in text(alice(desk).get(NOVEMBER))
    assert "nothing held any more" in text(alice(desk).get(OCTOBER))


def test_the_privacy_line_says_what_has_been_erased(desk: Desk) -> None:
    desk.set(retention_days=40)
    assert "will be erased after 40 days" in text(alice(desk).get(NOVEMBER))
    assert "from before 15 October 2026 have been erased" in text(alice(desk).get(OCTOBER))
    page = text(alice(desk).get("/reports/2026-09/"))
    assert "behind these figures have been erased as promised" in page
    assert "have been erased with the calls" in page


def test_money_that_was_moved_into_its_month_is_in_the_report(desk: Desk) -> None:
    with as_clinic(desk.clinic.id):
        DailyMetrics.objects.filter(on=date(2026, 9, 30)).update(recovered_value=None)
        MonthlyValue.objects.create(clinic_id=desk.clinic.id, month=date(2026, 9, 1), recovered_value=Decimal(765))
    assert "£765" in text(alice(desk).get("/reports/2026-09/"))
    assert "£765" in text(alice(desk).get(LIST))


@pytest.mark.parametrize(
    "month",
    ["2026-12", "2027-01", "2026-13", "2026-00", "2026-08", "1999-01", "2026", "x", "2026-10-05", "٢٠٢٦-١٠", "'"],
)
@pytest.mark.parametrize("kind", ["", "pdf/", "csv/"])
def test_a_month_that_there_is_not_is_not_there(desk: Desk, month: str, kind: str) -> None:
    assert alice(desk).get(f"/reports/{month}/{kind}").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_who_may_not_see_figures_is_turned_away(desk: Desk, path: str) -> None:
    assert client_with(desk.clinic, Role.RECEPTIONIST).get(path).status_code == 403
    assert client_with(desk.clinic, Role.AUDITOR).get(path).status_code == 200
    assert Client().get(path).headers["Location"].startswith("/account/login/")
    assert alice(desk).post(path).status_code == 405
    assert 'href="/reports/"' not in text(client_with(desk.clinic, Role.RECEPTIONIST).get("/worklist/"))


def test_another_clinics_months_are_never_shown(desk: Desk) -> None:
    other = make_desk("Oak Street")
    write(other, date(2026, 11, 3), missed=4711)
    for path in (*PAGES[:3], f"{NOVEMBER}csv/"):
        assert "4711" not in text(alice(desk).get(path)).replace(",", "")
    assert alice(other).get(OCTOBER).status_code == 404


def read_csv(response: Any) -> list[dict[str, str]]:
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def test_the_csv_has_a_line_a_day_and_all_columns(desk: Desk) -> None:
    response = alice(desk).get(f"{OCTOBER}csv/")
    rows = read_csv(response)
    assert response.headers["Content-Disposition"] == f'attachment; filename="{desk.clinic.slug}-2026-10.csv"'
    assert [row["day"] for row in rows] == ["2026-10-05", "2026-10-31"]
    assert tuple(rows[0]) == ("day", *DAY_COLUMNS)
    assert (rows[0]["missed"], rows[0]["recovered_value"], rows[1]["missed"]) == ("48", "1020.50", "2")


@pytest.mark.parametrize(("path", "most"), [(LIST, 9), (OCTOBER, 14), (f"{OCTOBER}csv/", 9)])
def test_a_page_asks_no_more_when_there_is_more(desk: Desk, path: str, most: int) -> None:
    def count() -> int:
        client = alice(desk)
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        own = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT set_config")
        return sum(not query["sql"].startswith(own) for query in asked.captured_queries)

    few = count()
    for number in range(60):
        write(desk, date(2026, 7, 1) + timedelta(days=number), missed=number)
    assert count() == few <= most, few


def test_the_report_of_a_clinic_far_from_here_ends_with_its_own_month(db: None) -> None:
    desk = make_desk(timezone="Pacific/Auckland")
    write(desk, date(2026, 11, 1), missed=3)
    with time_machine.travel(NOW.replace(day=30, hour=12), tick=False):  # 1 December there
        assert selectors.list_reports(desk.clinic, NOW.replace(day=30))[0].is_over
        assert alice(desk).get("/reports/2026-12/").status_code == 200
