"""The lists of a large clinic, by API and as pages, at each depth and with each filter: queries and time of SQL.

Both are taken in this process around whole requests, the key or the sign-in included. Prints a line of JSON for each
list, filter and depth, with its time in units of the unfiltered first page. The aim is 20 ms, and at most 6 queries of
the API; a page's are its visitor's session, person and clinic, too. What opens a transaction or a clinic's scope is no
query, but its time counts.
"""

import argparse
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import psycopg

from bench.world import OWNER, administrator, fill_clinic, last_clinic, report, world

AIM_MS = 20.0
AIM_QUERIES, AIM_QUERIES_OF_PAGE = 6, 8
RUNS = 7
PAGE = 50
_NO_QUERIES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SELECT set_config")


@dataclass(frozen=True)
class Listing:
    """A list, where its rows are, and its filters as the address and the database have them."""

    name: str
    path: str
    table: str
    time: str
    filters: dict[str, str]
    is_page: bool = False


OUTCOMES = {"unknown": 0, "ringing": 1, "missed": 2, "voicemail": 3, "answered": 4}
CALLS = {
    "": "true",
    **{f"outcome={word}": f"outcome = {number}" for word, number in OUTCOMES.items()},
    "direction=inbound": "direction = 1",
    "direction=outbound": "direction = 2",
    "direction=outbound&outcome=voicemail": "direction = 2 AND outcome = 3",
    "from={middle}": "started_at >= '{middle}'",
    "to={middle}": "started_at < timestamptz '{middle}' + interval '1 day'",
}
VERDICTS = {f"verdict={word}": f"verdict = '{word}'" for word in ("recovered", "unattributed")}
APPOINTMENTS = {
    "": "true",
    **VERDICTS,
    "status=booked": "status = 'booked'",
    "status=cancelled": "status = 'cancelled'",
    "reason=no_missed_call": "reason = 'no_missed_call'",
    "reason=withheld": "reason = 'withheld'",
    "from={middle}": "booked_at >= '{middle}'",
    "to={middle}": "booked_at < timestamptz '{middle}' + interval '1 day'",
}
STATES = ("open", "attempted", "reached", "recovered", "returned", "booked_elsewhere", "dismissed", "lapsed")
OPPORTUNITIES = {
    "": "true",
    **{f"status={word}": f"status = '{word}'" for word in STATES},
    "from={middle}": "opened_at >= '{middle}'",
    "to={middle}": "opened_at < timestamptz '{middle}' + interval '1 day'",
}
LISTINGS = (
    Listing("api_calls", "/api/v1/calls/", "calls_call", "started_at", CALLS),
    Listing("api_appointments", "/api/v1/appointments/", "attribution_appointment", "booked_at", APPOINTMENTS),
    Listing("api_opportunities", "/api/v1/opportunities/", "attribution_opportunity", "opened_at", OPPORTUNITIES),
    Listing("page_calls", "/calls/", "calls_call", "started_at", CALLS, is_page=True),
    Listing(
        "page_appointments",
        "/appointments/",
        "attribution_appointment",
        "booked_at",
        {"": "true", **VERDICTS},
        is_page=True,
    ),
)


Ask = Callable[[str], int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500_000)
    parser.add_argument("--callers", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="measure the clinic of the run before")
    options = parser.parse_args()
    with world(), administrator() as admin:
        clinic_id = _clinic(admin, options)
        from_api, from_page = _ask_api(clinic_id), _ask_page()
        for listing in LISTINGS:
            for line in _measure(admin, clinic_id, listing, from_page if listing.is_page else from_api):
                report("lists", calls=options.calls, list=listing.name, **line)


def _clinic(admin: psycopg.Connection, options: argparse.Namespace) -> uuid.UUID:
    if options.keep:
        return last_clinic(admin)
    return fill_clinic(admin, calls=options.calls, callers=options.callers)


def _ask_api(clinic_id: uuid.UUID) -> Ask:
    """A machine with a key of its own, whose limit never ends."""
    from django.test import Client  # noqa: PLC0415 - after the set-up
    from django.utils import timezone  # noqa: PLC0415

    from tenants import throttles  # noqa: PLC0415
    from tenants.domain import Scope  # noqa: PLC0415
    from tenants.services import create_api_key  # noqa: PLC0415

    for name in ("PER_KEY", "PER_CLINIC"):
        setattr(throttles, name, throttles.Limit("bench", 10_000_000, 60))
    key = create_api_key(clinic_id=clinic_id, name="bench", scopes=[Scope.READ], now=timezone.now())
    client = Client(headers={"host": "localhost", "authorization": f"Api-Key {key}"})
    return lambda path: client.get(path).status_code


