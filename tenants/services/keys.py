"""Writes of API keys, each in one transaction; a key is in clear once, in the answer."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime

from tenants import audit
from tenants.domain import Scope
from tenants.events import SYSTEM, Actor, Event
from tenants.models import ApiKey
from tenants.scope import as_clinic

_PREFIX_CHARACTERS = 12
API_KEY_MARK = "rbk"  # so that a leaked key is recognised for what it is


def create_api_key(
    *,
    clinic_id: uuid.UUID,
    name: str,
    scopes: Iterable[Scope],
    now: datetime,
    expires_at: datetime | None = None,
    actor: Actor = SYSTEM,
) -> str:
    """A new key, in clear for the only time: `rbk_<prefix>_<secret>`. Kept are the prefix and SHA-256 of the secret."""
    secret = secrets.token_urlsafe(32)
    prefix = secrets.token_hex(_PREFIX_CHARACTERS // 2)
    words = sorted(scope.value for scope in scopes)
    with as_clinic(clinic_id):
        ApiKey.objects.create(
            clinic_id=clinic_id,
            name=name,
            prefix=prefix,
            secret_hash=hash_secret(secret),
            scopes=words,
            created_at=now,
            expires_at=expires_at,
        )
        audit.record(
            Event.API_KEY_MADE, actor=actor, clinic_id=clinic_id, target=prefix, scopes=words, expires_at=expires_at
        )
    return f"{API_KEY_MARK}_{prefix}_{secret}"


def revoke_api_key(*, clinic_id: uuid.UUID, prefix: str, now: datetime, actor: Actor = SYSTEM) -> bool:
    """Ends a key at once; False when the clinic has no such key."""
    with as_clinic(clinic_id):
        if not ApiKey.objects.filter(prefix=prefix, revoked_at=None).update(revoked_at=now):
            return False
        audit.record(Event.API_KEY_REVOKED, actor=actor, clinic_id=clinic_id, target=prefix)
    return True


def hash_secret(secret: str) -> bytes:
    """SHA-256: the secret has 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).digest()
