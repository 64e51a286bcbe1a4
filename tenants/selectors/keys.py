"""Reads of API keys: the one that a request shows, and a clinic's for its own people; never a secret, only its hash."""

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenants.domain import Scope
from tenants.models import ApiKey
from tenants.scope import as_clinic, as_holder_of


class UnknownKey(LookupError):
    """The clinic has no such key."""


class KeyState(enum.StrEnum):
    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ApiKeyFacts:
    id: uuid.UUID
    clinic_id: uuid.UUID
    secret_hash: bytes
    scopes: frozenset[str]
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyFacts:
    id: uuid.UUID
    name: str
    prefix: str
    scopes: Sequence[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None  # to the hour
    state: KeyState


def find_api_key(prefix: str, now: datetime) -> ApiKeyFacts | None:
    """The key with this prefix unless it is revoked or expired; the caller compares the secret's hash."""
    with as_holder_of(f"key:{prefix}"):
        key = ApiKey.objects.filter(prefix=prefix, revoked_at=None).first()
    if key is None or (key.expires_at is not None and key.expires_at <= now):
        return None
    return ApiKeyFacts(key.id, key.clinic_id, bytes(key.secret_hash), frozenset(key.scopes), key.last_used_at)


def list_keys(clinic_id: uuid.UUID, now: datetime) -> Sequence[KeyFacts]:
    """Those that work first, then the newest."""
    with as_clinic(clinic_id):
        rows = ApiKey.objects.filter(clinic_id=clinic_id).order_by("-created_at", "prefix")
        keys = [_facts(row, now) for row in rows]
    return sorted(keys, key=lambda key: key.state is not KeyState.LIVE)


def find_key(clinic_id: uuid.UUID, key_id: uuid.UUID, now: datetime) -> KeyFacts:
    """Raises `UnknownKey`."""
    with as_clinic(clinic_id):
        row = ApiKey.objects.filter(clinic_id=clinic_id, pk=key_id).first()
    if row is None:
        raise UnknownKey
    return _facts(row, now)


def _facts(row: ApiKey, now: datetime) -> KeyFacts:
    return KeyFacts(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=[scope for scope in Scope if scope.value in row.scopes],
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        state=_state(row, now),
    )


def _state(row: ApiKey, now: datetime) -> KeyState:
    if row.revoked_at is not None:
        return KeyState.REVOKED
    return KeyState.LIVE if row.expires_at is None or row.expires_at > now else KeyState.EXPIRED