def _ask_page() -> Ask:
    """The owner's browser."""
    from django.test import Client  # noqa: PLC0415 - after the set-up

    from tenants.models import User  # noqa: PLC0415

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(email=OWNER))
    return lambda path: client.get(path).status_code


def _measure(admin: psycopg.Connection, clinic_id: uuid.UUID, listing: Listing, ask: Ask) -> Iterator[dict[str, Any]]:
    first_ms = 0.0
    middle = (datetime.now(UTC) - timedelta(days=40)).date().isoformat()
    filters = {query.format(middle=middle): where.format(middle=middle) for query, where in listing.filters.items()}
    filters |= _of_busiest_caller(admin, clinic_id) if listing.name == "api_calls" else {}
    for query, where in filters.items():
        most = AIM_QUERIES_OF_PAGE if listing.is_page else AIM_QUERIES
        rows = _count(admin, clinic_id, listing, where)
        for depth, cursor in _cursors(admin, clinic_id, listing, where, rows):
            path = f"{listing.path}?{query}&{cursor}".rstrip("?&").replace("?&", "?")
            queries, millis, slowest = _time(ask, path)
            first_ms = first_ms or millis
            yield {
                "filter": query, "depth": depth, "rows": rows, "queries": queries, "sql_ms": millis,
                "slowest_query_ms": slowest, "ratio": millis / first_ms,
                "is_within": millis <= AIM_MS and queries <= most,
            }  # fmt: skip


def _of_busiest_caller(admin: psycopg.Connection, clinic_id: uuid.UUID) -> dict[str, str]:
    busiest = """
        SELECT caller FROM calls_call WHERE clinic_id = %s AND caller IS NOT NULL
        GROUP BY caller ORDER BY count(*) DESC LIMIT 1
    """
    row = admin.execute(busiest, [clinic_id]).fetchone()
    return {f"caller={row[0]}": f"caller = '{row[0]}'"} if row else {}


def _count(admin: psycopg.Connection, clinic_id: uuid.UUID, listing: Listing, where: str) -> int:
    row = admin.execute(f"SELECT count(*) FROM {listing.table} WHERE clinic_id = %s AND {where}", [clinic_id])
    return int(row.fetchone()[0])  # type: ignore[index]  # a count is a row


def _cursors(
    admin: psycopg.Connection, clinic_id: uuid.UUID, listing: Listing, where: str, rows: int
) -> Iterator[tuple[str, str]]:
    """The first page, the one in the middle from either side, and the last."""
    yield "first", ""
    for depth, skipped, forwards in (
        ("middle", rows // 2, True),
        ("back", rows // 2, False),
        ("last", rows - PAGE, True),
    ):
        if 0 < skipped < rows:
            query = f"""
                SELECT {listing.time}, id FROM {listing.table} WHERE clinic_id = %s AND {where}
                ORDER BY {listing.time} DESC, id DESC OFFSET %s LIMIT 1
            """
            at, row_id = admin.execute(query, [clinic_id, skipped - 1]).fetchone()  # type: ignore[misc]  # it is there
            yield depth, "cursor=" + _write(listing, (at, row_id), forwards)


def _write(listing: Listing, position: tuple[datetime, uuid.UUID], forwards: bool) -> str:
    from tenants.api_pages import sign_cursor  # noqa: PLC0415 - after the set-up
    from tenants.cursors import write_cursor  # noqa: PLC0415

    return (write_cursor if listing.is_page else sign_cursor)(position, forwards=forwards)


def _time(ask: Ask, path: str) -> tuple[int, float, float]:
    """Queries, and milliseconds of all SQL and of the slowest statement: the median of some runs."""
    from django.db import connections  # noqa: PLC0415 - after the set-up

    runs = []
    for _ in range(RUNS):
        watch = _Watch()
        with connections["default"].execute_wrapper(watch), connections["keystore"].execute_wrapper(watch):
            status = ask(path)
        if status != 200:
            raise SystemExit(f"{path} answered {status}")
        runs.append(watch)
    queries = sum(not sql.startswith(_NO_QUERIES) for sql in runs[-1].sent)
    return queries, median(sum(run.millis) for run in runs), median(max(run.millis) for run in runs)


class _Watch:
    """Takes the time of each statement."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.millis: list[float] = []

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        self.sent.append(sql)
        began = time.perf_counter()
        try:
            return execute(sql, *rest)
        finally:
            self.millis.append((time.perf_counter() - began) * 1000)


if __name__ == "__main__":
    main()
