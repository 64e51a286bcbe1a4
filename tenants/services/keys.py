"""Writes of API keys, each in one transaction; a key is in clear once, in the answer."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from tenants import audit, labels
from tenants.domain import Scope
from tenants.events import SYSTEM, Actor, Event
from tenants.models import ApiKey
from tenants.scope import as_clinic
from tenants.services.people import lock_clinic
from tenants.services.validation import BadInput

_PREFIX_CHARACTERS = 12
API_KEY_MARK = "rbk"  # so that a leaked key is recognised for what it is
MOST_LIVE_KEYS = 20


class AlreadyMade(ValueError):
    """A key with this id was made before: the same form came twice."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """What somebody asks for. The id is chosen before, so that a form that comes twice makes one key."""

    id: uuid.UUID
    name: str
    scopes: Sequence[Scope]
    lasts: timedelta | None  # None: until it is revoked


def make_api_key(*, clinic_id: uuid.UUID, wanted: NewKey, now: datetime, actor: Actor) -> str:
    """A key as people ask for it, in clear for the only time. Raises `BadInput`, `AlreadyMade`."""
    fault = labels.find_fault(wanted.name)
    if fault:
        raise BadInput(f"name: {fault}")
    if not wanted.scopes:
        raise BadInput("scopes: Choose what the key may do.")
    with as_clinic(clinic_id):
        lock_clinic(clinic_id)
        if ApiKey.objects.filter(pk=wanted.id).exists():
            raise AlreadyMade
        live = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), clinic_id=clinic_id, revoked_at=None)
        if live.count() >= MOST_LIVE_KEYS:
            raise BadInput(f"name: The clinic has {MOST_LIVE_KEYS} keys that work. Revoke one first.")
        return create_api_key(
            clinic_id=clinic_id,
            key_id=wanted.id,
            name=wanted.name.strip(),
            scopes=wanted.scopes,
            now=now,
            expires_at=now + wanted.lasts if wanted.lasts else None,
            actor=actor,
        )


def create_api_key(
    *,
    clinic_id: uuid.UUID,
    name: str,
    scopes: Iterable[Scope],
    now: datetime,
    expires_at: datetime | None = None,
    actor: Actor = SYSTEM,
    key_id: uuid.UUID | None = None,
) -> str:
    """A new key, in clear for the only time: `rbk_<prefix>_<secret>`. Kept are the prefix and SHA-256 of the secret."""
    secret = secrets.token_urlsafe(32)
    prefix = secrets.token_hex(_PREFIX_CHARACTERS // 2)
    words = sorted(scope.value for scope in scopes)
    with as_clinic(clinic_id):
        ApiKey.objects.create(
            id=key_id or uuid.uuid4(),
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


def note_key_use(*, clinic_id: uuid.UUID, key_id: uuid.UUID, now: datetime) -> None:
    """Notes that a key was used, to the hour: within one hour a second note changes nothing."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    with as_clinic(clinic_id):
        ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=hour), pk=key_id).update(last_used_at=hour)


def hash_secret(secret: str) -> bytes:
    """SHA-256: the secret has 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).digest()
