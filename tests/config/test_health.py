"""The two probes: alive asks nobody, ready asks everybody, and both answer in time whatever hangs."""

import socket
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from calls import partitions
from config import health
from retention.models import PurgeRun

IN_TIME = 3.0


@pytest.fixture
def ready(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A product that has all it needs, but for a broker, which these tests bring or not."""
    partitions.make_weeks_ahead(now=timezone.now())
    PurgeRun.objects.create(started_at=timezone.now(), finished_at=timezone.now())


@pytest.fixture
def silent_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def failed(answer: dict[str, dict[str, str]]) -> set[str]:
    return {name for name, result in answer["checks"].items() if result != "ok"}


def test_alive_asks_no_database() -> None:
    answer = Client().get("/healthz")  # without the mark `django_db` a query would raise
    assert (answer.status_code, answer.json()) == (200, {"alive": True})
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies


def test_ready_when_all_is_there(ready: None) -> None:
    answer = Client().get("/readyz")
    assert answer.json() == {
        "ready": True,
        "checks": dict.fromkeys(("database", "migrations", "weeks", "purge", "keystore", "broker"), "ok"),
        "set_aside": 0,
        "audit_checkpoint": "late",  # told, and no reason to serve nobody
    }
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_read_only(path: str, method: str) -> None:
    assert getattr(Client(), method)(path).status_code == 405


def test_without_a_broker_it_is_not_ready(ready: None, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = Client().get("/readyz")
    assert (answer.status_code, failed(answer.json())) == (503, {"broker"})


def test_a_broker_that_hangs_is_an_answer(ready: None, settings: Settings, silent_server: int) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{silent_server}/0"
    began = time.monotonic()
    answer = Client().get("/readyz")
    assert time.monotonic() - began < IN_TIME
    assert (answer.status_code, failed(answer.json())) == (503, {"broker"})


def test_a_database_that_hangs_is_an_answer(ready: None, superuser_sql: psycopg.Connection) -> None:
    with superuser_sql.transaction():
        superuser_sql.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        for _ in range(2):  # the second probe waits for the threads of the first
            began = time.monotonic()
            answer = Client().get("/readyz")
            assert time.monotonic() - began < IN_TIME
            assert failed(answer.json()) == {"migrations", "weeks", "purge"}
            assert answer.json()["set_aside"] is None
        assert len([thread for thread in threading.enumerate() if thread.name == "readyz-application database"]) == 1
    for _ in range(50):
        if Client().get("/readyz").status_code == 200:
            return
        time.sleep(0.1)
    pytest.fail("it did not recover")


def test_a_keystore_that_is_away_is_an_answer(ready: None, silent_server: int) -> None:
    connections["keystore"].close()
    before = {name: connections.settings["keystore"][name] for name in ("HOST", "PORT")}
    connections.settings["keystore"].update(HOST="127.0.0.1", PORT=str(silent_server))
    try:
        began = time.monotonic()
        answer = Client().get("/readyz")
        assert time.monotonic() - began < IN_TIME
        assert failed(answer.json()) == {"keystore"}
    finally:
        connections.settings["keystore"].update(before)


def test_without_its_weeks_it_is_not_ready(ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = partitions.week_of(timezone.now()) + 20 * partitions.WEEK
    monkeypatch.setattr(health, "weeks_wanted", lambda now: [missing])
    assert failed(Client().get("/readyz").json()) == {"weeks"}


def test_a_new_installation_has_not_purged_yet_and_is_not_late(committed_db: None) -> None:
    partitions.make_weeks_ahead(now=timezone.now())
    assert failed(Client().get("/readyz").json()) == set()


def test_a_late_purge_is_not_ready(ready: None) -> None:
    partitions.make_week(partitions.week_of(timezone.now() - 2 * partitions.MAX_AGE))
    assert failed(Client().get("/readyz").json()) == {"purge"}


def test_a_missing_migration_is_not_ready(ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = health.migrations_on_disk() | {("calls", "9999_to_come")}
    monkeypatch.setattr(health, "migrations_on_disk", lambda: newer)
    assert failed(Client().get("/readyz").json()) == {"migrations", "keystore"}


def test_no_answer_tells_why() -> None:
    def fail() -> bool:
        raise RuntimeError("password is hunter2")

    assert health.run_checks({"secret server": {"sesame": fail}}, 1) == {"sesame": None}
