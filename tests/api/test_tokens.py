"""People sign in to the API: what works, what is refused, how often, and what is on record."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants import throttles
from tenants.api_tokens import OpenView, TokenView
from tenants.domain import PLATFORM, ClinicFacts, Role
from tenants.models import AuditDetail, AuditEvent, Clinic, RefreshToken, TokenFamily, User
from tenants.scope import as_clinic
from tenants.services import add_member
from tenants.throttles import Limit
from tests.api.client import Machine, bearer, require_problem
from tests.tenants import factories
from tests.tenants.factories import PASSWORD

ALICE = "alice@bright-smile.example"
db = pytest.mark.django_db


def sign_in(email: str = ALICE, password: str = PASSWORD, **more: Any) -> Any:
    return Machine(None).post("/token/", {"email": email, "password": password, **more})


def signed_in(**more: Any) -> dict[str, Any]:
    response = sign_in(**more)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def refresh(token: str) -> Any:
    return Machine(None).post("/token/refresh/", {"refresh": token})


def revoke(token: str) -> Any:
    return Machine(None).post("/token/revoke/", {"refresh": token})


def token_trail(clinic_id: uuid.UUID) -> list[AuditEvent]:
    with as_clinic(clinic_id):
        return list(AuditEvent.objects.filter(action__startswith="tokens_").order_by("seq"))


def details_of(row: AuditEvent) -> dict[str, Any]:
    with as_clinic(row.clinic_id):
        details: dict[str, Any] = json.loads(AuditDetail.objects.get(clinic_id=row.clinic_id, seq=row.seq).details)
        return details


def code_at(secret: str, step: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30 + step)))


def kind_of(response: Any, status: int) -> str:
    return str(require_problem(response, status)["type"]).removeprefix("urn:ringback:problem:")


@pytest.fixture
def owner(clinic: ClinicFacts) -> User:
    return factories.alice()


@db
def test_who_signs_in_gets_tokens_that_work(owner: User) -> None:
    response = sign_in("  Alice@Bright-Smile.example ")
    body = response.json()
    assert set(body) == {"access", "refresh", "expires_in", "token_type"}
    assert (body["expires_in"], body["token_type"]) == (600, "Bearer")
    assert response["Cache-Control"] == "no-store"
    assert bearer(body["access"]).get("/calls/").status_code == 200


@db
def test_only_hashes_are_kept(owner: User) -> None:
    body = signed_in()
    kept = RefreshToken.objects.get()
    assert body["refresh"].encode() not in bytes(kept.token_hash) and len(kept.token_hash) == 32
    assert len(body["refresh"]) >= 43  # 256 bits


@db
def test_an_access_token_ends_after_ten_minutes(owner: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        asking = bearer(signed_in()["access"])
        clock.shift(timedelta(minutes=9, seconds=59))
        assert asking.get("/calls/").status_code == 200
        clock.shift(timedelta(seconds=7))  # with five for clocks that differ
        require_problem(asking.get("/calls/"), 401)


@db
@pytest.mark.parametrize("reason", ["unknown", "wrong", "inactive", "no password"])
def test_whatever_is_wrong_it_is_one_answer(reason: str, owner: User, clinic: ClinicFacts) -> None:
    add_member(clinic_id=clinic.id, email="new@bright-smile.example", role=Role.RECEPTIONIST)
    User.objects.filter(email=ALICE).update(is_active=reason != "inactive")
    email = {"unknown": "nobody@bright-smile.example", "no password": "new@bright-smile.example"}.get(reason, ALICE)
    response = sign_in(email, PASSWORD if reason == "inactive" else "wrong horse battery")
    assert kind_of(response, 401) == "sign_in_refused"
    assert response.json()["detail"] == "E-mail, password or code is wrong."


@db
def test_whatever_is_wrong_it_costs_the_same(owner: User, clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes: list[int] = []
    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, name, counted(hashes, name))
    costs = set()
    sign_in("warm@bright-smile.example")
    for email in ("nobody@bright-smile.example", ALICE, "bob@bright-smile.example"):
        factories.bob(clinic)
        User.objects.filter(email="bob@bright-smile.example").update(is_active=False)
        hashes.clear()
        with CaptureQueriesContext(connections["default"]) as queries:
            assert kind_of(sign_in(email, "wrong horse battery"), 401) == "sign_in_refused"
        costs.add((len(queries), len(hashes)))
    assert len(costs) == 1, costs
    assert costs.pop()[1] == 1


def counted(calls: list[int], name: str) -> Callable[..., Any]:
    plain = getattr(Argon2PasswordHasher, name)

    def count(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return plain(*args, **kwargs)

    return count


@db
@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("password", {"email": ALICE}),
        ("email", {"password": PASSWORD}),
        ("email", {"email": 7, "password": PASSWORD}),
        ("email", {"email": "x" * 255, "password": PASSWORD}),
        ("password", {"email": ALICE, "password": "x" * 129}),
        ("code", {"email": ALICE, "password": PASSWORD, "code": 123456}),
        ("clinic", {"email": ALICE, "password": PASSWORD, "clinic": "bright-smile"}),
        ("role", {"email": ALICE, "password": PASSWORD, "role": "admin"}),
        ("", [{"email": ALICE, "password": PASSWORD}]),
    ],
)
def test_a_bad_body_is_400(field: str, body: Any, owner: User) -> None:
    require_problem(Machine(None).post("/token/", body), 400, field)


@db
@pytest.mark.parametrize("path", ["/token/refresh/", "/token/revoke/"])
@pytest.mark.parametrize("body", [{}, {"refresh": None}, {"refresh": 7}, {"refresh": "x" * 129}, {"refresh": ""}])
def test_a_bad_refresh_is_400(path: str, body: Any) -> None:
    require_problem(Machine(None).post(path, body), 400, "refresh")


@db
@pytest.mark.parametrize("path", ["/token/", "/token/refresh/", "/token/revoke/"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_405(path: str, method: str) -> None:
    require_problem(Machine(None).send(method, path), 405)


class TestSecondFactor:
    pytestmark = db

    @pytest.fixture
    def secret(self, owner: User) -> str:
        secret = str(generate_totp_secret())
        TOTP.activate(owner, secret)
        return secret

    def test_a_code_is_asked_for(self, secret: str) -> None:
        assert kind_of(sign_in(), 401) == "code_needed"
        assert TokenFamily.objects.count() == 0

    def test_nobody_is_asked_for_a_code_without_the_password(self, secret: str) -> None:
        assert kind_of(sign_in(password="wrong horse battery"), 401) == "sign_in_refused"

    def test_the_right_code_lets_in(self, secret: str, clinic: ClinicFacts) -> None:
        body = signed_in(code=code_at(secret))
        assert bearer(body["access"]).get("/calls/").status_code == 200
        assert details_of(token_trail(clinic.id)[-1])["second_factor"] == "totp"

    @pytest.mark.parametrize("code", ["", "000000", "abc", "１２３４５６", "' OR 1=1 --"])
    def test_a_wrong_code_is_refused(self, code: str, secret: str, clinic: ClinicFacts) -> None:
        right = {code_at(secret, step) for step in (-1, 0, 1)}
        assert code not in right
        if code:
            assert kind_of(sign_in(code=code), 401) == "sign_in_refused"
            assert details_of(token_trail(clinic.id)[-1])["reason"] == "code"
        else:
            assert kind_of(sign_in(code=code), 400) == "invalid"

    def test_a_code_works_once_as_long_as_it_is_right(self, secret: str) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            code = code_at(secret, 1)
            signed_in(code=code)
            for _ in range(2):
                assert kind_of(sign_in(code=code), 401) == "sign_in_refused"
                clock.shift(timedelta(seconds=29))

    def test_a_code_that_was_used_on_the_pages_is_used(self, secret: str, owner: User) -> None:
        code = code_at(secret)
        assert Authenticator.objects.get(user=owner).wrap().validate_code(code)
        assert kind_of(sign_in(code=code), 401) == "sign_in_refused"

    def test_a_recovery_code_works_once(self, secret: str, owner: User) -> None:
        code = RecoveryCodes.activate(owner).generate_codes()[0]
        signed_in(code=code)
        assert kind_of(sign_in(code=code), 401) == "sign_in_refused"

    def test_somebody_elses_code_is_wrong(self, secret: str, other_clinic: ClinicFacts) -> None:
        theirs = generate_totp_secret()
        TOTP.activate(factories.charlie(), theirs)
        assert kind_of(sign_in(code=code_at(theirs)), 401) == "sign_in_refused"

    def test_with_only_a_passkey_an_app_is_asked_for(self, owner: User) -> None:
        Authenticator.objects.create(user=owner, type=Authenticator.Type.WEBAUTHN, data={})
        RecoveryCodes.activate(owner)
        assert kind_of(sign_in(), 403) == "authenticator_app_needed"
        assert kind_of(sign_in(password="wrong horse battery"), 401) == "sign_in_refused"

    def test_who_must_have_one_and_has_none_gets_nowhere(self, owner: User, settings: Any) -> None:
        settings.TWO_FACTORS_REQUIRED = True
        asking = bearer(signed_in()["access"])
        assert kind_of(asking.get("/calls/"), 403) == "second_factor_needed"
        TOTP.activate(owner, generate_totp_secret())
        assert asking.get("/calls/").status_code == 200

    def test_a_clinic_can_ask_everybody_for_one(self, clinic: ClinicFacts, other_clinic: ClinicFacts) -> None:
        bob = factories.bob(clinic)
        asking = bearer(signed_in(email=bob.email)["access"])
        assert asking.get("/calls/").status_code == 200
        Clinic.objects.filter(pk=clinic.id).update(require_two_factors=True)
        assert kind_of(asking.get("/calls/"), 403) == "second_factor_needed"


class TestLimits:
    pytestmark = db

    @pytest.mark.parametrize("email", [ALICE, "nobody@bright-smile.example"])
    def test_five_failures_of_an_account_in_five_minutes(self, email: str, owner: User) -> None:
        answers = [sign_in(email, "wrong horse battery").status_code for _ in range(6)]
        assert answers == [401] * 5 + [429]
        response = sign_in(email.upper())
        require_problem(response, 429)
        assert 0 < int(response["Retry-After"]) <= 60

    def test_they_are_the_accounts_wherever_they_come_from(self, owner: User) -> None:
        body = json.dumps({"email": ALICE, "password": "wrong horse battery"})
        answers = [
            Machine(None)._client.post(
                "/api/v1/token/", body, content_type="application/json", REMOTE_ADDR=f"203.0.{number}.1"
            )
            for number in range(6)
        ]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]

    def test_a_success_wipes_the_failures(self, owner: User) -> None:
        for _ in range(4):
            sign_in(password="wrong horse battery")
        signed_in()
        assert [sign_in(password="wrong horse battery").status_code for _ in range(5)] == [401] * 5

    def test_ten_a_minute_of_a_network(self, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (TokenView.limit, OpenView.limit) == (throttles.SIGN_INS, throttles.REFRESHES)
        monkeypatch.setattr(TokenView, "limit", Limit("slow", 10, 6000))  # refills slowly, for machines that are slow
        monkeypatch.setattr("tenants.services.token_sign_ins.authenticate", lambda request, **credentials: None)
        answers = [sign_in(f"{number}@bright-smile.example").status_code for number in range(11)]
        assert answers == [401] * 10 + [429]
        require_problem(sign_in(), 429)

    def test_a_wrong_code_is_a_failure(self, owner: User) -> None:
        TOTP.activate(owner, generate_totp_secret())
        assert [sign_in(code="000000").status_code for _ in range(6)] == [401] * 5 + [429]

    def test_sixty_refreshes_a_minute_of_a_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(OpenView, "limit", Limit("slow", 60, 36_000))
        assert {refresh("none").status_code for _ in range(60)} == {401}
        require_problem(refresh("none"), 429)


class TestOnRecord:
    pytestmark = db

    def test_a_sign_in_is_in_every_clinic_of_the_person(self, owner: User, clinic: ClinicFacts) -> None:
        other = factories.oak_street()
        add_member(clinic_id=other.id, email=ALICE, role=Role.MANAGER)
        signed_in()
        sign_in(password="wrong horse battery")
        for one in (clinic, other):
            rows = token_trail(one.id)
            assert [row.action for row in rows] == ["tokens_issued", "tokens_refused"]
            assert [(row.actor_kind, row.actor_id) for row in rows] == [("person", owner.id), ("nobody", None)]
            assert {row.target for row in rows} == {str(owner.id)}

    def test_somebody_unknown_is_in_the_platforms_without_the_address(self, owner: User, clinic: ClinicFacts) -> None:
        sign_in("mallory@nowhere.example")
        (row,) = token_trail(PLATFORM)
        assert (row.action, row.target, row.actor_id) == ("tokens_refused", "", None)
        assert "mallory" not in json.dumps(details_of(row)) and "nowhere" not in json.dumps(details_of(row))
        assert token_trail(clinic.id) == []

    def test_networks_are_kept_and_no_whole_address(self, owner: User, clinic: ClinicFacts) -> None:
        body = json.dumps({"email": ALICE, "password": PASSWORD})
        Machine(None)._client.post("/api/v1/token/", body, content_type="application/json", REMOTE_ADDR="203.0.113.77")
        assert details_of(token_trail(clinic.id)[-1])["address"] == "203.0.113.0"
