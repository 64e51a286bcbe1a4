"""The litany, for every door: signed out, wrong scope, role and method, no such address."""

import itertools
from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.urls import URLPattern
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from config.api_urls import urlpatterns
from tenants.api_tokens import OpenView
from tenants.api_views import ClinicAPIView
from tenants.domain import ClinicFacts, Role, Scope
from tenants.models import AuditEvent, Membership, RefusedCount, User
from tenants.scope import as_clinic
from tenants.services import create_api_key
from tests.api.client import Machine, machine, person, require_problem
from tests.api.doors import (
    DOORS,
    LISTS,
    METHODS,
    OPEN_DOORS,
    PATHS,
    PUBLIC_VIEWS,
    ROLES,
    here,
)
from tests.tenants import factories

pytestmark = pytest.mark.django_db


def test_every_door_is_in_the_tables() -> None:
    assert ROLES.keys() == DOORS.keys()
    patterns = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
    assert len(patterns) == len(urlpatterns)
    views = {pattern.callback.view_class for pattern in patterns}  # type: ignore[attr-defined]
    doors = [view for view in views if issubclass(view, ClinicAPIView)]
    assert sum(len(view.scopes) for view in doors) == len(DOORS)
    for view in doors:
        handlers = {method for method in METHODS if hasattr(view, method.lower())} - {"OPTIONS"}
        assert handlers == set(view.scopes) == set(view.permissions)
    others = views - set(doors) - PUBLIC_VIEWS
    assert len(others) == len(OPEN_DOORS) and all(issubclass(view, OpenView) for view in others)


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_every_role_gets_where_the_table_says(method: str, path: str, clinic: ClinicFacts) -> None:
    for role in Role:
        status = member(clinic, role).send(method, here(path), "{}").status_code
        if role in ROLES[method, path]:
            assert status not in {401, 403, 405} and status < 500, (role, status)
        else:
            assert status == 403, (role, status)


@pytest.mark.parametrize("role", Role)
def test_every_other_method_is_405_for_every_role(role: Role, clinic: ClinicFacts) -> None:
    asking = member(clinic, role)
    for method, path in itertools.product(METHODS, PATHS):
        known = (method, path) in DOORS or (method == "HEAD" and ("GET", path) in DOORS)
        assert known or asking.send(method, here(path), "{}").status_code == 405, (method, path)


@pytest.mark.parametrize("path", [path for method, path in DOORS if method == "GET"])
def test_a_role_needs_for_head_what_it_needs_for_get(path: str, clinic: ClinicFacts) -> None:
    for role in Role:
        expected = 200 if role in ROLES["GET", path] else 403
        assert member(clinic, role).send("HEAD", path).status_code == expected


def member(clinic: ClinicFacts, role: Role) -> Machine:
    """Somebody with this role and nothing else, signed in to the API."""
    email = f"{role}@bright-smile.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, None)
        expires_at = timezone.now() + timedelta(minutes=60) if role is Role.SUPPORT else None
        with as_clinic(clinic.id):
            Membership.objects.create(clinic_id=clinic.id, user=user, role=role, expires_at=expires_at)
    return person(user)


def test_a_role_that_is_not_enough_is_on_record_now_and_then(clinic: ClinicFacts) -> None:
    asking = member(clinic, Role.AUDITOR)
    for _ in range(10):
        require_problem(asking.post("/calls/", {}), 403)
    with as_clinic(clinic.id):
        rows = AuditEvent.objects.filter(action="access_refused")
        assert 1 <= len(rows) <= 6
        assert {(row.actor_kind, row.target) for row in rows} == {("person", "send_calls")}
        assert RefusedCount.objects.get(what="role").count == 10


def test_a_method_without_a_scope_lets_nobody_in(clinic: ClinicFacts) -> None:
    class Forgotten(ClinicAPIView):
        def get(self, request: Request) -> Response:
            raise AssertionError("nobody gets here")

    key = create_api_key(clinic_id=clinic.id, name="test", scopes=list(Scope), now=timezone.now())
    alice = person(factories.alice())
    for headers in ({"Authorization": f"Api-Key {key}"}, alice.headers):
        assert Forgotten.as_view()(RequestFactory().get("/", headers=headers)).status_code == 403


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_signed_out_is_401(method: str, path: str) -> None:
    response = Machine(None).send(method, here(path), "{}")
    require_problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Api-Key")


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_every_other_scope_is_403(method: str, path: str, clinic: ClinicFacts) -> None:
    needed = DOORS[method, path]
    others = [scope for scope in Scope if scope is not needed]
    require_problem(machine(clinic, *others).send(method, here(path), "{}"), 403)
    assert machine(clinic, needed).send(method, here(path), "{}").status_code not in {401, 403}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for method, path in itertools.product(METHODS, PATHS)
        if (method, path) not in DOORS and not (method == "HEAD" and ("GET", path) in DOORS)
    ],
)
def test_other_methods_are_405(method: str, path: str, alice: Machine) -> None:
    response = alice.send(method, here(path), "{}")
    if method in {"HEAD", "TRACE", "BREW"}:  # the last two are refused before there is an API
        assert response.status_code == 405
        return
    require_problem(response, 405)
    known = {known for known, at in DOORS if at == path}
    assert set(response["Allow"].split(", ")) - {"HEAD"} == known


@pytest.mark.parametrize("path", [path for method, path in DOORS if method == "GET"])
def test_head_needs_what_get_needs(path: str, clinic: ClinicFacts) -> None:
    assert machine(clinic, Scope.READ).send("HEAD", path).status_code == 200
    assert machine(clinic, Scope.CALLS_WRITE).send("HEAD", path).status_code == 403
    assert Machine(None).send("HEAD", path).status_code == 401


@pytest.mark.parametrize("path", ["/", "/nothing/", "/calls", "/calls/x/", "/opportunities/7/actions/", "/docs/x/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_no_such_address_is_404(method: str, path: str, alice: Machine) -> None:
    require_problem(alice.send(method, path, "{}"), 404)
    require_problem(Machine(None).send(method, path, "{}"), 404)


def test_answers_are_json_for_those_who_take_json(alice: Machine) -> None:
    assert alice.get("/calls/")["Content-Type"] == "application/json"
    alice.headers = {**alice.headers, "Accept": "text/html"}
    require_problem(alice.get("/calls/"), 406)
    alice.headers = {**alice.headers, "Accept": "application/problem+json, */*;q=0.1"}
    assert alice.get("/calls/").status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_answers_are_kept_in_no_cache(path: str, alice: Machine) -> None:
    assert alice.get(path)["Cache-Control"] == "no-store"
    assert alice.get(path, cursor="x")["Cache-Control"] == "no-store"
