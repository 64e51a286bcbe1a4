"""POST /calls/: one or a list, each item with its own answer; the natural key makes repeats harmless."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from calls import intake
from calls.domain import CallerKind, Outcome
from calls.models import Call, Change, RefusalCount
from calls.services import record_call
from tenants.api_fields import read_time
from tenants.domain import ClinicFacts
from tenants.models import Clinic
from tenants.scope import as_clinic
from tests.api.client import NUMBER, Machine, a_call, ago, bad, require_problem

pytestmark = pytest.mark.django_db

GOOD: list[dict[str, Any]] = [
    {"number": None},
    {"number": ""},
    {"number": "anonymous"},
    {"number": "07700 900123"},
    {"number": "not a number"},
    {"number": "x" * 255},
    {"number": "'; DROP TABLE calls_call; --"},
    {"line": "Front desk"},
    {"line": ""},
    {"line": None},
    {"line": "x" * 40},
    {"ring_seconds": 0},
    {"ring_seconds": None},
    {"ring_seconds": 604_800},
    {"talk_seconds": 0},
    {"talk_seconds": None},
    {"outcome": "answered", "talk_seconds": 604_800},
    {"outcome": "voicemail"},
    {"direction": "outbound", "outcome": "answered"},
    {"external_id": "x"},
    {"external_id": "ä" * 64},
    {"external_id": "a b/c?d#e%20"},
    {"external_id": "😀"},
    {"external_id": "1234567"},  # seven digits, but not those of its number
]
BAD: list[tuple[str, dict[str, Any]]] = [
    *bad("external_id", None, "", " ", " x", "x ", "x" * 65, 7, True, [], {}, "a\nb", "a\tb", "\u200b"),
    *bad("direction", None, "", "Inbound", "in", 1, True, [], ["inbound"], {}),
    *bad("outcome", None, "", "ringing", "unknown", "MISSED", 2, [], {}),
    *bad("started_at", None, "", "now", 1767225600, 1.5, True, [], {}, "2026-01-01", "2026-01-01T00:00:00",
         "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:01Z", "2026-01-01T00:00:60Z",
         "2026-W05-1T00:00:00Z", "20260101T000000Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
         "1999-12-31T23:59:59Z",
         "2026-01-01T00:00:00+25:00", "2026-01-01T00:00:00 Z", "٢٠٢٦-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ"),
    *bad("number", 447700900123, 4.5, True, [], ["+447700900123"], {}, "1" * 256),
    *bad("line", 1, True, [], {}, "x" * 41, " x", "a\nb"),
    *bad("ring_seconds", -1, 604_801, 1.5, 1.0, "1", "", True, [], {}, 10**15),
    *bad("talk_seconds", -1, 604_801, 1.5, "1", True, []),
    ("talk_seconds", {"outcome": "missed", "talk_seconds": 1}),
    ("talk_seconds", {"outcome": "voicemail", "talk_seconds": 1}),
    ("talk_seconds", {"outcome": "answered", "talk_seconds": 604_801}),
    ("numbers", {"numbers": [NUMBER]}),
    ("External_id", {"External_id": "x"}),
]  # fmt: skip
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("too_old", "started_at", {"started_at": "2020-01-01T00:00:00Z"}),
    ("in_future", "started_at", {"started_at": "2099-01-01T00:00:00Z"}),
    ("identifier_contains_number", "external_id", {"external_id": "20260101-447700900123"}),
    ("identifier_contains_number", "external_id", {"external_id": "x 7700 900 123"}),
    ("identifier_contains_number", "external_id", {"external_id": "4477009"}),
    ("label_contains_number", "line", {"line": "020 7946 0123"}),
]


@pytest.mark.parametrize("fields", GOOD)
def test_a_good_call_is_stored(fields: dict[str, Any], alice: Machine) -> None:
    response = alice.post("/calls/", a_call(**fields))
    assert response.status_code == 201, response.content
    assert set(response.json()) == {"id", "caller", "created"}
    assert response.json()["created"] is True


def test_what_was_sent_is_what_is_stored(alice: Machine, clinic: ClinicFacts) -> None:
    started_at = ago(hours=2)
    sent = a_call(
        outcome="answered", direction="outbound", line="Desk", ring_seconds=7, talk_seconds=61,
        started_at=started_at.astimezone(clinic.zone).isoformat(),
    )  # fmt: skip
    answer = alice.post("/calls/", sent).json()
    with as_clinic(clinic.id):
        row = Call.objects.get(id=answer["id"])
        assert Change.objects.filter(caller=row.caller).count() == 1
    assert (row.outcome, row.direction, row.line) == (Outcome.ANSWERED, 2, "Desk")
    assert (row.ring_seconds, row.talk_seconds, row.started_at, row.source) == (7, 61, started_at, "api")
    assert str(row.caller) == answer["caller"]


@pytest.mark.parametrize("text", ["2026-10-25T01:30:00+01:00", "2026-10-25T00:30:00Z", "2026-10-25t00:30:00.000000000z",
                                  "2026-10-25T01:30+0100"])  # fmt: skip
def test_times_are_instants(text: str, clinic: ClinicFacts) -> None:
    assert read_time(text) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "kind"),
    [(None, CallerKind.WITHHELD), ("anonymous", CallerKind.WITHHELD), ("Restricted", CallerKind.WITHHELD),
     ("101", CallerKind.NOT_A_PERSON), ("reception", CallerKind.NOT_A_PERSON), (NUMBER, CallerKind.CALLER)],
)  # fmt: skip
def test_who_called(number: str | None, kind: CallerKind, alice: Machine, clinic: ClinicFacts) -> None:
    answer = alice.post("/calls/", a_call(number=number)).json()
    with as_clinic(clinic.id):
        assert Call.objects.get(id=answer["id"]).kind == kind
    assert (answer["caller"] is not None) is (kind is CallerKind.CALLER)


def test_spellings_are_one_caller_and_clinics_are_not(alice: Machine, charlie: Machine) -> None:
    spellings = (NUMBER, "07700900123", "0044 7700-900-123", "tel:+447700900123", "<sip:+447700900123@pbx.example>")
    mine = {alice.post("/calls/", a_call(number=spelling)).json()["caller"] for spelling in spellings}
    assert len(mine) == 1 and mine != {None}
    assert charlie.post("/calls/", a_call(number=NUMBER)).json()["caller"] not in mine


def test_a_repeat_changes_nothing(alice: Machine, clinic: ClinicFacts) -> None:
    sent = a_call()
    first, again = alice.post("/calls/", sent), alice.post("/calls/", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "created": False}
    with as_clinic(clinic.id):
        assert Call.objects.count() == 1


def test_a_repeat_can_say_more(alice: Machine, clinic: ClinicFacts) -> None:
    sent = a_call(outcome="missed")
    alice.post("/calls/", sent)
    alice.post("/calls/", sent | {"outcome": "answered", "talk_seconds": 30})
    alice.post("/calls/", sent)
    with as_clinic(clinic.id):
        assert (Call.objects.get().outcome, Call.objects.get().talk_seconds) == (Outcome.ANSWERED, 30)


def test_an_id_is_one_clinics_own(alice: Machine, charlie: Machine) -> None:
    sent = a_call(external_id="same")
    mine, theirs = alice.post("/calls/", sent), charlie.post("/calls/", sent)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


@pytest.mark.parametrize(("field", "fields"), BAD)
def test_a_bad_field_is_400(field: str, fields: dict[str, Any], alice: Machine, clinic: ClinicFacts) -> None:
    body = require_problem(alice.post("/calls/", a_call(**fields)), 400, field)
    assert body["type"] == "urn:ringback:problem:invalid"
    assert body["errors"][0]["pointer"] == f"#/{field}"
    with as_clinic(clinic.id):
        assert not Call.objects.exists()


@pytest.mark.parametrize("field", ["external_id", "direction", "outcome", "started_at", "number"])
def test_a_missing_field_is_400(field: str, alice: Machine) -> None:
    sent = a_call()
    del sent[field]
    require_problem(alice.post("/calls/", sent), 400, field)


@pytest.mark.parametrize(("reason", "field", "fields"), REFUSED)
def test_what_cannot_be_kept_is_422(
    reason: str, field: str, fields: dict[str, Any], alice: Machine, clinic: ClinicFacts
) -> None:
    body = require_problem(alice.post("/calls/", a_call(**fields)), 422, field)
    assert body["type"] == f"urn:ringback:problem:{reason}"
    assert body["detail"].startswith(f"{reason}: ")
    with as_clinic(clinic.id):
        assert not Call.objects.exists()
        assert [(row.source, row.reason, row.count) for row in RefusalCount.objects.all()] == [("api", reason, 1)]


def test_the_limit_is_the_clinics_own(alice: Machine, clinic: ClinicFacts) -> None:
    at = (timezone.now() - timedelta(days=40)).isoformat()
    assert alice.post("/calls/", a_call(started_at=at)).status_code == 201
    Clinic.objects.filter(pk=clinic.id).update(retention_days=30)
    require_problem(alice.post("/calls/", a_call(started_at=at)), 422)


def test_one_bad_item_spoils_no_other(alice: Machine, clinic: ClinicFacts) -> None:
    sent = [a_call(), a_call(number=7), 7, None, a_call(started_at="2020-01-01T00:00:00Z"), {}, a_call(), [a_call()]]
    response = alice.post("/calls/", sent)
    assert response.status_code == 200
    items = response.json()
    assert [item["status"] for item in items] == [201, 400, 400, 400, 422, 400, 201, 400]
    assert all(("problem" in item) is (item["status"] >= 400) for item in items)
    assert items[1]["problem"]["errors"][0]["pointer"] == "#/1/number"
    assert items[4]["problem"]["type"] == "urn:ringback:problem:too_old"
    assert len({error["field"] for error in items[5]["problem"]["errors"]}) == 5
    with as_clinic(clinic.id):
        assert {str(row.id) for row in Call.objects.all()} == {items[0]["id"], items[6]["id"]}
        counted = {row.reason: row.count for row in RefusalCount.objects.all()}
    assert counted == {"unreadable": 5, "too_old": 1}


def test_answers_keep_the_order_of_the_list(alice: Machine) -> None:
    sent = [a_call(number=f"+44770090{number:04}") for number in range(30)]
    alone = [alice.post("/calls/", call).json()["id"] for call in sent]
    listed = alice.post("/calls/", sent).json()
    assert [item["id"] for item in listed] == alone
    assert {item["status"] for item in listed} == {200}


def test_a_call_twice_in_a_list_is_one(alice: Machine) -> None:
    sent = a_call()
    first, again = alice.post("/calls/", [sent, sent]).json()
    assert first["id"] == again["id"]
    assert [first["created"], again["created"]] == [True, False]


def test_an_empty_list_is_nothing_to_do(alice: Machine) -> None:
    response = alice.post("/calls/", [])
    assert (response.status_code, response.json()) == (200, [])


def test_a_thousand_calls_at_once(alice: Machine, clinic: ClinicFacts) -> None:
    sent = [a_call(number=f"+4477009{number:05}") for number in range(1000)]
    items = alice.post("/calls/", sent).json()
    assert {item["status"] for item in items} == {201}
    with as_clinic(clinic.id):
        assert Call.objects.count() == 1000


def test_more_than_a_thousand_are_refused_whole(alice: Machine, clinic: ClinicFacts) -> None:
    body = require_problem(alice.post("/calls/", [a_call() for _ in range(1001)]), 400)
    assert body["type"].endswith("too_many_items")
    with as_clinic(clinic.id):
        assert not Call.objects.exists()


def test_a_list_is_stored_in_one_transaction(alice: Machine, clinic: ClinicFacts, monkeypatch: Any) -> None:
    kept, seen = record_call, []

    def fail_at_third(**arguments: Any) -> Any:
        seen.append(arguments)
        if len(seen) == 3:
            raise OperationalError
        return kept(**arguments)

    monkeypatch.setattr(intake, "record_call", fail_at_third)
    response = alice.post("/calls/", [a_call() for _ in range(5)])
    require_problem(response, 503)
    assert int(response["Retry-After"]) > 0
    with as_clinic(clinic.id):
        assert not Call.objects.exists()
