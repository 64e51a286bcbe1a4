"""People sign in to the API: what works, what is refused, and what is on record."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.domain import PLATFORM, ClinicFacts, Role
from tenants.models import RefreshToken, User
from tenants.services import add_member
from tests.api.client import Machine, bearer, require_problem
from tests.api.token_sign_ins import (
    ALICE,
    details_of,
    kind_of,
    sign_in,
    signed_in,
    token_trail,
)
from tests.tenants import factories
from tests.tenants.factories import PASSWORD

db = pytest.mark.django_db


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
