"""What the audit trail says of the API's writes: who and what, and nothing about a caller."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from attribution.models import Appointment
from tenants.domain import ClinicFacts
from tenants.models import AuditDetail, AuditEvent
from tenants.scope import as_clinic
from tests.api.client import NUMBER, Machine, a_call, an_appointment, machine, person, require_problem, trail
from tests.tenants import factories

pytestmark = pytest.mark.django_db
Who = Callable[[ClinicFacts], Machine]


def a_key(clinic: ClinicFacts) -> Machine:
    return machine(clinic)


def a_person(clinic: ClinicFacts) -> Machine:
    return person(factories.alice())


WHO = [("key", a_key), ("person", a_person)]


def details(clinic: ClinicFacts) -> list[dict[str, Any]]:
    with as_clinic(clinic.id):
        last = AuditEvent.objects.order_by("-seq")[0]
        return [json.loads(row.details) for row in AuditDetail.objects.filter(seq=last.seq)]


@pytest.mark.parametrize(("kind", "who"), WHO)
def test_a_changed_appointment_by_our_own_id_of_it(kind: str, who: Who, clinic: ClinicFacts) -> None:
    asking = who(clinic)
    a_key(clinic).post("/appointments/", an_appointment(external_id="Mrs Miller 4711"))
    answer = asking.patch("/appointments/Mrs Miller 4711/", {"status": "cancelled", "value": "85.00"})
    assert answer.status_code == 200, answer.content
    with as_clinic(clinic.id):
        appointment = Appointment.objects.get()
    assert trail(clinic) == [("appointment_changed", kind, str(appointment.id))]
    (said,) = details(clinic)
    assert said["before"] == {"status": "booked", "value": None}
    assert said["after"] == {"status": "cancelled", "value": "85.00"}
    with as_clinic(clinic.id):
        kept = "".join(AuditDetail.objects.values_list("details", flat=True))
    assert "Miller" not in kept and "900123" not in kept and str(appointment.caller) not in kept


def test_a_change_that_changes_nothing_is_not(alice: Machine, clinic: ClinicFacts) -> None:
    alice.post("/appointments/", an_appointment(external_id="one"))
    assert alice.patch("/appointments/one/", {"status": "booked"}).status_code == 200
    require_problem(alice.patch("/appointments/two/", {"status": "booked"}), 404)
    require_problem(alice.patch("/appointments/one/", {"status": "lost"}), 400)
    assert trail(clinic) == []


@pytest.mark.parametrize(("kind", "who"), WHO)
@pytest.mark.parametrize("number", [NUMBER, "+447700900999", "anonymous"])
def test_a_look_up_whether_somebody_is_found_or_not(kind: str, who: Who, number: str, clinic: ClinicFacts) -> None:
    asking = who(clinic)
    caller = a_key(clinic).post("/calls/", a_call()).json()["caller"]
    assert asking.post("/callers/lookup/", {"number": number}).status_code == 200
    assert trail(clinic) == [("caller_looked_up", kind, "")]
    (said,) = details(clinic)
    assert set(said) == {"address"}
    assert caller not in json.dumps(said)


def test_a_look_up_that_is_refused_is_not(alice: Machine, clinic: ClinicFacts) -> None:
    require_problem(alice.post("/callers/lookup/", {"number": None}), 400)
    for _ in range(11):
        alice.post("/callers/lookup/", {"number": NUMBER})
    assert [row[0] for row in trail(clinic)] == ["caller_looked_up"] * 10


def test_each_person_has_ten_look_ups_an_hour(clinic: ClinicFacts, alice: Machine) -> None:
    owner = factories.alice()
    answers = [person(owner).post("/callers/lookup/", {"number": NUMBER}).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert alice.post("/callers/lookup/", {"number": NUMBER}).status_code == 200


def test_calls_and_new_appointments_are_counted_and_not_on_record(alice: Machine, clinic: ClinicFacts) -> None:
    alice.post("/calls/", [a_call(), {}])
    alice.post("/appointments/", [an_appointment(), {}])
    assert trail(clinic) == []


def test_idempotency_keys_of_a_person_are_their_own(alice: Machine, clinic: ClinicFacts) -> None:
    sent, owner = a_call(), person(factories.alice())
    assert alice.post("/calls/", sent, Idempotency_Key="k").status_code == 201
    assert owner.post("/calls/", sent, Idempotency_Key="k").status_code == 200
    assert owner.post("/calls/", sent, Idempotency_Key="k")["Idempotent-Replayed"] == "true"
