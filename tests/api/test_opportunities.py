"""The doors of opportunities: what became of missed callers, and what was done about them."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from attribution.models import StaffAction
from attribution.services import attribute_changes
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.api.client import Machine, a_call, a_uuid, ago, an_appointment, require_problem

pytestmark = pytest.mark.django_db
FIELDS = {
    "id", "caller", "status", "opened_at", "last_missed_at", "attempts", "callbacks", "called_back_at", "contact_at",
    "contact_kind", "booked_at", "value", "value_source", "rule", "rules_version", "appointment", "explanation",
}  # fmt: skip


def miss(asking: Machine, clinic: ClinicFacts, count: int = 1) -> list[dict[str, Any]]:
    """Missed calls of as many callers, and the opportunities that they open, newest first."""
    calls = [
        a_call(number=f"+4477009{number:05}", started_at=ago(hours=number + 1).isoformat()) for number in range(count)
    ]
    assert {item["status"] for item in asking.post("/calls/", calls).json()} == {201}
    attribute_changes(clinic_id=clinic.id, now=timezone.now())
    rows = asking.get("/opportunities/").json()["results"]
    assert len(rows) == count
    return list(rows)


def act(asking: Machine, opportunity: str, **action: Any) -> Any:
    return asking.post(f"/opportunities/{opportunity}/actions/", action)


def test_a_missed_caller_waits(alice: Machine, clinic: ClinicFacts) -> None:
    (row,) = miss(alice, clinic)
    assert set(row) == FIELDS
    assert (row["status"], row["attempts"], row["callbacks"], row["rules_version"]) == ("open", 1, 0, 1)
    assert row["opened_at"] == row["last_missed_at"]
    assert datetime.fromisoformat(row["opened_at"]).utcoffset() is not None
    empty = (
        "called_back_at",
        "contact_at",
        "contact_kind",
        "booked_at",
        "value",
        "value_source",
        "rule",
        "appointment",
    )
    assert {row[name] for name in empty} == {None}


def test_one_that_was_won_back_shows_its_evidence(alice: Machine, clinic: ClinicFacts) -> None:
    alice.post(
        "/calls/",
        [
            a_call(started_at=ago(hours=3).isoformat()),
            a_call(direction="outbound", outcome="answered", talk_seconds=60, started_at=ago(hours=2).isoformat()),
        ],
    )
    alice.post("/appointments/", an_appointment(external_id="won", booked_at=ago(hours=1).isoformat()))
    attribute_changes(clinic_id=clinic.id, now=timezone.now())
    (row,) = alice.get("/opportunities/", status="recovered").json()["results"]
    assert (row["rule"], row["contact_kind"], row["appointment"]) == ("callback", "callback", "won")
    assert (row["value"], row["value_source"], row["callbacks"]) == ("85.00", "clinic_default", 1)
    assert all(row[name] for name in ("called_back_at", "contact_at", "booked_at", "explanation"))
    assert alice.get("/opportunities/", status="open").json()["results"] == []


def test_pages_and_filters(alice: Machine, clinic: ClinicFacts) -> None:
    rows = miss(alice, clinic, 5)
    body = alice.get("/opportunities/", page_size=2).json()
    assert [row["id"] for row in body["results"]] == [row["id"] for row in rows[:2]]
    body = alice.follow(body["next"]).json()
    assert [row["id"] for row in body["results"]] == [row["id"] for row in rows[2:4]]
    assert [row["id"] for row in alice.follow(body["previous"]).json()["results"]] == [row["id"] for row in rows[:2]]
    found = alice.get("/opportunities/", **{"from": rows[2]["opened_at"], "to": rows[0]["opened_at"]})
    assert [row["id"] for row in found.json()["results"]] == [row["id"] for row in rows[1:3]]
    require_problem(alice.get("/opportunities/", status="waiting"), 400, "status")


def test_a_cursor_of_another_list_is_only_a_place(alice: Machine, clinic: ClinicFacts) -> None:
    miss(alice, clinic, 3)
    cursor = alice.get("/calls/", page_size=1).json()["next"].split("cursor=")[1].split("&")[0]
    assert alice.get("/opportunities/", cursor=cursor).status_code == 200


def test_nobody_elses_rows(alice: Machine, charlie: Machine, clinic: ClinicFacts, other_clinic: ClinicFacts) -> None:
    mine, theirs = miss(alice, clinic), miss(charlie, other_clinic)
    assert mine[0]["caller"] != theirs[0]["caller"]
    require_problem(act(alice, theirs[0]["id"], kind="called_back", reached=True), 404)
    assert charlie.get("/opportunities/").json()["results"] == theirs


def test_a_callback_that_reached_the_caller(alice: Machine, clinic: ClinicFacts) -> None:
    (row,) = miss(alice, clinic)
    response = act(alice, row["id"], kind="called_back", reached=True)
    assert response.status_code == 201, response.content
    body = response.json()
    assert set(body) == {"id", "opportunity", "kind", "reached", "reason"}
    assert (body["opportunity"], body["kind"], body["reached"], body["reason"]) == (
        row["id"],
        "called_back",
        True,
        None,
    )
    (now,) = alice.get("/opportunities/").json()["results"]
    assert (now["status"], now["callbacks"], now["contact_kind"]) == ("reached", 1, "callback")
    with as_clinic(clinic.id):
        assert StaffAction.objects.get(id=body["id"]).user_id is None


def test_a_callback_that_did_not(alice: Machine, clinic: ClinicFacts) -> None:
    (row,) = miss(alice, clinic)
    assert act(alice, row["id"], kind="called_back", reached=False).json()["reached"] is False
    assert alice.get("/opportunities/").json()["results"][0]["status"] == "attempted"


@pytest.mark.parametrize("reason", ["spam", "wrong_number", "supplier", "existing_booking", "other"])
def test_a_dismissal_closes_it(reason: str, alice: Machine, clinic: ClinicFacts) -> None:
    (row,) = miss(alice, clinic)
    body = act(alice, row["id"], kind="dismissed", reason=reason).json()
    assert (body["reason"], body["reached"]) == (reason, None)
    assert alice.get("/opportunities/").json()["results"][0]["status"] == "dismissed"
    problem = require_problem(act(alice, row["id"], kind="called_back", reached=True), 409)
    assert problem["type"].endswith("opportunity_closed")


@pytest.mark.parametrize(
    ("field", "action"),
    [
        ("kind", {}), ("kind", {"kind": None}), ("kind", {"kind": "texted"}), ("kind", {"kind": ["dismissed"]}),
        ("reached", {"kind": "called_back"}), ("reached", {"kind": "called_back", "reached": None}),
        ("reached", {"kind": "called_back", "reached": "yes"}), ("reached", {"kind": "called_back", "reached": 1}),
        ("reason", {"kind": "called_back", "reached": True, "reason": "spam"}), ("reason", {"kind": "dismissed"}),
        ("reason", {"kind": "dismissed", "reason": "bored"}), ("reason", {"kind": "dismissed", "reason": ""}),
        ("reached", {"kind": "dismissed", "reason": "spam", "reached": False}),
        ("user", {"kind": "dismissed", "reason": "spam", "user": "x"}),
        ("at", {"kind": "dismissed", "reason": "spam", "at": "2026-01-01T00:00:00Z"}),
    ],
)  # fmt: skip
def test_a_bad_action_is_400(field: str, action: dict[str, Any], alice: Machine, clinic: ClinicFacts) -> None:
    (row,) = miss(alice, clinic)
    require_problem(act(alice, row["id"], **action), 400, field)
    with as_clinic(clinic.id):
        assert not StaffAction.objects.exists()


def test_a_list_is_no_action(alice: Machine, clinic: ClinicFacts) -> None:
    (row,) = miss(alice, clinic)
    require_problem(alice.post(f"/opportunities/{row['id']}/actions/", [{"kind": "dismissed", "reason": "spam"}]), 400)


def test_an_unknown_opportunity_is_404(alice: Machine) -> None:
    require_problem(act(alice, a_uuid(), kind="called_back", reached=True), 404)


def test_an_action_is_recorded_once_by_its_key(alice: Machine, clinic: ClinicFacts) -> None:
    (row,) = miss(alice, clinic)
    path, action = f"/opportunities/{row['id']}/actions/", {"kind": "called_back", "reached": False}
    answers = {alice.post(path, action, Idempotency_Key="k").content for _ in range(3)}
    assert len(answers) == 1
    assert alice.get("/opportunities/").json()["results"][0]["callbacks"] == 1
