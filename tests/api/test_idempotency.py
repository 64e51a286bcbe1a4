"""`Idempotency-Key`: the same request is carried out once a day, also when it comes twice at the same time."""

import threading
from datetime import timedelta
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from calls import intake
from calls.models import Call, RefusalCount
from tenants.domain import ClinicFacts
from tenants.idempotency import forget_expired
from tenants.models import IdempotentAnswer
from tenants.scope import as_clinic
from tests.api.client import NUMBER, Machine, a_call, ago, machine, require_problem
from tests.tenants.factories import bright_smile


@pytest.mark.django_db
def test_the_same_request_gets_the_same_answer(alice: Machine, clinic: ClinicFacts) -> None:
    sent = a_call()
    first = alice.post("/calls/", sent, Idempotency_Key="key-1")
    again = alice.post("/calls/", dict(reversed(sent.items())), Idempotency_Key="key-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
    assert again["Content-Type"] == first["Content-Type"]


@pytest.mark.django_db
def test_a_list_is_answered_again_in_full(alice: Machine) -> None:
    sent = [a_call(), {}, a_call(started_at="2020-01-01T00:00:00Z")]
    answers = {alice.post("/calls/", sent, Idempotency_Key="k").content for _ in range(3)}
    assert len(answers) == 1


@pytest.mark.django_db
def test_another_request_with_the_key_is_422(alice: Machine, clinic: ClinicFacts) -> None:
    sent = a_call()
    alice.post("/calls/", sent, Idempotency_Key="k")
    for other in (sent | {"line": "x"}, [sent], a_call()):
        body = require_problem(alice.post("/calls/", other, Idempotency_Key="k"), 422)
        assert body["type"].endswith("idempotency_key_reused")
    require_problem(alice.post("/appointments/", sent, Idempotency_Key="k"), 422)
    with as_clinic(clinic.id):
        assert Call.objects.count() == 1


@pytest.mark.django_db
def test_a_key_is_one_machines_own(alice: Machine, charlie: Machine, clinic: ClinicFacts) -> None:
    beside = machine(clinic)
    for asking in (alice, beside, charlie):
        response = asking.post("/calls/", a_call(), Idempotency_Key="k")
        assert response.status_code == 201 and "Idempotent-Replayed" not in response


@pytest.mark.django_db
def test_a_problem_is_not_kept(alice: Machine, clinic: ClinicFacts) -> None:
    require_problem(alice.post("/calls/", a_call(number=7), Idempotency_Key="k"), 400)
    require_problem(alice.post("/calls/", a_call(started_at="2020-01-01T00:00:00Z"), Idempotency_Key="k"), 422)
    assert alice.post("/calls/", a_call(), Idempotency_Key="k").status_code == 201


@pytest.mark.django_db
def test_refusals_are_counted_all_the_same(alice: Machine, clinic: ClinicFacts) -> None:
    alice.post("/calls/", a_call(started_at="2020-01-01T00:00:00Z"), Idempotency_Key="k")
    with as_clinic(clinic.id):
        assert RefusalCount.objects.get().count == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä", "a\tb"])
def test_a_bad_key_is_400(key: str, alice: Machine) -> None:
    require_problem(alice.post("/calls/", a_call(), Idempotency_Key=key), 400)


@pytest.mark.django_db
def test_after_a_day_a_key_is_free_again(alice: Machine, clinic: ClinicFacts) -> None:
    alice.post("/calls/", a_call(), Idempotency_Key="k")
    with as_clinic(clinic.id):
        IdempotentAnswer.objects.update(created_at=ago(hours=23, minutes=59))
    require_problem(alice.post("/calls/", a_call(), Idempotency_Key="k"), 422)
    with as_clinic(clinic.id):
        IdempotentAnswer.objects.update(created_at=ago(hours=24))
    assert alice.post("/calls/", a_call(), Idempotency_Key="k").status_code == 201


@pytest.mark.django_db
def test_what_is_a_day_old_goes(alice: Machine, clinic: ClinicFacts) -> None:
    alice.post("/calls/", a_call(), Idempotency_Key="k")
    alice.post("/callers/lookup/", {"number": NUMBER})
    assert forget_expired(clinic_id=clinic.id, now=timezone.now()) == 0
    assert forget_expired(clinic_id=clinic.id, now=timezone.now() + timedelta(hours=24)) == 2


@pytest.mark.django_db
def test_nothing_is_kept_by_which_a_number_could_be_tried(alice: Machine, clinic: ClinicFacts) -> None:
    alice.post("/calls/", a_call(), Idempotency_Key="a-key")
    with as_clinic(clinic.id):
        row = IdempotentAnswer.objects.get()
    kept = b"".join([bytes(row.key_hash), bytes(row.body_hash), row.answer.encode()])
    assert b"a-key" not in kept and b"900123" not in kept
    assert sha256(b"a-key").digest() not in kept
    assert len(row.key_hash) == len(row.body_hash) == 32


@pytest.mark.usefixtures("committed_db")
def test_two_at_once_are_one(superuser_sql: psycopg.Connection) -> None:
    asking = machine(bright_smile())
    sent = [a_call() for _ in range(20)]
    assert asking.get("/calls/").status_code == 200
    answers: list[Any] = []
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        try:
            answers.append(Machine.post(same_key(asking), "/calls/", sent, Idempotency_Key="k"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.content for answer in answers}) == 1
    assert {item["status"] for item in answers[0].json()} == {201}
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert superuser_sql.execute("SELECT count(*) FROM calls_call").fetchone() == (20,)


@pytest.mark.usefixtures("committed_db")
def test_what_failed_is_not_answered_again(superuser_sql: psycopg.Connection, monkeypatch: Any) -> None:
    # of a week that nobody has made yet: its making is undone with the rest
    asking, sent = machine(bright_smile()), a_call(started_at=ago(days=60).isoformat())

    def fail(**arguments: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(intake, "record_call", fail)
        require_problem(asking.post("/calls/", sent, Idempotency_Key="k"), 503)
    assert superuser_sql.execute("SELECT count(*) FROM tenants_idempotentanswer").fetchone() == (0,)
    assert asking.post("/calls/", sent, Idempotency_Key="k").status_code == 201


def same_key(asking: Machine) -> Machine:
    """Another client with the same key: Django's test client is not for two threads."""
    other = Machine(None)
    other.headers = asking.headers
    return other
