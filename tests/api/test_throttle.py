"""How often somebody may ask: in one process, in all of them together, and through the doors."""

import threading
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from tenants import throttles
from tenants.domain import ClinicFacts
from tenants.limits import TokenBuckets
from tenants.models import Throttle
from tenants.throttles import Limit
from tests.api.client import Machine, machine, person, require_problem
from tests.tenants import factories


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_is_empty_after_its_size() -> None:
    buckets = TokenBuckets(3, 60, Clock())
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a") == pytest.approx(20)
    assert buckets.take("b") == 0


def test_it_fills_evenly_and_never_over() -> None:
    clock = Clock()
    buckets = TokenBuckets(3, 60, clock)
    for _ in range(3):
        buckets.take("a")
    clock.now += 20
    assert buckets.take("a") == 0
    assert buckets.take("a") == pytest.approx(20)
    clock.now += 10_000
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a") > 0


def test_a_refusal_takes_nothing() -> None:
    clock = Clock()
    buckets = TokenBuckets(1, 60, clock)
    buckets.take("a")
    for _ in range(100):
        assert buckets.take("a") == pytest.approx(60)


def test_names_that_are_full_again_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.limits._MOST_NAMES", 10)
    clock = Clock()
    buckets = TokenBuckets(2, 60, clock)
    for name in range(10):
        buckets.take(name)
    clock.now += 31
    buckets.take("new")
    assert len(buckets._full_at) == 1


@pytest.mark.parametrize(("rate", "size", "period"), [("1200/min", 1200, 60), ("5/s", 5, 1), ("10/hour", 10, 3600)])
def test_rates_are_read(rate: str, size: int, period: int) -> None:
    buckets = TokenBuckets.from_rate(rate)
    assert (buckets._size, buckets._per_second) == (size, size / period)


def pass_time(limit: Limit, who: str, seconds: float) -> None:
    """The clock of the limits is the database's: the bucket is moved back instead."""
    row = Throttle.objects.get(name=limit.name_of(who))
    Throttle.objects.filter(pk=row.pk).update(full_at=row.full_at - timedelta(seconds=seconds))


@pytest.mark.django_db
def test_a_limit_is_a_bucket_that_refills_evenly() -> None:
    limit = Limit("test", 3, 60)
    assert [limit.take("a") for _ in range(3)] == [0, 0, 0]
    assert limit.take("a") == pytest.approx(20, abs=0.5)
    assert limit.take("b") == 0
    limit.forget()
    pass_time(limit, "a", 21)
    assert limit.take("a") == 0
    assert limit.take("a") == pytest.approx(19, abs=0.5)


@pytest.mark.django_db
def test_it_survives_a_restart() -> None:
    before = Limit("test", 3, 60)
    assert [before.take("a") for _ in range(3)] == [0, 0, 0]
    assert Limit("test", 3, 60).take("a") > 19


@pytest.mark.django_db
def test_two_processes_share_it() -> None:
    one, other = Limit("test", 6, 60), Limit("test", 6, 60)
    assert [limit.take("a") for limit in (one, other) * 3] == [0] * 6
    assert one.take("a") > 9 and other.take("a") > 9


