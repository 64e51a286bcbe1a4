"""The doors of appointments: numbers in, verdicts out."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from attribution.models import Appointment
from attribution.services import attribute_changes
from calls.models import RefusalCount
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.api.client import NUMBER, Machine, a_call, ago, an_appointment, bad, require_problem

pytestmark = pytest.mark.django_db
FIELDS = {
    "id", "external_id", "booked_at", "type", "status", "value", "caller", "verdict", "reason", "recovered_value",
    "value_source", "explanation",
}  # fmt: skip
GOOD: list[dict[str, Any]] = [
    {"numbers": ["anonymous"]},
    {"numbers": [NUMBER, "020 7946 0000", "x", "", "+33123456789"]},
    {"type": "NPE"},
    {"type": ""},
    {"type": None},
    {"value": None},
    {"value": "0"},
    {"value": "85.5"},
    {"value": "999999.99"},
    {"value": 85},
    {"value": 85.5},
    {"status": "cancelled"},
    {"external_id": "a/b c?ü"},
]
BAD: list[tuple[str, dict[str, Any]]] = [
    *bad("external_id", None, "", " x", "x" * 65, 7, []),
    *bad("booked_at", None, "", "2026-01-01", "2026-01-01T00:00:00", 7, {}),
    *bad("numbers", None, [], NUMBER, {}, 7, [7], [None], [True], [[NUMBER]], ["x"] * 6, ["1" * 256], [NUMBER, {}]),
    *bad("type", 7, [], True, "x" * 41, " x", "a\nb"),
    *bad("value", -1, "-1", "85.555", 85.555, "1e3", "1,000", "£85", "", " 1", "1000000", 10**6, True, [], "NaN",
         "Infinity", "٨٥"),
    *bad("status", None, "", "Booked", "attended", 1, [], {}),
    ("number", {"number": NUMBER}),
    ("verdict", {"verdict": "recovered"}),
    ("recovered_value", {"recovered_value": "85.00"}),
]  # fmt: skip
REFUSED = [
    ("too_old", "booked_at", {"booked_at": "2020-01-01T00:00:00Z"}),
    ("in_future", "booked_at", {"booked_at": "2099-01-01T00:00:00Z"}),
    ("identifier_contains_number", "external_id", {"external_id": "x-07700900123"}),
    ("identifier_contains_number", "external_id", {"external_id": "02079460", "numbers": [NUMBER, "020 7946 0000"]}),
    ("label_contains_number", "type", {"type": "call 07700900123"}),
]


def only(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    (row,) = response.json()["results"]
    assert isinstance(row, dict)
    return row


@pytest.mark.parametrize("fields", GOOD)
def test_a_good_appointment_is_stored(fields: dict[str, Any], alice: Machine) -> None:
    sent = an_appointment(**fields)
    response = alice.post("/appointments/", sent)
    assert response.status_code == 201, response.content
    assert set(response.json()) == {"id", "external_id", "created"}
    shown = only(alice.get("/appointments/"))
    assert set(shown) == FIELDS
    assert shown["external_id"] == sent["external_id"]
    assert shown["status"] == sent["status"]
    value = sent.get("value")
    assert shown["value"] == (None if value is None else f"{Decimal(str(value)):.2f}")


def test_money_is_exact_and_text(alice: Machine) -> None:
    alice.send(
        "POST", "/appointments/",
        f'{{"external_id": "m", "booked_at": "{ago(hours=1).isoformat()}", "numbers": ["x"], "value": 0.1}}',
    )  # fmt: skip
    assert only(alice.get("/appointments/"))["value"] == "0.10"


def test_a_status_that_is_not_said_is_booked(alice: Machine) -> None:
    sent = an_appointment()
    del sent["status"]
    assert alice.post("/appointments/", sent).status_code == 201
    assert only(alice.get("/appointments/"))["status"] == "booked"


@pytest.mark.parametrize(("field", "fields"), BAD)
def test_a_bad_field_is_400(field: str, fields: dict[str, Any], alice: Machine, clinic: ClinicFacts) -> None:
    require_problem(alice.post("/appointments/", an_appointment(**fields)), 400, field)
    with as_clinic(clinic.id):
        assert not Appointment.objects.exists()


@pytest.mark.parametrize(("reason", "field", "fields"), REFUSED)
def test_what_cannot_be_kept_is_422(
    reason: str, field: str, fields: dict[str, Any], alice: Machine, clinic: ClinicFacts
) -> None:
    body = require_problem(alice.post("/appointments/", an_appointment(**fields)), 422, field)
    assert body["type"] == f"urn:ringback:problem:{reason}"
    with as_clinic(clinic.id):
        assert not Appointment.objects.exists()
        assert [(row.source, row.reason, row.count) for row in RefusalCount.objects.all()] == [("api", reason, 1)]


def test_a_mixed_list(alice: Machine) -> None:
    sent = [an_appointment(), {}, an_appointment(booked_at="2020-01-01T00:00:00Z"), 7, an_appointment()]
    items = alice.post("/appointments/", sent).json()
    assert [item["status"] for item in items] == [201, 400, 422, 400, 201]
    assert items[2]["problem"]["errors"][0]["pointer"] == "#/2/booked_at"
    again = alice.post("/appointments/", sent).json()
    assert [item["status"] for item in again] == [200, 400, 422, 400, 200]
    assert [item.get("id") for item in again] == [item.get("id") for item in items]


def test_a_thousand_at_once(alice: Machine) -> None:
    sent = [an_appointment(numbers=[f"+4477009{number:05}"]) for number in range(1000)]
    assert {item["status"] for item in alice.post("/appointments/", sent).json()} == {201}


def test_patch_changes_status_and_value(alice: Machine) -> None:
    alice.post("/appointments/", an_appointment(external_id="one", value="85.00"))
    changed = alice.patch("/appointments/one/", {"status": "cancelled"})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["status"], changed.json()["value"]) == ("cancelled", "85.00")
    assert set(changed.json()) == FIELDS
    changed = alice.patch("/appointments/one/", {"value": "90"})
    assert (changed.json()["status"], changed.json()["value"]) == ("cancelled", "90.00")


@pytest.mark.parametrize(
    ("field", "body"),
    [("", {}), ("status", {"status": None}), ("status", {"status": "x"}), ("value", {"value": None}),
     ("value", {"value": "-1"}), ("numbers", {"numbers": [NUMBER]}), ("external_id", {"external_id": "y"}),
     ("booked_at", {"booked_at": "2026-01-01T00:00:00Z"}), ("type", {"type": "x"}), ("", [])],
)  # fmt: skip
def test_a_bad_patch_is_400(field: str, body: Any, alice: Machine) -> None:
    alice.post("/appointments/", an_appointment(external_id="one"))
    require_problem(alice.patch("/appointments/one/", body), 400, field)


@pytest.mark.parametrize("external_id", ["none", "%00", "a%0ab", "a/b", "x" * 300, "%ff", "..", "+447700900123"])
def test_an_unknown_appointment_is_404(external_id: str, alice: Machine) -> None:
    require_problem(alice.patch(f"/appointments/{external_id}/", {"status": "booked"}), 404)


@pytest.mark.parametrize(
    ("external_id", "path"), [("a/b", "a/b"), ("a/b", "a%2Fb"), ("a b?", "a%20b%3F"), ("ü", "%C3%BC")]
)
def test_any_external_id_can_be_named(external_id: str, path: str, alice: Machine) -> None:
    alice.post("/appointments/", an_appointment(external_id=external_id))
    assert alice.patch(f"/appointments/{path}/", {"value": "1"}).json()["external_id"] == external_id


def test_another_clinics_appointment_is_404(alice: Machine, charlie: Machine) -> None:
    charlie.post("/appointments/", an_appointment(external_id="theirs"))
    require_problem(alice.patch("/appointments/theirs/", {"status": "cancelled"}), 404)
    assert only(charlie.get("/appointments/"))["status"] == "booked"
    assert alice.get("/appointments/").json()["results"] == []


def win_back(alice: Machine, clinic: ClinicFacts) -> dict[str, Any]:
    """A missed call, a callback that reached the caller, a booking."""
    calls = [
        a_call(started_at=ago(hours=3).isoformat()),
        a_call(direction="outbound", outcome="answered", talk_seconds=60, started_at=ago(hours=2).isoformat()),
    ]
    assert {item["status"] for item in alice.post("/calls/", calls).json()} == {201}
    booked = an_appointment(external_id="won", booked_at=ago(hours=1).isoformat(), value="120.00", type="NPE")
    assert alice.post("/appointments/", booked).status_code == 201
    assert attribute_changes(clinic_id=clinic.id, now=timezone.now()) > 0
    return only(alice.get("/appointments/"))


def test_the_verdict_and_its_reason(alice: Machine, clinic: ClinicFacts) -> None:
    shown = win_back(alice, clinic)
    assert (shown["verdict"], shown["reason"], shown["type"]) == ("recovered", "callback", "NPE")
    assert (shown["value"], shown["recovered_value"], shown["value_source"]) == ("120.00", "120.00", "appointment")
    assert shown["caller"] and "£120" in shown["explanation"]
    assert datetime.fromisoformat(shown["booked_at"]).utcoffset() is not None


def test_filters(alice: Machine, clinic: ClinicFacts) -> None:
    win_back(alice, clinic)
    alice.post("/appointments/", an_appointment(external_id="off", status="cancelled", numbers=["anonymous"]))

    def found(**query: str) -> list[str]:
        return [row["external_id"] for row in alice.get("/appointments/", **query).json()["results"]]

    assert found() == ["off", "won"]
    assert found(status="cancelled") == found(reason="cancelled") == ["off"]
    assert found(verdict="recovered") == found(reason="callback") == ["won"]
    assert found(**{"from": (ago(minutes=30)).isoformat()}) == ["off"]
    assert found(to=ago(minutes=30).isoformat()) == ["won"]
    assert found(to=f"{timezone.localdate(timezone=clinic.zone) - timedelta(days=2)}") == []
    for field in ("status", "verdict", "reason"):
        require_problem(alice.get("/appointments/", **{field: "x"}), 400, field)


def test_pages(alice: Machine) -> None:
    alice.post("/appointments/", [an_appointment() for _ in range(7)])
    whole = [row["id"] for row in alice.get("/appointments/").json()["results"]]
    body = alice.get("/appointments/", page_size=3).json()
    seen = [row["id"] for row in body["results"]]
    while body["next"]:
        body = alice.follow(body["next"]).json()
        seen += [row["id"] for row in body["results"]]
    assert seen == whole
    assert [row["id"] for row in alice.follow(body["previous"]).json()["results"]] == whole[3:6]
