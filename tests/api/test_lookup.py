"""POST /callers/lookup/: whose number it is, ten times an hour and never in a log."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from calls.models import CallerHash
from tenants.domain import ClinicFacts, Scope
from tenants.models import RareUse
from tenants.scope import as_clinic
from tests.api.client import NUMBER, Machine, a_call, ago, machine, require_problem

pytestmark = pytest.mark.django_db
PATH = "/callers/lookup/"


def test_a_known_caller_in_any_spelling(alice: Machine) -> None:
    caller = alice.post("/calls/", a_call()).json()["caller"]
    for number in (NUMBER, "07700 900123", "0044 (0)7700-900123"):
        response = alice.post(PATH, {"number": number})
        assert (response.status_code, response.json()) == (200, {"caller": caller})


@pytest.mark.parametrize("number", ["+447700900999", "anonymous", "101", "nonsense"])
def test_anybody_else_is_null_and_nothing_is_made(number: str, alice: Machine, clinic: ClinicFacts) -> None:
    assert alice.post(PATH, {"number": number}).json() == {"caller": None}
    with as_clinic(clinic.id):
        assert not CallerHash.objects.exists()


def test_another_clinics_caller_is_nobody(alice: Machine, charlie: Machine) -> None:
    charlie.post("/calls/", a_call())
    assert alice.post(PATH, {"number": NUMBER}).json() == {"caller": None}


@pytest.mark.parametrize(
    ("field", "body"),
    [("number", {}), ("number", {"number": None}), ("number", {"number": ""}), ("number", {"number": 447700900123}),
     ("number", {"number": [NUMBER]}), ("caller", {"number": NUMBER, "caller": "x"}), ("", [{"number": NUMBER}])],
)  # fmt: skip
def test_a_bad_body_is_400(field: str, body: Any, alice: Machine) -> None:
    require_problem(alice.post(PATH, body), 400, field)


def test_ten_an_hour_for_each_key(alice: Machine, clinic: ClinicFacts) -> None:
    assert {alice.post(PATH, {"number": NUMBER}).status_code for _ in range(10)} == {200}
    response = alice.post(PATH, {"number": NUMBER})
    assert require_problem(response, 429)["type"].endswith("too_many_lookups")
    assert 3500 < int(response["Retry-After"]) <= 3601
    assert machine(clinic, Scope.READ).post(PATH, {"number": NUMBER}).status_code == 200
    with as_clinic(clinic.id):
        oldest = RareUse.objects.order_by("at")[0]
        RareUse.objects.filter(pk=oldest.pk).update(at=oldest.at - timedelta(minutes=59, seconds=59))
        assert RareUse.objects.filter(at__lt=ago(minutes=59)).exists()
    response = alice.post(PATH, {"number": NUMBER})
    assert (response.status_code, int(response["Retry-After"]) <= 2) == (429, True)
    with as_clinic(clinic.id):
        RareUse.objects.filter(pk=oldest.pk).update(at=ago(hours=1))
    assert alice.post(PATH, {"number": NUMBER}).status_code == 200


def test_it_is_logged_without_the_number(alice: Machine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        alice.post(PATH, {"number": NUMBER})
    assert any("looked up" in record.message for record in caplog.records)
    assert "900123" not in caplog.text


def test_a_bad_body_uses_nothing_up(alice: Machine) -> None:
    for _ in range(11):
        require_problem(alice.post(PATH, {"number": None}), 400)