@pytest.mark.django_db
@pytest.mark.parametrize("processes", [1, 4])
def test_a_large_one_costs_a_statement_for_a_twentieth(processes: int, django_assert_num_queries: Any) -> None:
    limits = [Limit("test", 1200, 60) for _ in range(processes)]
    with django_assert_num_queries(20):
        assert {limit.take("a") for _ in range(1200 // processes) for limit in limits} == {0}
    with django_assert_num_queries(2 * processes):  # whether there is any, and for how long there is none
        assert all(limit.take("a") > 0 for limit in limits)
    with django_assert_num_queries(0):
        assert all(limit.take("a") > 0 for limit in limits for _ in range(100))


@pytest.mark.django_db
def test_what_was_taken_ahead_is_given_up_after_a_period() -> None:
    clock = Clock()
    limit = Limit("test", 40, 60, clock)
    limit.take("a")
    clock.now += 61
    limit.take("a")
    assert limit._leases["a"].left == 1
    assert limit._leases["a"].until == clock.now + 60


@pytest.mark.django_db
def test_limits_do_not_mix_and_nobody_reads_a_name() -> None:
    Limit("one", 1, 60).take("alice@bright-smile.example")
    assert Limit("other", 1, 60).take("alice@bright-smile.example") == 0
    names = [bytes(name) for name in Throttle.objects.values_list("name", flat=True)]
    assert len(set(names)) == 2 and {len(name) for name in names} == {32}
    assert sha256(b"alice@bright-smile.example").digest() not in names


@pytest.mark.django_db
def test_it_can_be_filled_again() -> None:
    limit = Limit("test", 1, 60)
    limit.take("a")
    assert limit.take("a") > 0
    limit.fill("a")
    assert limit.take("a") == 0


@pytest.mark.django_db
def test_buckets_that_are_full_again_are_forgotten() -> None:
    limit = Limit("test", 2, 60)
    limit.take("a")
    limit.take("b")
    pass_time(limit, "a", 31)
    assert throttles.forget_full(timezone.now()) == 1
    assert [bytes(row.name) for row in Throttle.objects.all()] == [limit.name_of("b")]


@pytest.mark.django_db
def test_a_process_remembers_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.throttles._MOST_NAMES", 3)
    limit = Limit("test", 1, 60)
    for number in range(10):
        limit.take(str(number))
    assert len(limit._leases) <= 3
    assert limit.take("0") > 0


@pytest.mark.usefixtures("committed_db")
def test_many_at_once_get_no_more_than_there_is() -> None:
    taken: list[float] = []
    together = threading.Barrier(8)

    def take() -> None:
        limit = Limit("test", 5, 600)
        together.wait()
        try:
            taken.extend(limit.take("a") for _ in range(3))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), taken.count(0)) == (24, 5)


def test_the_documented_numbers() -> None:
    limits = {limit.what: (limit.size, limit.period) for limit in throttles.ALL}
    assert limits == {
        "key": (1200, 60), "person": (600, 60), "clinic": (6000, 60), "failures": (60, 60), "sign_ins": (10, 60),
        "refreshes": (60, 60), "attempts": (5, 300), "numbers": (60, 3600),
    }  # fmt: skip


@pytest.mark.django_db
def test_too_many_of_a_key_are_429(alice: Machine, clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttles, "PER_KEY", Limit("key", 3, 60))
    assert [alice.get("/calls/").status_code for _ in range(3)] == [200] * 3
    response = alice.get("/calls/")
    require_problem(response, 429)
    assert 0 < int(response["Retry-After"]) <= 20
    assert machine(clinic).get("/calls/").status_code == 200
    require_problem(Machine(None).get("/calls/"), 401)


@pytest.mark.django_db
def test_too_many_of_a_person_are_429(clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttles, "PER_PERSON", Limit("person", 3, 60))
    tokens = [person(factories.alice()) for _ in range(2)]  # another token is no other person
    assert [asking.get("/calls/").status_code for asking in (*tokens, *tokens)] == [200, 200, 200, 429]
    assert person(factories.bob(clinic)).get("/calls/").status_code == 200


@pytest.mark.django_db
def test_keys_of_a_clinic_share_its_limit(
    alice: Machine, charlie: Machine, clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles, "PER_CLINIC", Limit("clinic", 2, 60))
    assert [asking.get("/calls/").status_code for asking in (alice, machine(clinic), alice)] == [200, 200, 429]
    assert charlie.get("/calls/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["Api-Key", "Bearer"])
def test_who_is_wrong_too_often_gets_429_and_others_are_let_in(
    scheme: str, alice: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles, "FAILURES", Limit("failures", 2, 60))
    wrong = Machine(None)
    wrong.headers = {"Authorization": f"{scheme} wrong"}
    assert [wrong.get("/calls/").status_code for _ in range(3)] == [401, 401, 429]
    assert require_problem(wrong.get("/calls/"), 429)["type"] == "about:blank"
    assert alice.get("/calls/").status_code == 200
    assert wrong._client.get("/api/v1/calls/", headers=wrong.headers, REMOTE_ADDR="203.0.113.9").status_code == 401
