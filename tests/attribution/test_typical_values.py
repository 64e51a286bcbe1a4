"""Typical values: offered by currency, changed before they are saved, all in one form, one row on record."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attribution import selectors, services
from attribution.typical_values import typical_values
from tenants.domain import Role
from tenants.events import SYSTEM
from tenants.models import Clinic, User
from tests.attribution.clinics import NOW, Desk, make_desk
from tests.attribution.test_rules_page import text, trail
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
TYPICAL, VALUES = "/settings/values/typical/", "/settings/values/"


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


def as_offered(owner: Client) -> dict[str, str]:
    """What the form sends when nobody touches it."""
    form = owner.get(TYPICAL).context["form"]
    return {name: "on" if name.startswith("use_") else str(form[name].value()) for name in form.fields}


def saved(desk: Desk) -> dict[str, Decimal]:
    return {one.code: one.value for one in selectors.list_values(desk.clinic.id)}


@pytest.mark.parametrize("currency", ["GBP", "USD", "EUR"])
def test_each_currency_has_whole_sums_of_the_usual_visits(currency: str) -> None:
    offered = typical_values(currency)
    assert {"new_patient", "hygiene", "emergency", "whitening", "implant_consultation", "aligner_consultation"} < {
        one.code for one in offered
    }
    assert all(40 <= one.value <= 1500 and one.value == int(one.value) for one in offered)
    assert len({one.code for one in offered}) == len({one.name for one in offered}) == len(offered)


def test_dollars_are_not_pounds() -> None:
    pounds, dollars = ({one.code: one.value for one in typical_values(currency)} for currency in ("GBP", "USD"))
    assert all(dollars[code] > pounds[code] for code in pounds)


def test_nothing_is_set_by_looking(desk: Desk, owner: Client) -> None:
    page = text(owner.get(TYPICAL))
    assert "New patient exam" in page
    assert "They are typical, not yours" in page
    assert saved(desk) == {}


def test_all_are_saved_as_they_were_changed_in_one_row_on_record(desk: Desk, owner: Client) -> None:
    sent = as_offered(owner) | {"value_hygiene": "81.50", "code_hygiene": "HYG 30"}
    del sent["use_crown"]
    answer = owner.post(TYPICAL, sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, VALUES)
    assert saved(desk)["HYG 30"] == Decimal("81.50")
    assert "crown" not in saved(desk)
    assert len(saved(desk)) == len(typical_values("GBP")) - 1
    [(_, target, details)] = trail(desk, "value_set")
    assert target == str(desk.clinic.id)
    assert details["after"]["HYG 30"] == {"name": "Hygiene visit", "value": "81.50"}
    assert len(details["after"]) == len(saved(desk))


def test_what_is_wrong_is_said_beside_it_and_nothing_is_saved(desk: Desk, owner: Client) -> None:
    sent = as_offered(owner)
    for field, value, said in (
        ("value_crown", "1,000", "Write an amount"),
        ("value_crown", "", "required"),
        ("code_crown", "hygiene", "Two types cannot have the same code."),
        ("code_crown", "07700 900123", "digits"),
    ):
        answer = owner.post(TYPICAL, sent | {field: value})
        assert answer.status_code == 400
        assert said in str(answer.context["form"].errors[field]), field
        assert saved(desk) == {}
    assert trail(desk, "value_set") == []


def test_what_is_not_ticked_is_not_looked_at(desk: Desk, owner: Client) -> None:
    sent = as_offered(owner) | {"value_crown": "nonsense"}
    del sent["use_crown"]
    assert owner.post(TYPICAL, sent).status_code == 303
    assert "crown" not in saved(desk)


def test_nothing_chosen_is_nothing_on_record(desk: Desk, owner: Client) -> None:
    assert owner.post(TYPICAL, {}).status_code == 303
    assert (saved(desk), trail(desk, "value_set")) == ({}, [])


def test_what_has_a_value_is_not_offered_and_keeps_it(desk: Desk, owner: Client) -> None:
    desk.estimate("hygiene", "Our hygiene", 12)
    assert "use_hygiene" not in owner.get(TYPICAL).context["form"].fields
    again = [
        services.NewValue("hygiene", "Hygiene visit", Decimal(75)),
        services.NewValue("crown", "Crown", Decimal(7)),
    ]
    assert services.add_values(clinic_id=desk.clinic.id, values=again, actor=SYSTEM) == 1
    assert saved(desk) == {"hygiene": Decimal(12), "crown": Decimal(7)}


def test_a_currency_that_we_know_nothing_of_gets_no_made_up_figures(desk: Desk, owner: Client) -> None:
    Clinic.objects.filter(pk=desk.clinic.id).update(currency="CHF")
    assert "Nothing to suggest." in text(owner.get(TYPICAL))


def test_who_may_not_change_settings_is_refused(desk: Desk) -> None:
    for role in (Role.RECEPTIONIST, Role.AUDITOR):
        client = client_with(desk.clinic, role)
        assert (client.get(TYPICAL).status_code, client.post(TYPICAL, {}).status_code) == (403, 403)
        if role is Role.AUDITOR:
            assert "Use typical values" not in text(client.get(VALUES))


def test_a_new_clinic_comes_back_to_its_checklist(desk: Desk, owner: Client) -> None:
    Clinic.objects.filter(pk=desk.clinic.id).update(guide_open=True)
    assert owner.post(TYPICAL, as_offered(owner)).headers["Location"] == "/start/"


def test_saving_all_asks_no_more_than_saving_one(desk: Desk, owner: Client) -> None:
    sent = as_offered(owner)
    one = {name: value for name, value in sent.items() if not name.startswith("use_") or name == "use_crown"}
    with CaptureQueriesContext(connection) as few:
        owner.post(TYPICAL, one)
    with CaptureQueriesContext(connection) as many:
        owner.post(TYPICAL, sent)
    assert len(many) == len(few)
    assert len(saved(desk)) == len(typical_values("GBP"))
