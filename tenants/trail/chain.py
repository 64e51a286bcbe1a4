"""The hash chain of an audit trail: how a row is written down, hashed and verified. Pure: it works offline.

`ringback_append_audit` in the database (migration 0004) computes the same; a test compares them. What a row says about
a person is in its details, of which the chain holds a salted hash only: they can be erased and the chain still holds.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

VERSION: Final = "ringback/audit/v1"
GENESIS: Final = bytes(32)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Link:
    """A row of a trail. `at` in microseconds since the Unix epoch."""

    clinic_id: uuid.UUID
    seq: int
    at: int
    actor_kind: str
    actor_id: uuid.UUID | None
    action: str
    target: str
    details_hash: bytes
    previous: bytes
    hash: bytes


def micros_of(at: datetime) -> int:
    """Microseconds since the Unix epoch, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def details_hash(salt: bytes, details: str) -> bytes:
    """Salted, so that erased details can’t be guessed from it."""
    return hashlib.sha256(salt + details.encode()).digest()


def link_hash(link: Link) -> bytes:
    """SHA-256 of the hash before and of the row, one field a line; no field can hold a line break."""
    fields = (
        VERSION, str(link.clinic_id), str(link.seq), str(link.at), link.actor_kind,
        str(link.actor_id) if link.actor_id else "", link.action, link.target, link.details_hash.hex(),
    )  # fmt: skip
    return hashlib.sha256(link.previous + "\n".join(fields).encode()).digest()
