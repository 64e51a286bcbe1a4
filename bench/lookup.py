"""How a later message finds its call's row: the bounded look-up of intake, beside a table of keys that there is not.

The table of keys is made for the experiment and goes with it. Prints a line of JSON for each size of clinic and one
for what a key would cost each new call.
"""

import argparse
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

import psycopg

from bench.world import administrator, empty, fill_calls, kept_span, make_clinic, percentile, report, settle_down, world
from config.embedded.provision import APP_ROLE

MAKE_KEYS = """
    DROP TABLE IF EXISTS bench_callkey;
    CREATE TABLE bench_callkey (
        clinic_id uuid NOT NULL, id uuid NOT NULL, started_at timestamptz NOT NULL, PRIMARY KEY (clinic_id, id)
    );
    INSERT INTO bench_callkey SELECT clinic_id, id, started_at FROM calls_call;
"""
BY_KEY = """
    SELECT call.* FROM bench_callkey AS key JOIN calls_call AS call USING (clinic_id, started_at, id)
    WHERE key.clinic_id = %s AND key.id = %s
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-day", type=int, nargs="+", default=[200, 11_000])
    parser.add_argument("--days", type=int, default=21)
    parser.add_argument("--times", type=int, default=1_000)
    options = parser.parse_args()
    with world(), administrator() as admin:
        empty(admin)
        clinics = {per_day: make_clinic() for per_day in options.per_day}
        for per_day, clinic_id in clinics.items():
            fill_calls(
                admin, clinic_id, kept_span(options.days), calls=per_day * options.days, callers=per_day * 5, withheld=0
            )
        admin.execute(MAKE_KEYS)
        admin.execute(f"GRANT SELECT, INSERT ON bench_callkey TO {APP_ROLE}")
        settle_down(admin)
        for per_day, clinic_id in clinics.items():
            report("lookup", calls_per_day=per_day, **_measure_lookup(admin, clinic_id, options.times))
        report("lookup_key_cost", **_measure_insert(clinic_id, options.times * 3))
        admin.execute("DROP TABLE bench_callkey")


def _measure_lookup(admin: psycopg.Connection, clinic_id: uuid.UUID, times: int) -> dict[str, float]:
    """Of calls that stand in the middle of the span, with a message that comes half a minute later."""
    from django.db import connection  # noqa: PLC0415 - after the set-up

    from calls import rows  # noqa: PLC0415
    from tenants.scope import as_clinic  # noqa: PLC0415

    wanted = admin.execute(
        "SELECT id, started_at FROM calls_call WHERE clinic_id = %s"
        " AND started_at BETWEEN now() - interval '5 days' AND now() - interval '2 days' ORDER BY random() LIMIT %s",
        [clinic_id, times],
    ).fetchall()
    bounded, keyed, trips = [], [], []
    with as_clinic(clinic_id), connection.cursor() as cursor:
        for call_id, at in wanted:
            around = at + timedelta(seconds=30)
            bounded.append(_ms(lambda: rows.fetch_call(rows.start_call_lookup(clinic_id, call_id, around))))  # noqa: B023
            keyed.append(_ms(lambda: cursor.execute(BY_KEY, [clinic_id, call_id])))  # noqa: B023
            trips.append(_ms(lambda: cursor.execute("SELECT 1")))
    return {
        "bounded_ms": median(bounded),
        "bounded_p95_ms": percentile(bounded, 0.95),
        "by_key_ms": median(keyed),
        "round_trip_ms": median(trips),
        "ratio": median(trips) / median(bounded),
    }


def _measure_insert(clinic_id: uuid.UUID, times: int) -> dict[str, float]:
    """A call stored and committed, without and with a key, in turns; and the key's statement alone."""
    plain: list[float] = []
    with_key: list[float] = []
    statement: list[float] = []
    for _ in range(times):
        plain.append(_ms(lambda: _insert(clinic_id, None)))
        with_key.append(_ms(lambda: _insert(clinic_id, statement)))
    return {
        "inserts": times,
        "plain_ms": median(plain),
        "with_key_ms": median(with_key),
        "key_statement_ms": median(statement),
        "ratio": median(plain) / median(with_key),
    }


def _insert(clinic_id: uuid.UUID, statement: list[float] | None) -> None:
    from django.db import connection  # noqa: PLC0415 - after the set-up

    from calls import rows  # noqa: PLC0415
    from calls.domain import CallerKind, Direction, HashedCall, Outcome  # noqa: PLC0415
    from tenants.scope import as_clinic  # noqa: PLC0415

    now, call_id = datetime.now(UTC), uuid.uuid4()
    call = HashedCall(
        call_id, "bench", Direction.INBOUND, Outcome.MISSED, now, CallerKind.CALLER, uuid.uuid4(), 20, 0, "Front desk"
    )
    with as_clinic(clinic_id), connection.cursor() as cursor:
        rows.insert_call(clinic_id, call)
        if statement is not None:
            add = "INSERT INTO bench_callkey VALUES (%s, %s, %s)"
            statement.append(_ms(lambda: cursor.execute(add, [clinic_id, call_id, now])))


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
