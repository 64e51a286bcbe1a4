"""The pages of a large clinic: their queries, and the time of the served application beside a static file's.

Queries are counted and timed in this process, with session and sign-in, and so is the processor's time, which does not
suffer from neighbours. Times are taken over one kept connection to the server, page and file in turns. Prints a line
of JSON for each page. The aim is 100 ms for 95 of 100 requests.
"""

import argparse
import http.client
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from statistics import median
from typing import Any

import psycopg

from bench.world import OWNER, administrator, fill_clinic, last_clinic, percentile, report, served, sign_in, world

PAGES = {
    "worklist": "/worklist/",
    "worklist_rows": "/worklist/rows/",
    "dashboard_month": "/",
    "dashboard_quarter": "/?period=quarter",
    "calls": "/calls/",
    "missed_callers": "/opportunities/",
    "appointments": "/appointments/",
    "caller": "/callers/{caller}/",
    "reports": "/reports/",
    "report": "/reports/{month}/",
    "settings": "/settings/",
    "connections": "/settings/connections/",
}
AIM_MS = 100.0
STATIC = "/static/ringback.css"
PORT = 8_918
WARM_UP = 10
BUSIEST = """
    SELECT caller FROM calls_call WHERE clinic_id = %s AND caller IS NOT NULL
    GROUP BY caller ORDER BY count(*) DESC LIMIT 1
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500_000)
    parser.add_argument("--callers", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--keep", action="store_true", help="measure the clinic of the run before")
    options = parser.parse_args()
    with world():
        pages = _pages(options)
        session = sign_in(OWNER)
        queries = {name: _count_queries(session, path) for name, path in pages.items()}
        with served(PORT) as url:
            for name, path in pages.items():
                times = _fetch_in_turns(url, session, path, options.requests)
                within = times["p95_ms"] <= AIM_MS
                report(f"page_{name}", calls=options.calls, **queries[name], **times, is_within=within)


def _pages(options: argparse.Namespace) -> Mapping[str, str]:
    """Addresses in the filled clinic."""
    with administrator() as admin:
        if options.keep:
            clinic_id = last_clinic(admin)
        else:
            clinic_id = fill_clinic(admin, calls=options.calls, callers=options.callers)
        caller = _busiest_caller(admin, clinic_id)
    month = f"{datetime.now(UTC):%Y-%m}"
    return {name: path.format(caller=caller, month=month) for name, path in PAGES.items()}


def _busiest_caller(admin: psycopg.Connection, clinic_id: uuid.UUID) -> uuid.UUID:
    row = admin.execute(BUSIEST, [clinic_id]).fetchone()
    if row is None:
        raise SystemExit("Nobody has called.")
    return uuid.UUID(str(row[0]))


def _count_queries(session: str, path: str) -> dict[str, float]:
    """How many statements a page sends, of which savepoints are no queries, and milliseconds for all of them."""
    from django.db import connection  # noqa: PLC0415 - after the set-up
    from django.test import Client  # noqa: PLC0415

    client, runs = Client(headers={"host": "localhost", "cookie": session}), []
    for _ in range(12):
        watch, began = _Watch(), time.process_time()
        with connection.execute_wrapper(watch):
            answer = client.get(path)
        watch.cpu_ms = (time.process_time() - began) * 1000
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
        runs.append(watch)
    counted = runs[2:]
    sent = counted[-1].sent
    return {
        "statements": len(sent),
        "queries": sum("SAVEPOINT" not in one for one in sent),
        "reads": sum("SAVEPOINT" not in one and "set_config" not in one for one in sent),
        "sql_ms": median(sum(watch.seconds) for watch in counted) * 1000,
        "slowest_query_ms": median(max(watch.seconds) for watch in counted) * 1000,
        "cpu_ms": median(watch.cpu_ms for watch in counted),
        "kilobytes": len(answer.content) / 1000,
    }


class _Watch:
    """Takes the time of each statement."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.seconds: list[float] = []
        self.cpu_ms = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        self.sent.append(sql)
        began = time.perf_counter()
        try:
            return execute(sql, *rest)
        finally:
            self.seconds.append(time.perf_counter() - began)


def _fetch_in_turns(url: str, session: str, path: str, requests: int) -> dict[str, float]:
    """Milliseconds from a request to the last byte of its answer."""
    page, static = [], []
    line = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    for _ in range(requests + WARM_UP):
        page.append(_fetch(line, path, session))
        static.append(_fetch(line, STATIC, session))
    line.close()
    page, static = page[WARM_UP:], static[WARM_UP:]
    return {
        "p50_ms": median(page),
        "p95_ms": percentile(page, 0.95),
        "static_p50_ms": median(static),
        "static_p95_ms": percentile(static, 0.95),
        "ratio": median(static) / median(page),
    }


def _fetch(line: http.client.HTTPConnection, path: str, session: str) -> float:
    began = time.perf_counter()
    line.request("GET", path, headers={"Cookie": session})
    answer = line.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}")
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
