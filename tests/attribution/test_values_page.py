"""What types of appointments are worth: added, changed and removed, each on record, and no report changes."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from attribution import selectors, services
from attribution.domain import AppointmentStatus
from attribution.facts import TypeValue
from tenants.domain import Role
from tenants.models import User
from tests.attribution.clinics import AMBER, NOW, Desk, ago, make_desk
from tests.attribution.test_rules_page import text, trail
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
SHOW, ADD = "/settings/values/", "/settings/values/add/"
IMPLANT = {"code": "implant", "name": "Implant", "value": "1200.50"}


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


@pytest.fixture
def owner(desk: Desk) -> Client:
    return client_of(User.objects.get(email=f"alice@{desk.clinic.slug}.example"), desk.clinic)


def only(desk: Desk) -> TypeValue:
    [one] = selectors.list_values(desk.clinic.id)
    return one


def test_a_type_is_added(desk: Desk, owner: Client) -> None:
    response = owner.post(ADD, IMPLANT)
    assert (response.status_code, response.headers["Location"]) == (303, SHOW)
    assert (only(desk).code, only(desk).name, only(desk).value) == ("implant", "Implant", Decimal("1200.50"))
    page = text(owner.get(SHOW))
    assert "£1,200.50" in page
    assert "£85" in page  # the default's line
    [(action, target, details)] = trail(desk, "value_set", "value_removed")
    assert (action, target, details["after"]) == ("value_set", "implant", {"name": "Implant", "value": "1200.50"})


def test_a_type_has_one_value(desk: Desk, owner: Client) -> None:
    owner.post(ADD, IMPLANT)
    again = owner.post(ADD, IMPLANT | {"value": "1"})
    assert again.status_code == 400
    assert "has a value already" in text(again)
    assert only(desk).value == Decimal("1200.50")
    assert len(trail(desk, "value_set")) == 1
    assert owner.post(ADD, IMPLANT | {"code": "Implant"}).status_code == 303  # another code


def test_two_clinics_may_have_the_same_type(desk: Desk, owner: Client) -> None:
    other = make_desk("Oak Street")
    other.estimate("implant", "Implant", 7)
    assert owner.post(ADD, IMPLANT).status_code == 303
    assert (only(desk).value, only(other).value) == (Decimal("1200.50"), Decimal(7))


def test_a_value_is_changed_on_record(desk: Desk, owner: Client) -> None:
    desk.estimate("exam", "Exam", 60)
    path = f"/settings/values/{only(desk).id}/"
    assert 'value="60.00"' in text(owner.get(path))
    assert owner.post(path, {"name": "Exam", "value": "70", "code": "smuggled"}).status_code == 303
    assert (only(desk).code, only(desk).value) == ("exam", Decimal(70))
    [(_, target, details)] = trail(desk, "value_set")
    assert (target, details["before"], details["after"]) == ("exam", {"value": "60.00"}, {"value": "70"})
    assert "Nothing to change" in text(owner.post(path, {"name": "Exam", "value": "70.00"}, follow=True))
    assert len(trail(desk, "value_set")) == 1


def test_a_value_is_removed_after_asking(desk: Desk, owner: Client) -> None:
    desk.estimate("exam", "Exam", 60)
    path = f"/settings/values/{only(desk).id}/remove/"
    asked = text(owner.get(path))
    assert "Remove the value of exam?" in asked
    assert "£85" in asked
    assert only(desk)
    assert owner.post(path).status_code == 303
    assert selectors.list_values(desk.clinic.id) == []
    [(action, target, details)] = trail(desk, "value_set", "value_removed")
    assert (action, target, details["before"]) == ("value_removed", "exam", {"name": "Exam", "value": "60.00"})
    assert owner.post(path).status_code == 404


def test_no_report_changes(desk: Desk, owner: Client) -> None:
    desk.estimate("exam", "Exam", 60)
    desk.call(ago(hours=5))
    desk.call_back(ago(hours=4))
    desk.book(ago(hours=3), type="exam")
    desk.attribute()
    owner.post(f"/settings/values/{only(desk).id}/", {"name": "Exam", "value": "900"})
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=NOW)
    assert desk.opportunity.value == Decimal(60)
    desk.call(ago(hours=2))
    desk.call_back(ago(hours=1.5))
    desk.book(ago(hours=1), type="exam")
    desk.attribute()
    assert [one.value for one in desk.opportunities()] == [Decimal(60), Decimal(900)]


def test_types_that_came_without_a_price_are_offered(desk: Desk, owner: Client) -> None:
    desk.estimate("exam", "Exam", 60)
    for number in range(3):
        desk.book(ago(days=number), type="implant & crown")
    desk.book(ago(days=1), type="whitening")
    desk.book(ago(days=1), type="priced", value=Decimal(9))
    desk.book(ago(days=1), type="exam")
    desk.book(ago(days=1), type="")
    desk.book(ago(days=1), type="cancelled", status=AppointmentStatus.CANCELLED)
    desk.book(ago(days=91), type="gone")
    page = text(owner.get(SHOW))
    assert "3 appointments of type ‘implant &amp; crown’ came without a price" in page
    assert "1 appointment of type ‘whitening’ came" in page
    for other in ("‘priced’", "‘exam’", "‘cancelled’", "‘gone’", "‘’"):
        assert other not in page
    link = page[page.index(ADD + "?code=") :].split('"')[0]
    form = owner.get(link.replace("&amp;", "&")).context["form"]
    assert (form["code"].value(), form["name"].value()) == ("implant & crown", "Implant & crown")


BAD = [
    ("code", ""), ("code", "x" * 41), ("code", "call 07700 900123"), ("code", "jo@example.com"), ("code", "a\nb"),
    ("name", ""), ("name", "x" * 81), ("name", "Room 020 7946 0123"), ("name", "ask jo@example.com"),
    ("name", "a\x00b"),
    ("name", "1234567"), ("name", "zero\u200bwidth"),
    ("value", ""), ("value", "NaN"), ("value", "sNaN"), ("value", "1e30"), ("value", "1E2"), ("value", "-1"),
    ("value", "-0.01"), ("value", "1,000.00"), ("value", "1.000,00"), ("value", "10000000"), ("value", "1.234"),
    ("value", "Infinity"), ("value", "£5"), ("value", "٥"), ("value", "0x10"), ("value", "1_000"), ("value", "."),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BAD)
def test_it_refuses_what_cannot_be_beside_the_field(desk: Desk, owner: Client, field: str, value: str) -> None:
    desk.estimate("exam", "Exam", 60)
    before = only(desk)
    paths = [ADD] if field == "code" else [ADD, f"/settings/values/{before.id}/"]
    for path in paths:
        response = owner.post(path, {**IMPLANT, field: value})
        assert response.status_code == 400
        assert field in response.context["form"].errors
    assert only(desk) == before
    assert trail(desk, "value_set") == []


@pytest.mark.parametrize("value", ["0", "0.00", "0.5", "9999999.99", " 85 "])
def test_amounts_at_the_edges_are_taken(desk: Desk, owner: Client, value: str) -> None:
    assert owner.post(ADD, IMPLANT | {"value": value}).status_code == 303
    assert only(desk).value == Decimal(value.strip())


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal(-1), Decimal("1e30"), Decimal("0.001")])
def test_the_service_refuses_what_is_no_amount(desk: Desk, value: Decimal) -> None:
    from tenants.events import SYSTEM  # noqa: PLC0415

    with pytest.raises(services.BadValue):
        services.add_value(clinic_id=desk.clinic.id, code="a", name="A", value=value, actor=SYSTEM)


def test_nobody_elses_values_are_shown_or_touched(desk: Desk, owner: Client) -> None:
    other = make_desk("Oak Street")
    other.estimate("exam", "Their exam", 60)
    other.book(ago(days=1), AMBER, type="theirs")
    theirs = only(other)
    page = text(owner.get(SHOW))
    assert "Their exam" not in page
    assert "theirs" not in page
    for value_id in (theirs.id, uuid.uuid4()):
        for path in (f"/settings/values/{value_id}/", f"/settings/values/{value_id}/remove/"):
            assert owner.get(path).status_code == 404
            assert owner.post(path, {"name": "Mine", "value": "1"}).status_code == 404
    assert only(other) == theirs


def test_the_auditor_reads_and_the_front_desk_does_not(desk: Desk) -> None:
    desk.estimate("exam", "Exam", 60)
    auditor, bob = client_with(desk.clinic, Role.AUDITOR), client_with(desk.clinic, Role.RECEPTIONIST)
    shown = auditor.get(SHOW)
    assert shown.status_code == 200
    assert "Exam" in text(shown)
    assert ADD not in text(shown)
    assert "Remove" not in text(shown)
    assert bob.get(SHOW).status_code == 403
    for client in (auditor, bob):
        for path in (ADD, f"/settings/values/{only(desk).id}/", f"/settings/values/{only(desk).id}/remove/"):
            assert [client.get(path).status_code, client.post(path, IMPLANT).status_code] == [403, 403]


def test_signed_out_and_wrong_methods(desk: Desk, owner: Client, client: Client) -> None:
    desk.estimate("exam", "Exam", 60)
    changing = (ADD, f"/settings/values/{only(desk).id}/", f"/settings/values/{only(desk).id}/remove/")
    for path in (SHOW, *changing):
        assert client.get(path).headers["Location"].startswith("/account/login/")
    assert owner.post(SHOW).status_code == 405
    assert [owner.put(path).status_code for path in changing] == [405, 405, 405]


def test_the_page_asks_as_much_for_many_as_for_few(desk: Desk, owner: Client, django_assert_num_queries: Any) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    owner.get(SHOW)
    with CaptureQueriesContext(connection) as few:
        owner.get(SHOW)
    for number in range(30):
        desk.estimate(f"code{number}", f"Name {number}", number)
        desk.book(ago(days=1), uuid.uuid4(), type=f"other {number}")
    with django_assert_num_queries(len(few)):
        page = owner.get(SHOW)
    assert len(few) <= 26
    assert text(page).count("came without a price") == 1 + 20  # the explanation, and the most frequent
