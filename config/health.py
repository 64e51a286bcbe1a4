"""Whether this process lives, and whether the product can do its work; tells yes or no and never why in words.

What is asked of one server is asked in one thread, and all threads share one deadline: a server that hangs is an answer
too. A thread that still hangs from an earlier probe is waited for once more and not started a second time.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.partitions import list_weeks, weeks_wanted
from retention import selectors
from tenants.checks import role_errors, trigger_errors
from tenants.selectors import is_checkpoint_late

DEADLINE_SECONDS = 2.5
BROKER_SECONDS = 1
TOLD = ("set_aside", "audit_checkpoint")
Checks = Mapping[str, Callable[[], Any]]


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nobody, so that a restart is not the answer to a broken database."""
    return _answer({"alive": True}, 200)


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200, or 503 with the checks that failed. Work that was set aside is told and fails nothing, and so are missing
    checkpoints of the audit trails: the trails are written all the same."""
    results = run_checks(CHECKS, DEADLINE_SECONDS)
    told = {name: results.pop(name) for name in TOLD}
    is_ready = all(result is True for result in results.values())
    checks = {name: "ok" if result is True else "failed" for name, result in results.items()}
    return _answer({"ready": is_ready, "checks": checks, **told}, 200 if is_ready else 503)


def run_checks(groups: Mapping[str, Checks], seconds: float) -> dict[str, Any]:
    """What each check found; None for one that raised or did not come to its end in time."""
    deadline = time.monotonic() + seconds
    rounds = [(checks, _start(server, checks)) for server, checks in groups.items()]
    results: dict[str, Any] = {}
    for checks, running in rounds:
        running.is_over.wait(max(0.0, deadline - time.monotonic()))
        results |= {name: running.results.get(name) for name in checks}
    return results


@dataclass(frozen=True, slots=True)
class _Round:
    """One server's checks, on their way."""

    results: dict[str, Any] = field(default_factory=dict)
    is_over: threading.Event = field(default_factory=threading.Event)


_rounds: dict[str, _Round] = {}
_lock = threading.Lock()


def _start(server: str, checks: Checks) -> _Round:
    with _lock:
        running = _rounds.get(server)
        if running is None or running.is_over.is_set():
            running = _rounds[server] = _Round()
            threading.Thread(target=_run, args=(checks, running), name=f"readyz-{server}", daemon=True).start()
        return running


def _run(checks: Checks, running: _Round) -> None:
    try:
        for name, check in checks.items():
            with contextlib.suppress(Exception):  # whatever went wrong, the check has failed
                running.results[name] = check()
    finally:
        connections.close_all()
        running.is_over.set()


def check_database() -> bool:
    """It answers, its role cannot see past the policies, and the audit trail cannot be changed."""
    return not role_errors() and not trigger_errors()


def check_broker() -> bool:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
    ) as client:
        return bool(client.ping())


def check_migrations() -> bool:
    """Nothing that this code brings is missing from the application's database."""
    return migrations_on_disk() <= set(MigrationRecorder(connections["default"]).applied_migrations())


def check_keystore() -> bool:
    """It can be reached and has its table."""
    return migrations_on_disk() <= set(MigrationRecorder(connections["keystore"]).applied_migrations())


def check_weeks() -> bool:
    """This week and the next are there; those further ahead have time."""
    return set(weeks_wanted(timezone.now())[:2]) <= set(list_weeks())


def tell_checkpoint() -> str:
    """Whether the last checkpoint of the audit trails is younger than it may be."""
    return "late" if is_checkpoint_late(timezone.now()) else "ok"


def check_purge() -> bool:
    return not selectors.read_purge_state(timezone.now()).is_overdue


CHECKS: Mapping[str, Checks] = {
    "application database": {
        "database": check_database,
        "migrations": check_migrations,
        "weeks": check_weeks,
        "purge": check_purge,
        "set_aside": selectors.count_set_aside,
        "audit_checkpoint": tell_checkpoint,
    },
    "keystore database": {"keystore": check_keystore},
    "broker": {"broker": check_broker},
}


@cache
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _answer(content: dict[str, Any], status: int) -> JsonResponse:
    return JsonResponse(content, status=status, headers={"Cache-Control": "no-store"})
