"""How often signing in to the API may be tried, by account and by network."""

import json

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from tenants import throttles
from tenants.api_tokens import OpenView, TokenView
from tenants.domain import ClinicFacts
from tenants.models import User
from tenants.throttles import Limit
from tests.api.client import Machine, require_problem
from tests.api.token_sign_ins import (
    ALICE,
    refresh,
    sign_in,
    signed_in,
)
from tests.tenants import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(clinic: ClinicFacts) -> User:
    return factories.alice()


@pytest.mark.parametrize("email", [ALICE, "nobody@bright-smile.example"])
def test_five_failures_of_an_account_in_five_minutes(email: str, owner: User) -> None:
    answers = [sign_in(email, "wrong horse battery").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    response = sign_in(email.upper())
    require_problem(response, 429)
    assert 0 < int(response["Retry-After"]) <= 60


def test_they_are_the_accounts_wherever_they_come_from(owner: User) -> None:
    body = json.dumps({"email": ALICE, "password": "wrong horse battery"})
    answers = [
        Machine(None)._client.post(
            "/api/v1/token/", body, content_type="application/json", REMOTE_ADDR=f"203.0.{number}.1"
        )
        for number in range(6)
    ]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


def test_a_success_wipes_the_failures(owner: User) -> None:
    for _ in range(4):
        sign_in(password="wrong horse battery")
    signed_in()
    assert [sign_in(password="wrong horse battery").status_code for _ in range(5)] == [401] * 5


def test_ten_a_minute_of_a_network(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (TokenView.limit, OpenView.limit) == (throttles.SIGN_INS, throttles.REFRESHES)
    monkeypatch.setattr(TokenView, "limit", Limit("slow", 10, 6000))  # refills slowly, for machines that are slow
    monkeypatch.setattr("tenants.services.token_sign_ins.authenticate", lambda request, **credentials: None)
    answers = [sign_in(f"{number}@bright-smile.example").status_code for number in range(11)]
    assert answers == [401] * 10 + [429]
    require_problem(sign_in(), 429)


def test_a_wrong_code_is_a_failure(owner: User) -> None:
    TOTP.activate(owner, generate_totp_secret())
    assert [sign_in(code="000000").status_code for _ in range(6)] == [401] * 5 + [429]


def test_sixty_refreshes_a_minute_of_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenView, "limit", Limit("slow", 60, 36_000))
    assert {refresh("none").status_code for _ in range(60)} == {401}
    require_problem(refresh("none"), 429)
