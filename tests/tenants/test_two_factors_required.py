"""Who must have a second factor is led to add one, and on to where they wanted to go; nobody else is."""

import pytest
from pytest_django import Settings

from tenants.domain import ClinicFacts
from tenants.models import User
from tests.tenants import factories
from tests.tenants.entrance import add_app, add_app_by_the_page
from tests.tenants.sign_in import client_of

pytestmark = pytest.mark.django_db
PAGE = "/account/2fa/"


@pytest.fixture
def clinic() -> ClinicFacts:
    return factories.bright_smile()


@pytest.fixture
def alice(clinic: ClinicFacts) -> User:
    return factories.alice()


def test_an_admin_is_led_to_add_a_factor_and_on_to_where_they_wanted_to_go(
    settings: Settings, clinic: ClinicFacts, alice: User
) -> None:
    settings.TWO_FACTORS_REQUIRED = True
    client = client_of(alice, clinic)
    answer = client.get("/calls/?outcome=missed")
    assert answer["Location"] == PAGE
    page = client.get(PAGE).content.decode()
    assert "needs a second factor, and you have none yet" in page
    assert "Go on" not in page
    add_app_by_the_page(client)
    assert 'href="/calls/?outcome=missed">I have kept them' in client.get(f"{PAGE}recovery-codes/").content.decode()
    assert 'href="/calls/?outcome=missed">Go on' in client.get(PAGE).content.decode()
    assert client.get("/calls/?outcome=missed").status_code == 200


def test_an_admin_who_removes_the_last_factor_is_led_to_add_one_again(
    settings: Settings, clinic: ClinicFacts, alice: User
) -> None:
    settings.TWO_FACTORS_REQUIRED = True
    add_app(alice)
    client = client_of(alice, clinic)
    assert client.get("/worklist/").status_code == 200
    client.post(f"{PAGE}totp/deactivate/")
    assert client.get("/worklist/")["Location"] == PAGE


def test_the_front_desk_is_not_asked_and_the_demonstration_asks_nobody(
    settings: Settings, clinic: ClinicFacts, alice: User
) -> None:
    assert client_of(alice, clinic).get("/worklist/").status_code == 200
    assert "In production admins" in client_of(alice, clinic).get(PAGE).content.decode()
    settings.TWO_FACTORS_REQUIRED = True
    at_the_desk = client_of(factories.bob(clinic), clinic)
    assert at_the_desk.get("/worklist/").status_code == 200
    assert "In production admins" not in at_the_desk.get(PAGE).content.decode()
