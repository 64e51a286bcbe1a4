"""The purge among others, with data that is really committed: in nobody's way, killed at any point, nothing left."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from retention import services, sweeps
from retention.models import DeletionLog, PurgeRun
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.retention.rows import MONDAY, add_appointment, add_call, add_hash, add_opportunity, instant
from tests.tenants.factories import bright_smile, oak_street

DUE = instant(MONDAY, days=90)
COPY_OF_CALL = (
    "INSERT INTO calls_call SELECT clinic_id, started_at, %s, %s, talk_seconds, ring_seconds, kind, direction, outcome,"
    " line, source FROM calls_call LIMIT 1"
)


def test_a_week_in_use_waits_for_the_next_run(
    committed_db: None, superuser_sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = bright_smile()
    add_call(clinic, instant(MONDAY))
    monkeypatch.setattr("retention.batches.FIRST_PAUSE_SECONDS", 0.001)
    with superuser_sql.transaction():
        superuser_sql.execute("SELECT FROM calls_call LIMIT 1")
        report = services.purge_expired(now=DUE)
    assert report.busy == [f"week {MONDAY:%G-W%V}"]
    assert PurgeRun.objects.get().finished_at is None
    with as_clinic(clinic.id):
        assert not DeletionLog.objects.exists()
    assert services.purge_expired(now=DUE).totals() == {(clinic.id, "calls"): 1}


def test_a_message_that_arrives_while_a_week_goes_is_in_the_count_or_refused(
    committed_db: None, superuser_sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that is not committed yet when the purge begins: the purge waits for it and counts it."""
    clinic = bright_smile()
    caller = add_call(clinic, instant(MONDAY))
    monkeypatch.setattr("retention.batches.time.sleep", lambda _: superuser_sql.commit())
    superuser_sql.autocommit = False
    superuser_sql.execute(COPY_OF_CALL, [uuid.uuid4(), caller])
    report = services.purge_expired(now=DUE)
    assert report.totals() == {(clinic.id, "calls"): 2}


def test_no_call_slips_in_between_the_count_and_the_drop(
    committed_db: None, superuser_sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = bright_smile()
    caller = add_call(clinic, instant(MONDAY))
    superuser_sql.execute("SET lock_timeout = '100ms'")
    refused = []
    log_week = sweeps.log_week

    def log_and_be_overtaken(*args: Any) -> list[tuple[str, int]]:
        logged = log_week(*args)
        try:
            superuser_sql.execute(COPY_OF_CALL, [uuid.uuid4(), caller])
        except psycopg.errors.LockNotAvailable as error:
            refused.append(error)
        return logged

    monkeypatch.setattr(sweeps, "log_week", log_and_be_overtaken)
    assert services.purge_expired(now=DUE).totals() == {(clinic.id, "calls"): 1}
    assert len(refused) == 1


class Killed(BaseException):
    """Undoes the open transaction, as a kill would."""


def test_stopped_at_every_single_statement_the_counts_add_up(
    committed_db: None, superuser_sql: psycopg.Connection
) -> None:
    now = DUE + timedelta(days=3)
    add_history(bright_smile(retention_days=30), days=range(2, 66, 8))
    before = rows_and_log(superuser_sql)
    number = 0
    while stop_at_a_statement(number := number + 1, now):
        assert rows_and_log(superuser_sql) == before
    assert number > 30
    assert rows_and_log(superuser_sql) == before
    assert services.purge_expired(now=now).deletions == []


def stop_at_a_statement(number: int, now: datetime) -> bool:
    """Whether the purge was stopped; False when it came to its end first."""
    left = number

    def count_down(execute: Callable[..., Any], *statement: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        return execute(*statement)

    try:
        with connection.execute_wrapper(count_down):
            services.purge_expired(now=now)
    except Killed:
        return True
    return False


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_its_end_and_the_counts_add_up(
    committed_db: None, superuser_sql: psycopg.Connection
) -> None:
    now = DUE + timedelta(days=3)
    clinics = bright_smile(), oak_street(retention_days=30)
    for clinic in clinics:
        add_history(clinic, days=range(0, 90, 5))
    before = rows_and_log(superuser_sql)
    connection.close()

    kills = 0
    while kill_at_a_statement(10 + 13 * kills, now.isoformat()):
        kills += 1
        assert rows_and_log(superuser_sql) == before
        assert kills < 50

    assert kills > 5
    assert rows_and_log(superuser_sql) == before
    assert services.purge_expired(now=now).deletions == []


def add_history(clinic: ClinicFacts, days: Iterable[int]) -> None:
    for day in days:
        at = instant(MONDAY, days=day, hours=1)
        caller = add_call(clinic, at)
        add_hash(clinic, at, caller)
        add_opportunity(clinic, at, caller, add_appointment(clinic, at, caller))


def kill_at_a_statement(number: int, now: str) -> bool:
    """Whether the purge was killed; False when it came to its end first."""
    script = Path(__file__).with_name("killed_purge.py")
    done = subprocess.run([sys.executable, script, str(number), now], check=False, capture_output=True, text=True)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode == -9


def rows_and_log(sql: psycopg.Connection) -> dict[str, int]:
    """Of each kind: rows there are plus rows that the log says are gone."""
    tables = {
        "calls": "calls_call",
        "caller_hashes": "calls_callerhash",
        "appointments": "attribution_appointment",
        "opportunities": "attribution_opportunity",
    }
    logged = "SELECT coalesce(sum(count), 0) FROM retention_deletionlog WHERE what = %s"
    counted = {
        what: sql.execute(f"SELECT (SELECT count(*) FROM {table}) + ({logged})", [what]).fetchone()
        for what, table in tables.items()
    }
    return {what: int(row[0]) for what, row in counted.items() if row}


def test_nothing_of_a_dropped_week_is_left_in_the_data_directory(
    committed_db: None, superuser_sql: psycopg.Connection
) -> None:
    clinic = bright_smile()
    hashes = [add_hash(clinic, instant(MONDAY), add_call(clinic, instant(MONDAY, minutes=n))) for n in range(200)]
    superuser_sql.execute("ANALYZE")
    directory = data_directory(superuser_sql)
    assert len(found_in(directory, hashes)) == 200
    services.purge_expired(now=DUE)
    superuser_sql.execute("CHECKPOINT")
    assert found_in(directory, hashes) == set()


def data_directory(sql: psycopg.Connection) -> Path:
    sql.execute("CHECKPOINT")
    row = sql.execute(
        "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    assert row is not None
    directory = Path(row[0]) / "base" / str(row[1])
    if not directory.is_dir():
        pytest.skip("the server's files are not on this machine")
    return directory


def found_in(directory: Path, hashes: list[bytes]) -> set[bytes]:
    """Which of the hashes, or of their hexadecimal forms, some file of the database holds."""
    files = [path.read_bytes() for path in directory.iterdir()]
    return {sample for sample in hashes if any(sample in held or sample.hex().encode() in held for held in files)}
