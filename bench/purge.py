"""Drops a week of calls and hashes by the real purge and compares with DELETE and VACUUM of the very same rows.

The rows that are deleted stand in a copy with the same indexes. Prints a line of JSON for each repetition.
"""

import argparse
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

import psycopg

from bench.world import administrator, empty, fill_calls, make_clinic, report, world

TABLES = ("calls_call", "calls_callerhash")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=700_000)
    parser.add_argument("--callers", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    with world(), administrator() as admin:
        for _ in range(options.repeat):
            empty(admin)
            report("purge", **_measure(admin, options.calls, options.callers))


def _measure(admin: psycopg.Connection, calls: int, callers: int) -> dict[str, float]:
    monday, clinic_id = _make_old_week(), make_clinic()
    hashes = _fill(admin, clinic_id, monday, calls, callers)
    _copy(admin, monday)
    _settle_down(admin, monday)
    deleted, vacuumed = _delete_and_vacuum(admin)
    admin.execute("CHECKPOINT")
    whole, parts = _purge(monday, calls, hashes)
    drop = parts["held"] - parts["log_week"]  # the files go with the commit
    return {
        "calls": calls,
        "hashes": hashes,
        "delete_seconds": deleted,
        "vacuum_seconds": vacuumed,
        "purge_seconds": whole,
        "count_and_log_seconds": parts["log_week"],
        "drop_seconds": drop,
        "everybody_waits_seconds": parts["held"],
        "ratio": (deleted + vacuumed) / whole,
        "ratio_of_drop": (deleted + vacuumed) / drop,
    }


def _make_old_week() -> date:
    """The youngest week that must go."""
    from calls.partitions import WEEK, is_week_due, make_week, week_of  # noqa: PLC0415 - after the set-up

    now = datetime.now(UTC)
    monday = week_of(now - timedelta(days=84))
    while not is_week_due(monday, now):
        monday -= WEEK
    make_week(monday)
    return monday


def _fill(admin: psycopg.Connection, clinic_id: uuid.UUID, monday: date, calls: int, callers: int) -> int:
    """Calls of the week and a hash for each caller; returns how many hashes."""
    start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    fill_calls(admin, clinic_id, (start, start + timedelta(days=7, seconds=-1)), calls=calls, callers=callers)
    return admin.execute(
        """
        INSERT INTO calls_callerhash (clinic_id, week, caller_hash, caller)
        SELECT %(clinic)s, %(week)s, sha256(uuid_send(caller)), caller FROM (
            SELECT DISTINCT caller FROM calls_call WHERE clinic_id = %(clinic)s AND caller IS NOT NULL
        ) AS known
        """,
        {"clinic": clinic_id, "week": monday},
    ).rowcount


def _copy(admin: psycopg.Connection, monday: date) -> None:
    for table in TABLES:
        admin.execute(f"DROP TABLE IF EXISTS bench_{table}")
        admin.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")
        admin.execute(f"INSERT INTO bench_{table} SELECT * FROM {_week(table, monday)}")


def _settle_down(admin: psycopg.Connection, monday: date) -> None:
    """A week that is 90 days old was vacuumed long ago."""
    for table in TABLES:
        admin.execute(f"VACUUM ANALYZE {_week(table, monday)}")
        admin.execute(f"VACUUM ANALYZE bench_{table}")
    admin.execute("CHECKPOINT")


def _week(table: str, monday: date) -> str:
    return f"{table}_{monday:%Y_%m_%d}"


def _delete_and_vacuum(admin: psycopg.Connection) -> tuple[float, float]:
    began = time.perf_counter()
    for table in TABLES:
        admin.execute(f"DELETE FROM bench_{table}")
    deleted = time.perf_counter() - began
    for table in TABLES:
        admin.execute(f"VACUUM bench_{table}")
    vacuumed = time.perf_counter() - began - deleted
    for table in TABLES:
        admin.execute(f"DROP TABLE bench_{table}")
    return deleted, vacuumed


def _purge(monday: date, calls: int, hashes: int) -> tuple[float, dict[str, float]]:
    """Seconds of the whole run and of its parts; `held` is how long nobody else can touch calls."""
    from retention import services, sweeps, weeks  # noqa: PLC0415 - after the set-up

    parts: dict[str, float] = {}
    with ExitStack() as stack:
        stack.enter_context(_watched(sweeps, "log_week", parts))
        stack.enter_context(_watched(weeks, "_drop_week", parts, "held"))
        began = time.perf_counter()
        done = services.purge_expired(now=datetime.now(UTC))
        whole = time.perf_counter() - began
    gone = {one.what: one.count for one in done.deletions}
    if monday not in done.weeks or gone != {"calls": calls, "caller_hashes": hashes}:
        raise SystemExit(f"the purge told something else: {gone}")
    return whole, parts


@contextmanager
def _watched(module: ModuleType, name: str, parts: dict[str, float], part: str = "") -> Iterator[None]:
    """Adds up the seconds that a function of a module takes."""
    plain: Callable[..., Any] = getattr(module, name)

    def watched(*arguments: Any, **more: Any) -> Any:
        began = time.perf_counter()
        try:
            return plain(*arguments, **more)
        finally:
            parts[part or name] = parts.get(part or name, 0.0) + time.perf_counter() - began

    setattr(module, name, watched)
    try:
        yield
    finally:
        setattr(module, name, plain)


if __name__ == "__main__":
    main()
