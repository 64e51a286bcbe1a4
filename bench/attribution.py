"""Attributes a clinic's whole history and compares with reading the same events; then one changed caller at a time.

The history goes through the real rebuild, by the application's role; the bare work is one binary COPY of the same rows
by the same role, in order and thrown away. Prints a line of JSON for each of the two.
"""

import argparse
import gc
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from bench.world import (
    administrator,
    empty,
    fill_bookings,
    fill_calls,
    kept_span,
    make_clinic,
    percentile,
    report,
    settle_down,
    world,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--callers", type=int, default=200_000)
    parser.add_argument("--changes", type=int, default=200)
    options = parser.parse_args()
    with world(), administrator() as admin:
        empty(admin)
        clinic_id = make_clinic()
        fill_calls(admin, clinic_id, kept_span(), calls=options.calls, callers=options.callers, withheld=0)
        fill_bookings(admin, clinic_id)
        settle_down(admin)
        report("attribution", **_measure_history(clinic_id))
        settle_down(admin)
        report("attribution_change", **_measure_changes(clinic_id, options.changes))


def _measure_history(clinic_id: uuid.UUID) -> dict[str, float]:
    from attribution.services import rebuild_metrics  # noqa: PLC0415 - after the set-up

    now = datetime.now(UTC)
    _read_in_order(clinic_id)  # so that both find the rows in memory
    read = median(_timed(lambda: _read_in_order(clinic_id))[0] for _ in range(3))
    first, first_cpu = _timed(lambda: rebuild_metrics(clinic_id=clinic_id, now=now))
    again, again_cpu = _timed(lambda: rebuild_metrics(clinic_id=clinic_id, now=now))
    events, parts = _take_apart(clinic_id, now)
    return {
        "events": events,
        "read_seconds": read,
        "attribute_seconds": first,
        "attribute_cpu_seconds": first_cpu,
        "ratio": read / first,
        "again_seconds": again,
        "again_cpu_seconds": again_cpu,
        **parts,
        "events_per_second": round(events / first),
    }


def _read_in_order(clinic_id: uuid.UUID) -> int:
    """The columns that attribution reads, of calls and appointments, each table once."""
    from django.db import connection  # noqa: PLC0415 - after the set-up

    from calls.streams import _COLUMNS  # noqa: PLC0415
    from tenants.scope import as_clinic  # noqa: PLC0415

    size = 0
    queries = (
        f"SELECT {_COLUMNS} FROM calls_call WHERE clinic_id = %s ORDER BY caller, started_at",
        "SELECT id, booked_at, status, value, type, caller, verdict, reason, callers FROM attribution_appointment"
        " WHERE clinic_id = %s ORDER BY caller, booked_at",
    )
    with as_clinic(clinic_id), connection.cursor() as cursor:
        for query in queries:
            statement = cursor.mogrify(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", [clinic_id])
            with cursor.copy(statement) as copy:
                size += sum(len(block) for block in copy)
    return size


def _take_apart(clinic_id: uuid.UUID, now: datetime) -> tuple[int, dict[str, float]]:
    """The parts that need no writing, one after the other: how many events, and seconds."""
    from attribution.events import EVERYBODY, gather_calls, read_appointments  # noqa: PLC0415 - after the set-up
    from attribution.rules import to_micros  # noqa: PLC0415
    from attribution.services.context import load_context  # noqa: PLC0415
    from attribution.walk import walk  # noqa: PLC0415
    from calls.streams import read_calls_between  # noqa: PLC0415
    from tenants.scope import as_clinic  # noqa: PLC0415

    gc.disable()
    with as_clinic(clinic_id):
        context = load_context(clinic_id, now)
        began = time.perf_counter()
        calls = gather_calls(read_calls_between(clinic_id, *EVERYBODY, context.since))
        gathered = time.perf_counter() - began
        for booking in read_appointments(clinic_id, EVERYBODY, context.since):
            calls[booking.owner or b""].append(booking.event())

    def walk_all() -> None:
        for history in calls.values():
            walk(history, context.book, to_micros(now), None)

    wall, cpu = _timed(walk_all)
    gc.enable()
    events = sum(map(len, calls.values()))
    return events, {"gather_seconds": gathered, "walk_seconds": wall, "walk_cpu_seconds": cpu}


def _measure_changes(clinic_id: uuid.UUID, changes: int) -> dict[str, float]:
    """A missed call comes in; timed is what a worker does about it."""
    from attribution.services import attribute_changes  # noqa: PLC0415 - after the set-up

    callers = _callers_of(clinic_id, 5, changes + 20)
    seconds, trips, commits = [], [], []
    for caller in callers:
        now = datetime.now(UTC)
        _miss_call(clinic_id, caller, now)
        trips.append(_timed(_round_trip)[0])
        commits.append(_timed(lambda: _bare_commit(clinic_id))[0])
        began = time.perf_counter()
        claimed = attribute_changes(clinic_id=clinic_id, now=now)
        seconds.append(time.perf_counter() - began)
        if claimed != 1:
            raise SystemExit(f"{claimed} changes were claimed")
    seconds, trips, commits = seconds[20:], trips[20:], commits[20:]  # without the first, which warm up
    return {
        "changes": len(seconds),
        "statements": _statements(clinic_id, callers[0]),
        "median_ms": median(seconds) * 1000,
        "p95_ms": percentile(seconds, 0.95) * 1000,
        "round_trip_ms": median(trips) * 1000,
        "bare_write_ms": median(commits) * 1000,
        "ratio": median(commits) / median(seconds),
    }


def _statements(clinic_id: uuid.UUID, caller: uuid.UUID) -> int:
    from django.db import connection  # noqa: PLC0415 - after the set-up
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from attribution.services import attribute_changes  # noqa: PLC0415

    _miss_call(clinic_id, caller, datetime.now(UTC))
    with CaptureQueriesContext(connection) as queries:
        attribute_changes(clinic_id=clinic_id, now=datetime.now(UTC))
    return len(queries)


def _callers_of(clinic_id: uuid.UUID, calls: int, count: int) -> list[uuid.UUID]:
    """Callers of whom there are so many calls."""
    from django.db import connection  # noqa: PLC0415 - after the set-up

    from tenants.scope import as_clinic  # noqa: PLC0415

    with as_clinic(clinic_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT caller FROM calls_call WHERE clinic_id = %s GROUP BY caller HAVING count(*) = %s LIMIT %s",
            [clinic_id, calls, count],
        )
        return [caller for (caller,) in cursor.fetchall()]


def _miss_call(clinic_id: uuid.UUID, caller: uuid.UUID, now: datetime) -> None:
    from calls import rows  # noqa: PLC0415 - after the set-up
    from calls.domain import CallerKind, Direction, HashedCall, Outcome  # noqa: PLC0415
    from tenants.scope import as_clinic  # noqa: PLC0415

    missed = HashedCall(
        uuid.uuid4(), "bench", Direction.INBOUND, Outcome.MISSED, now, CallerKind.CALLER, caller, 20, 0, "Front desk"
    )
    with as_clinic(clinic_id):
        rows.insert_call(clinic_id, missed)
        rows.insert_change(clinic_id, caller, now.date(), now)


def _round_trip() -> None:
    from django.db import connection  # noqa: PLC0415 - after the set-up

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _bare_commit(clinic_id: uuid.UUID) -> None:
    """The least that changes anything for good: one row written in a scope."""
    from calls import rows  # noqa: PLC0415 - after the set-up
    from tenants.scope import as_clinic  # noqa: PLC0415

    with as_clinic(clinic_id):
        rows.count_refusal(clinic_id, datetime.now(UTC).date(), "bench", "bench", 1)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the wall's clock, and of this process's own work."""
    began, cpu_began = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - cpu_began


if __name__ == "__main__":
    main()
