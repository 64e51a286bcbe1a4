"""The webhook through the served application at 8 connections, against bare single-row upserts with commit at 8.

Both on the same database, in turns. The messages are signed like a phone system's and are of many callers.
"""

import base64
import hashlib
import hmac
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlencode, urlsplit

from bench.world import report, served, world

CONNECTIONS = 8
MESSAGES = 6_000
ROUNDS = 3
PORT = 8_917


def main() -> None:
    with world(), served(PORT) as url:
        hook, secret, clinic_id = _make_connection(url)
        rates: dict[str, list[float]] = {"webhook": [], "bare": []}
        for _ in range(ROUNDS):
            bodies = [_signed_message(hook, secret) for _ in range(MESSAGES)]
            rates["webhook"].append(_rate(lambda share: _post_all(hook, share), bodies))
            rates["bare"].append(_rate(lambda share: _upsert_all(clinic_id, share), bodies))
        webhook, bare = (sorted(rates[name])[ROUNDS // 2] for name in ("webhook", "bare"))
        report("webhook", connections=CONNECTIONS, per_second=webhook, bare_per_second=bare, ratio=webhook / bare)


def _make_connection(url: str) -> tuple[str, str, uuid.UUID]:
    from django.utils import timezone  # noqa: PLC0415 - after the set-up

    from calls.services import add_connection  # noqa: PLC0415
    from tenants.services import ClinicDetails, create_clinic  # noqa: PLC0415

    secret = uuid.uuid4().hex
    clinic = create_clinic(
        details=ClinicDetails("Bench", f"bench-{secret[:12]}"), owner_email="bench@example.com", now=timezone.now()
    )
    made = add_connection(
        clinic_id=clinic.clinic_id, provider="twilio", name="Bench", secret=secret, now=timezone.now()
    )
    return f"{url}/hooks/twilio/{made.token}", secret, clinic.clinic_id


def _signed_message(hook: str, secret: str) -> tuple[bytes, str]:
    """A missed call of one of 1,000 callers, with its X-Twilio-Signature."""
    params = {
        "AccountSid": "AC" + "0" * 32,
        "ApiVersion": "2010-04-01",
        "CallSid": "CA" + uuid.uuid4().hex,
        "CallStatus": "no-answer",
        "CallDuration": "0",
        "Direction": "inbound",
        "From": f"+447700900{uuid.uuid4().int % 1000:03d}",
        "To": "+442079460000",
        "Timestamp": format_datetime(datetime.now(UTC)),
        "SequenceNumber": "2",
    }
    text = hook + "".join(name + params[name] for name in sorted(params))
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha1)).decode()
    return urlencode(params).encode(), signature


def _rate(work: Callable[[Sequence[tuple[bytes, str]]], None], items: Sequence[tuple[bytes, str]]) -> float:
    threads = [threading.Thread(target=work, args=(items[start::CONNECTIONS],)) for start in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(items) / (time.perf_counter() - started)


def _post_all(hook: str, share: Sequence[tuple[bytes, str]]) -> None:
    """Over one kept connection and bare: on two cores the sender's own work counts against the server."""
    address = urlsplit(hook)
    with socket.create_connection((address.hostname or "", address.port or 80), timeout=30) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for body, signature in share:
            head = (
                f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nX-Twilio-Signature: {signature}\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            wire.sendall(head.encode() + body)
            answer = wire.recv(65_536)
            if not answer.startswith(b"HTTP/1.1 204"):
                raise RuntimeError(f"answered {answer[:40]!r}")


def _upsert_all(clinic_id: uuid.UUID, share: Sequence[tuple[bytes, str]]) -> None:
    """The least that any intake must do: one row, one commit."""
    import psycopg  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    with psycopg.connect(make_conninfo(**_plain(connection.get_connection_params()))) as bare:
        bare.execute("SELECT set_config('app.clinic_id', %s, false)", [str(clinic_id)])
        bare.commit()
        for _ in share:
            bare.execute(
                "INSERT INTO calls_call (clinic_id, started_at, id, kind, direction, outcome, talk_seconds, line,"
                " source) VALUES (%s, %s, %s, 2, 1, 2, 0, '', 'bench')"
                " ON CONFLICT (clinic_id, started_at, id) DO UPDATE SET outcome = excluded.outcome",
                [clinic_id, datetime.now(UTC), uuid.uuid4()],
            )
            bare.commit()


def _plain(params: dict[str, object]) -> dict[str, str]:
    return {name: str(params[name]) for name in ("host", "user", "dbname", "password", "port") if params.get(name)}


if __name__ == "__main__":
    main()
