"""The pages of a large clinic: their queries, and the time of the served application beside a static file's.

Queries are counted and timed in this process, with session and sign-in; times are taken over one kept connection to
the server, page and file in turns. Prints a line of JSON for each page.
"""

import argparse
import http.client
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bench.world import (
    OWNER,
    administrator,
    empty,
    fill_bookings,
    fill_calls,
    kept_span,
    make_clinic,
    percentile,
    report,
    served,
    settle_down,
    world,
)

PAGES = {"dashboard": "/", "worklist": "/worklist/", "call_log": "/calls/"}
STATIC = "/static/ringback.css"
PORT = 8_918
WARM_UP = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500_000)
    parser.add_argument("--callers", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args()
    with world():
        _fill(options.calls, options.callers)
        session = _sign_in()
        queries = {name: _count_queries(session, path) for name, path in PAGES.items()}
        with served(PORT) as url:
            for name, path in PAGES.items():
                times = _fetch_in_turns(url, session, path, options.requests)
                report(f"page_{name}", calls=options.calls, **queries[name], **times)


def _fill(calls: int, callers: int) -> None:
    from attribution.services import rebuild_metrics  # noqa: PLC0415 - after the set-up

    with administrator() as admin:
        empty(admin)
        clinic_id: uuid.UUID = make_clinic()
        fill_calls(admin, clinic_id, kept_span(), calls=calls, callers=callers)
        fill_bookings(admin, clinic_id)
        settle_down(admin)
        rebuild_metrics(clinic_id=clinic_id, now=datetime.now(UTC))
        settle_down(admin)


def _sign_in() -> str:
    """The session cookie of the owner."""
    from django.conf import settings  # noqa: PLC0415 - after the set-up
    from django.test import Client  # noqa: PLC0415

    from tenants.models import User  # noqa: PLC0415

    client = Client()
    client.force_login(User.objects.get(email=OWNER))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _count_queries(session: str, path: str) -> dict[str, float]:
    """How many statements a page sends, of which savepoints are no queries, and milliseconds for all of them."""
    from django.db import connection  # noqa: PLC0415 - after the set-up
    from django.test import Client  # noqa: PLC0415

    client, runs = Client(headers={"host": "localhost", "cookie": session}), []
    for _ in range(12):
        watch = _Watch()
        with connection.execute_wrapper(watch):
            answer = client.get(path)
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
    }


class _Watch:
    """Takes the time of each statement."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.seconds: list[float] = []

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
