"""The world of a benchmark: an embedded installation of its own, a filled clinic, and a line of JSON at the end.

It never touches the installation of `make run`.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from config.embedded.attach import attach
from config.embedded.home import find_home
from config.embedded.postgres import postgres_url
from config.embedded.provision import Names, replace_database

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".local" / "bench"
OWNER = "bench@example.com"


@contextlib.contextmanager
def world() -> Iterator[None]:
    """Servers, an up-to-date database, Django set up; the data of earlier runs is still there."""
    os.environ.setdefault("RINGBACK_HOME", str(HOME))
    os.environ["ENVIRONMENT"] = "test"
    attachment = attach(os.environ)
    try:
        subprocess.run([sys.executable, "-m", "config.embedded.prepare"], check=True, cwd=ROOT)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django  # noqa: PLC0415 - the settings want the environment

        django.setup()
        yield
    finally:
        attachment.leave()


@contextlib.contextmanager
def served(port: int) -> Iterator[str]:
    """The web server as `make run` starts it, on this port of the loopback."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--backpressure", "64", "--no-access-log",
        "--log-level", "warning", "config.wsgi:application",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PUBLIC_URL": url})
    try:
        _wait_for(url + "/healthz")
        yield url
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def administrator() -> Iterator[psycopg.Connection]:
    """A superuser's connection to the application's database: it fills tables, and what is measured never uses it."""
    url = replace_database(postgres_url(find_home(os.environ)), Names().database)
    with psycopg.connect(url, autocommit=True) as admin:
        yield admin


def empty(admin: psycopg.Connection) -> None:
    """What earlier runs left goes, past the triggers that keep logs."""
    admin.execute("SET session_replication_role = replica")
    admin.execute("TRUNCATE calls_call, calls_callerhash, attribution_opportunity, tenants_clinic CASCADE")
    admin.execute("RESET session_replication_role")


def make_clinic() -> uuid.UUID:
    """A clinic with an owner, `OWNER`."""
    from django.utils import timezone  # noqa: PLC0415 - after the set-up

    from tenants.services import ClinicDetails, create_clinic  # noqa: PLC0415

    details = ClinicDetails("Bench", f"bench-{uuid.uuid4().hex[:12]}")
    return create_clinic(details=details, owner_email=OWNER, now=timezone.now()).clinic_id


def make_weeks(first: datetime, last: datetime) -> None:
    """Partitions for calls between two instants."""
    from calls.partitions import WEEK, make_week, week_of  # noqa: PLC0415 - after the set-up

    monday = week_of(first)
    while monday <= week_of(last):
        make_week(monday)
        monday += WEEK


def kept_span(days: int = 90) -> tuple[datetime, datetime]:
    """The last so many days, or as many of them as a clinic keeps, with weeks for them."""
    from calls.partitions import first_kept_instant  # noqa: PLC0415 - after the set-up

    now = datetime.now(UTC)
    span = max(first_kept_instant(now), now - timedelta(days=days)), now
    make_weeks(*span)
    return span


# Of ten calls eight come in; three of four of those are answered, as are seven of ten calls out. Random, and the same
# in each run but for ids.
_CALLS = """
    INSERT INTO calls_call
        (clinic_id, started_at, id, caller, talk_seconds, ring_seconds, kind, direction, outcome, line, source)
    SELECT %(clinic)s::uuid, started_at, gen_random_uuid(), caller,
        CASE WHEN outcome = 4 THEN 20 + (random() * 580)::integer ELSE 0 END, 2 + (random() * 38)::integer,
        CASE WHEN caller IS NULL THEN 2 ELSE 3 END, direction, outcome, 'Front desk', 'bench'
    FROM (
        SELECT *, CASE WHEN luck < (CASE direction WHEN 1 THEN 0.75 ELSE 0.7 END) THEN 4
            WHEN luck < 0.95 OR direction = 2 THEN 2 ELSE 3 END AS outcome
        FROM (
            SELECT %(first)s::timestamptz + random() * (%(last)s::timestamptz - %(first)s::timestamptz) AS started_at,
                CASE WHEN random() >= %(withheld)s
                    THEN md5(%(clinic)s::uuid::text || floor(random() * %(callers)s)::text)::uuid END AS caller,
                CASE WHEN random() < 0.8 THEN 1 ELSE 2 END AS direction, random() AS luck
            FROM generate_series(1, %(calls)s) ORDER BY 1
        ) AS made
    ) AS told
"""
_BOOKINGS = """
    INSERT INTO attribution_appointment
        (id, clinic_id, external_id, booked_at, type, value, status, callers, caller, verdict, reason, created_at)
    SELECT gen_random_uuid(), clinic_id, id::text, started_at + interval '5 minutes', '', 60 + (random() * 90)::integer,
        'booked', ARRAY[caller], caller, 'unattributed', 'no_missed_call', now()
    FROM calls_call
    WHERE clinic_id = %s AND caller IS NOT NULL AND outcome = 4 AND started_at < now() - interval '1 hour'
        AND random() < %s
"""


def fill_calls(
    admin: psycopg.Connection,
    clinic_id: uuid.UUID,
    span: tuple[datetime, datetime],
    *,
    calls: int,
    callers: int,
    withheld: float = 0.03,
) -> None:
    """Calls at any time of a span, by callers who are all alike, some of them unknown."""
    first, last = span
    numbers = {"calls": calls, "callers": callers, "withheld": withheld}
    admin.execute("SELECT setseed(0.5)")
    admin.execute(_CALLS, {"clinic": clinic_id, "first": first, "last": last, **numbers})


def fill_bookings(admin: psycopg.Connection, clinic_id: uuid.UUID, share: float = 0.08) -> None:
    """After so many of the answered calls somebody books."""
    admin.execute(_BOOKINGS, [clinic_id, share])


def fill_clinic(admin: psycopg.Connection, *, calls: int, callers: int) -> uuid.UUID:
    """The large clinic of the pages and the lists: calls of all kept days, bookings, opportunities, figures."""
    from attribution.services import rebuild_metrics  # noqa: PLC0415 - after the set-up

    empty(admin)
    clinic_id = make_clinic()
    fill_calls(admin, clinic_id, kept_span(), calls=calls, callers=callers)
    fill_bookings(admin, clinic_id)
    settle_down(admin)
    rebuild_metrics(clinic_id=clinic_id, now=datetime.now(UTC))
    settle_down(admin)
    return clinic_id


def last_clinic(admin: psycopg.Connection) -> uuid.UUID:
    """The clinic that the run before has filled."""
    row = admin.execute("SELECT id FROM tenants_clinic ORDER BY created_at DESC LIMIT 1").fetchone()
    if row is None:
        raise SystemExit("There is no clinic of a run before.")
    return uuid.UUID(str(row[0]))


def sign_in(email: str) -> str:
    """The session cookie of somebody who has signed in, as the head of a request has it."""
    from django.conf import settings  # noqa: PLC0415 - after the set-up
    from django.test import Client  # noqa: PLC0415

    from tenants.models import User  # noqa: PLC0415

    client = Client()
    client.force_login(User.objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def settle_down(admin: psycopg.Connection) -> None:
    """What autovacuum and the checkpointer would have done by and by is done now, and not while something is timed."""
    admin.execute("VACUUM ANALYZE")
    admin.execute("CHECKPOINT")


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1)  # the loopback
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


def report(name: str, **figures: Any) -> None:
    """One line of JSON: the figures that were measured and their ratio."""
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"bench": name, **rounded}), flush=True)
