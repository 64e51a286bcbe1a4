"""Who has a second factor says a code with the password; whoever must have one and has none gets nowhere."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from tenants.domain import ClinicFacts
from tenants.models import Clinic, TokenFamily, User
from tests.api.client import bearer
from tests.api.token_sign_ins import code_at, details_of, kind_of, sign_in, signed_in, token_trail
from tests.tenants import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(clinic: ClinicFacts) -> User:
    return factories.alice()


@pytest.fixture
def secret(owner: User) -> str:
    secret = str(generate_totp_secret())
    TOTP.activate(owner, secret)
    return secret


def test_a_code_is_asked_for(secret: str) -> None:
    assert kind_of(sign_in(), 401) == "code_needed"
    assert TokenFamily.objects.count() == 0


def test_nobody_is_asked_for_a_code_without_the_password(secret: str) -> None:
    assert kind_of(sign_in(password="wrong horse battery"), 401) == "sign_in_refused"


def test_the_right_code_lets_in(secret: str, clinic: ClinicFacts) -> None:
    body = signed_in(code=code_at(secret))
    assert bearer(body["access"]).get("/calls/").status_code == 200
    assert details_of(token_trail(clinic.id)[-1])["second_factor"] == "totp"


@pytest.mark.parametrize("code", ["", "000000", "abc", "１２３４５６", "' OR 1=1 --"])
def test_a_wrong_code_is_refused(code: str, secret: str, clinic: ClinicFacts) -> None:
    right = {code_at(secret, step) for step in (-1, 0, 1)}
    assert code not in right
    if code:
        assert kind_of(sign_in(code=code), 401) == "sign_in_refused"
        assert details_of(token_trail(clinic.id)[-1])["reason"] == "code"
    else:
        assert kind_of(sign_in(code=code), 400) == "invalid"


def test_a_code_works_once_as_long_as_it_is_right(secret: str) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        code = code_at(secret, 1)
        signed_in(code=code)
        for _ in range(2):
            assert kind_of(sign_in(code=code), 401) == "sign_in_refused"
            clock.shift(timedelta(seconds=29))


def test_a_code_that_was_used_on_the_pages_is_used(secret: str, owner: User) -> None:
    code = code_at(secret)
    assert Authenticator.objects.get(user=owner).wrap().validate_code(code)
    assert kind_of(sign_in(code=code), 401) == "sign_in_refused"


def test_a_recovery_code_works_once(secret: str, owner: User) -> None:
    code = RecoveryCodes.activate(owner).generate_codes()[0]
    signed_in(code=code)
    assert kind_of(sign_in(code=code), 401) == "sign_in_refused"


def test_somebody_elses_code_is_wrong(secret: str, other_clinic: ClinicFacts) -> None:
    theirs = generate_totp_secret()
    TOTP.activate(factories.charlie(), theirs)
    assert kind_of(sign_in(code=code_at(theirs)), 401) == "sign_in_refused"


def test_with_only_a_passkey_an_app_is_asked_for(owner: User) -> None:
    Authenticator.objects.create(user=owner, type=Authenticator.Type.WEBAUTHN, data={})
    RecoveryCodes.activate(owner)
    assert kind_of(sign_in(), 403) == "authenticator_app_needed"
    assert kind_of(sign_in(password="wrong horse battery"), 401) == "sign_in_refused"


def test_who_must_have_one_and_has_none_gets_nowhere(owner: User, settings: Any) -> None:
    settings.TWO_FACTORS_REQUIRED = True
    asking = bearer(signed_in()["access"])
    assert kind_of(asking.get("/calls/"), 403) == "second_factor_needed"
    TOTP.activate(owner, generate_totp_secret())
    assert asking.get("/calls/").status_code == 200


def test_a_clinic_can_ask_everybody_for_one(clinic: ClinicFacts, other_clinic: ClinicFacts) -> None:
    bob = factories.bob(clinic)
    asking = bearer(signed_in(email=bob.email)["access"])
    assert asking.get("/calls/").status_code == 200
    Clinic.objects.filter(pk=clinic.id).update(require_two_factors=True)
    assert kind_of(asking.get("/calls/"), 403) == "second_factor_needed"
