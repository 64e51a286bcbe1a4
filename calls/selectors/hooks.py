"""Reads of what a message needs: the connection that it came by, with its secret; and how many were refused."""

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Sum

from calls.hashing import hash_token
from calls.models import Connection, RefusalCount
from tenants.domain import ClinicFacts
from tenants.scope import as_holder_of
from tenants.selectors import get_clinic
from tenants.vault import unwrap

CONNECTION_SECONDS = 2  # for so long a process may still take messages of a connection that another one paused


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    id: uuid.UUID
    clinic: ClinicFacts
    provider: str
    is_paused: bool
    secret: str = field(repr=False)


_connections: dict[bytes, tuple[float, ConnectionFacts | None]] = {}
_lock = threading.Lock()


def find_connection(token: str) -> ConnectionFacts | None:
    """The connection with this token. Remembered for some seconds: it is asked for with every message."""
    token_hash = hash_token(token)
    asked_at, facts = _connections.get(token_hash, (0.0, None))
    if facts is not None and time.monotonic() - asked_at < CONNECTION_SECONDS:
        return facts
    facts = _load_connection(token_hash)
    with _lock:
        if facts is None:
            _connections.pop(token_hash, None)
        else:
            _connections[token_hash] = (time.monotonic(), facts)
    return facts


def forget_connections() -> None:
    """Drops this process's copies."""
    with _lock:
        _connections.clear()


def _load_connection(token_hash: bytes) -> ConnectionFacts | None:
    with as_holder_of(f"hook:{token_hash.hex()}"):
        row = Connection.objects.filter(token_hash=token_hash).first()
    if row is None:
        return None
    secret = unwrap(row.secret, f"connection/{row.id}").decode()
    return ConnectionFacts(row.id, get_clinic(row.clinic_id), row.provider, row.paused_at is not None, secret)


def refusals_since(clinic_id: uuid.UUID, on: date) -> Sequence[tuple[str, str, int]]:
    """(source, reason, count) of refused messages since a day, the most frequent first; within the clinic's scope."""
    rows = RefusalCount.objects.filter(clinic_id=clinic_id, on__gte=on).values_list("source", "reason")
    return [(source, reason, total) for source, reason, total in rows.annotate(total=Sum("count")).order_by("-total")]
