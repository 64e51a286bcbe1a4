"""Whoever came in by the password alone is out once its owner has a second factor: they have not shown it."""

from django.test import Client
from pytest_django import Settings

from tests.api.client import Machine, bearer
from tests.tenants.entrance import add_app_by_the_page
from tests.tenants.factories import PASSWORD, alice, bright_smile
from tests.tenants.sign_in import client_of

LOGIN = "/account/login/"


def test_a_thief_with_the_password_is_out_and_the_owner_stays(committed_db: None, settings: Settings) -> None:
    """Committed: allauth tells of a new factor after the commit."""
    settings.TWO_FACTORS_REQUIRED = True
    bright_smile()
    owner = alice()
    tokens = Machine(None).post("/token/", {"email": owner.email, "password": PASSWORD}).json()
    thief = Client()
    thief.post(LOGIN, {"login": owner.email, "password": PASSWORD})
    assert thief.get("/worklist/")["Location"] == "/account/2fa/"

    mine = client_of(owner)
    add_app_by_the_page(mine)
    assert mine.get("/worklist/").status_code == 200
    assert thief.get("/worklist/")["Location"].startswith(LOGIN)
    assert bearer(tokens["access"]).get("/calls/").status_code == 401
    assert Machine(None).post("/token/refresh/", {"refresh": tokens["refresh"]}).status_code == 401
