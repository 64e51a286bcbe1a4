"""What a request costs: statements, without those that begin and end transactions."""

import json
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attribution.services import attribute_changes
from tests.api.client import NUMBER, Machine, a_call, an_appointment, machine, person
from tests.tenants import factories
from tests.tenants.factories import bright_smile

KEY = 3  # whose key: the setting, the key; and the clinic
TOKEN = 4  # the sign-in with the person, the setting, the memberships, the clinic
EXPECTED = {
    ("GET", "/calls/"): KEY + 2,
    ("GET", "/calls/?page_size=200&outcome=missed"): KEY + 2,
    ("GET", "/calls/?direction=inbound&outcome=unknown&from=2026-01-01"): KEY + 2,
    ("GET", "/appointments/"): KEY + 4,
    ("GET", "/opportunities/"): KEY + 4,
    ("GET", "/metrics/daily/"): KEY + 2,
    ("GET", "/metrics/monthly/"): KEY + 4,
    ("GET", "/metrics/hourly/"): KEY + 2,
}


def cost(asking: Machine, method: str, path: str, body: Any = None) -> list[str]:
    with (
        CaptureQueriesContext(connections["default"]) as queries,
        CaptureQueriesContext(connections["keystore"]) as keys,
    ):
        response = asking.send(method, path, "" if body is None else json.dumps(body))
    assert response.status_code < 300, response.content
    both = [query["sql"] for query in (*queries.captured_queries, *keys.captured_queries)]
    return [sql for sql in both if not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]


def costs_by_depth(asking: Machine, path: str) -> set[int]:
    """Of each page of a list after the first, there and back."""
    found, page = set(), asking.get(path, page_size=20).json()
    for way in ("next", "previous"):
        while page[way]:
            found.add(len(cost(asking, "GET", page[way].removeprefix("http://testserver"))))
            page = asking.follow(page[way]).json()
    return found


@pytest.mark.usefixtures("committed_db")
def test_what_every_request_costs() -> None:
    clinic = bright_smile()
    asking, owner = machine(clinic), person(factories.alice())
    owner.get("/calls/")
    asking.post("/calls/", [a_call(number=f"+4477009{number:05}") for number in range(60)])
    asking.post("/appointments/", [an_appointment(numbers=[f"+4477009{number:05}"]) for number in range(60)])
    while attribute_changes(clinic_id=clinic.id, now=timezone.now()):
        pass
    for (method, path), number in EXPECTED.items():
        statements = cost(asking, method, path)
        assert len(statements) == number, (path, statements)
        if method == "GET":
            assert len(cost(owner, method, path)) == number - KEY + TOKEN, path
    for path in ("/calls/", "/appointments/", "/opportunities/"):
        assert costs_by_depth(asking, path) == {EXPECTED["GET", path]}
    known = a_call()
    assert asking.post("/calls/", known).status_code == 201
    write = cost(asking, "POST", "/calls/", a_call())
    # the scope, the locks, the caller, the call, the row, the work row
    assert len(write) == KEY + 6, "\n".join(write)
    assert len(cost(asking, "POST", "/calls/", known)) == KEY + 4
    assert len(cost(asking, "POST", "/callers/lookup/", {"number": NUMBER})) <= KEY + 9  # one of them: on record
