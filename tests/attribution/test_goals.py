"""What a clinic wants to reach: set on a page, on record once, seen on the dashboard."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.test import Client

from attribution import selectors, services
from tenants.domain import Role
from tenants.events import SYSTEM
from tenants.models import AuditEvent
from tenants.scope import as_clinic
from tests.attribution.clinics import NOW, Desk, make_desk
from tests.attribution.test_reports import alice, text, write
from tests.tenants.sign_in import client_with

pytestmark = pytest.mark.django_db
PAGE, CHANGE = "/settings/goals/", "/settings/goals/change/"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def trail(desk: Desk) -> int:
    with as_clinic(desk.clinic.id):
        return AuditEvent.objects.filter(action="goals_changed").count()


def test_a_manager_sets_both_and_takes_one_back(desk: Desk) -> None:
    client = client_with(desk.clinic, Role.MANAGER)
    answer = client.post(CHANGE, {"in_time_percent": "80", "recovered_per_month": "20"})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert selectors.get_goals(desk.clinic.id) == (80, 20)
    assert 'value="80"' in text(client.get(PAGE))
    client.post(CHANGE, {"in_time_percent": "80", "recovered_per_month": "20"})  # no change, nothing on record
    client.post(CHANGE, {"in_time_percent": "", "recovered_per_month": "20"})
    assert (selectors.get_goals(desk.clinic.id), trail(desk)) == ((None, 20), 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"in_time_percent": "0"}, {"in_time_percent": "101"}, {"in_time_percent": "x"}, {"recovered_per_month": "0"},
        {"recovered_per_month": "100001"}, {"recovered_per_month": "-1"}, {"in_time_percent": "8.5"},
    ],
)  # fmt: skip
def test_bad_input_is_refused_beside_its_field(desk: Desk, wrong: dict[str, str]) -> None:
    answer = alice(desk).post(CHANGE, {"in_time_percent": "80", "recovered_per_month": "20", **wrong})
    assert answer.status_code == 400
    assert f'id="id_{next(iter(wrong))}_error"' in answer.content.decode()
    assert selectors.get_goals(desk.clinic.id) == (None, None)


@pytest.mark.parametrize(("in_time", "recovered"), [(0, None), (101, None), (None, 0), (None, 100_001)])
def test_the_service_refuses_what_no_form_let_through(desk: Desk, in_time: int | None, recovered: int | None) -> None:
    with pytest.raises(services.BadGoal):
        services.set_goals(
            clinic_id=desk.clinic.id, in_time_percent=in_time, recovered_per_month=recovered, actor=SYSTEM
        )


def test_an_auditor_reads_and_a_receptionist_does_not(desk: Desk) -> None:
    services.set_goals(clinic_id=desk.clinic.id, in_time_percent=80, recovered_per_month=None, actor=SYSTEM)
    auditor, receptionist = (client_with(desk.clinic, role) for role in (Role.AUDITOR, Role.RECEPTIONIST))
    page = text(auditor.get(PAGE))
    assert "80 %" in page
    assert "no goal" in page
    assert CHANGE not in page
    assert auditor.post(CHANGE, {}).status_code == 403
    assert receptionist.get(PAGE).status_code == 403
    assert alice(desk).get(CHANGE).status_code == 405
    assert alice(desk).post(PAGE).status_code == 405
    assert Client().get(PAGE).headers["Location"].startswith("/account/login/")


def test_goals_are_of_one_clinic(desk: Desk) -> None:
    other = make_desk("Oak Street")
    alice(desk).post(CHANGE, {"in_time_percent": "80", "recovered_per_month": "20"})
    assert selectors.get_goals(other.clinic.id) == (None, None)


def test_the_dashboard_of_a_month_shows_them(desk: Desk) -> None:
    write(desk, date(2026, 11, 2), missed=7, opportunities=5, called_back=4, delay_5m=4, recovered_appointments=4)
    assert "goal 4<" not in text(alice(desk).get("/"))
    services.set_goals(clinic_id=desk.clinic.id, in_time_percent=90, recovered_per_month=4, actor=SYSTEM)
    page = text(alice(desk).get("/"))
    assert "goal 4, met" in page
    assert "goal 90 %, not met" in page
    assert "goal 4, met" not in text(alice(desk).get("/?period=week"))
