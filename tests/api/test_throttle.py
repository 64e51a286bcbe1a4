"""So many requests of a key a minute, in each process."""

import pytest

from tenants.api import KeyThrottle
from tenants.domain import ClinicFacts
from tenants.limits import TokenBuckets
from tests.api.client import Machine, machine, require_problem


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


def test_the_rate_is_that_of_settings() -> None:
    assert (KeyThrottle.buckets._size, KeyThrottle.buckets._per_second) == (1200, 20)


@pytest.mark.django_db
def test_too_many_are_429(alice: Machine, clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeyThrottle, "buckets", TokenBuckets(3, 60))
    assert [alice.get("/calls/").status_code for _ in range(3)] == [200] * 3
    response = alice.get("/calls/")
    require_problem(response, 429)
    assert 0 < int(response["Retry-After"]) <= 20
    assert machine(clinic).get("/calls/").status_code == 200
    require_problem(Machine(None).get("/calls/"), 401)
