"""Writes of a clinic's phone systems; a secret leaves here once, in the answer that makes it."""

import base64
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from calls import providers, selectors
from calls.hashing import hash_token
from calls.models import Connection
from tenants import audit, labels
from tenants.events import SYSTEM, Actor, Event
from tenants.scope import as_clinic
from tenants.vault import wrap

_TOKEN_BYTES = 24
MAX_NAME = 80


class UnknownProvider(LookupError):
    """There is no phone system of that name; the message lists those there are."""


class UnknownConnection(LookupError):
    """The clinic has no such connection."""


class BadName(ValueError):
    """What a connection can't be called; the message says why."""


@dataclass(frozen=True, slots=True)
class NewConnection:
    """`token` and `secret` are shown once. `secret` is empty when the provider makes it and gave it to us."""

    id: uuid.UUID
    token: str
    secret: str


def add_connection(
    *, clinic_id: uuid.UUID, provider: str, name: str, secret: str | None, now: datetime, actor: Actor = SYSTEM
) -> NewConnection:
    """A new phone system of a clinic; without a `secret` we make one. Raises `UnknownProvider`, `BadName`."""
    if provider not in providers.PROVIDERS:
        raise UnknownProvider(f"{provider!r} is not one of {', '.join(sorted(providers.PROVIDERS))}.")
    name = require_connection_name(name)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    connection_id = uuid.uuid4()
    made = secret if secret is not None else _make_secret()
    with as_clinic(clinic_id):
        Connection.objects.create(
            id=connection_id,
            clinic_id=clinic_id,
            provider=provider,
            name=name,
            token_hash=hash_token(token),
            secret=_wrap(made, connection_id),
            created_at=now,
        )
        _record(Event.CONNECTION_ADDED, actor, clinic_id, connection_id, provider=provider, name=name)
    return NewConnection(connection_id, token, made if secret is None else "")


def renew_connection(
    *, clinic_id: uuid.UUID, provider: str, name: str, now: datetime, actor: Actor = SYSTEM
) -> NewConnection:
    """The connection of this name with another token and another secret, both ours; made where there is none."""
    token, secret = secrets.token_urlsafe(_TOKEN_BYTES), _make_secret()
    with as_clinic(clinic_id):
        known = Connection.objects.filter(clinic_id=clinic_id, provider=provider, name=name).order_by("id").first()
        row = known or Connection(clinic_id=clinic_id, provider=provider, name=name, created_at=now)
        row.token_hash = hash_token(token)
        row.secret = _wrap(secret, row.id)
        row.save()
        event = Event.CONNECTION_SECRET_ROTATED if known else Event.CONNECTION_ADDED
        _record(event, actor, clinic_id, row.id, provider=provider, name=name)
    return NewConnection(row.id, token, secret)


def pause_connection(*, clinic_id: uuid.UUID, connection_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM) -> bool:
    """Its messages are refused until it is resumed; False when it is paused already. Raises `UnknownConnection`."""
    with as_clinic(clinic_id):
        row = _lock_connection(connection_id)
        if row.paused_at is not None:
            return False
        row.paused_at = now
        row.save(update_fields=["paused_at"])
        _record(Event.CONNECTION_PAUSED, actor, clinic_id, connection_id)
    return True


def resume_connection(*, clinic_id: uuid.UUID, connection_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM) -> bool:
    """Its messages are taken again, and silence counts from now on; False when it was not paused.

    Raises `UnknownConnection`.
    """
    with as_clinic(clinic_id):
        row = _lock_connection(connection_id)
        if row.paused_at is None:
            return False
        row.paused_at, row.resumed_at, row.silent_since = None, now, None
        row.save(update_fields=["paused_at", "resumed_at", "silent_since"])
        _record(Event.CONNECTION_RESUMED, actor, clinic_id, connection_id)
    return True


def rotate_secret(*, clinic_id: uuid.UUID, connection_id: uuid.UUID, secret: str | None, actor: Actor = SYSTEM) -> str:
    """Another secret for the same address; the old one is worth nothing any more. Returns the one that we made, shown
    once, or nothing where it was given. Raises `UnknownConnection`."""
    made = secret if secret is not None else _make_secret()
    with as_clinic(clinic_id):
        row = _lock_connection(connection_id)
        row.secret = _wrap(made, row.id)
        row.save(update_fields=["secret"])
        _record(Event.CONNECTION_SECRET_ROTATED, actor, clinic_id, connection_id)
    return made if secret is None else ""


def remove_connection(*, clinic_id: uuid.UUID, connection_id: uuid.UUID, actor: Actor = SYSTEM) -> None:
    """Its address is gone for good; what it has told us stays. Raises `UnknownConnection`."""
    with as_clinic(clinic_id):
        row = _lock_connection(connection_id)
        provider, name = row.provider, row.name
        row.delete()
        _record(Event.CONNECTION_REMOVED, actor, clinic_id, connection_id, provider=provider, name=name)


def require_connection_name(name: str) -> str:
    """The name as it is kept. Raises `BadName` for one that is empty, too long, or may tell somebody's number."""
    name = name.strip()
    if len(name) > MAX_NAME:
        raise BadName(f"At most {MAX_NAME} characters.")
    fault = labels.find_fault(name)
    if fault is not None:
        raise BadName(fault)
    return name


def _lock_connection(connection_id: uuid.UUID) -> Connection:
    row = Connection.objects.select_for_update().filter(pk=connection_id).first()
    if row is None:
        raise UnknownConnection(str(connection_id))
    return row


def _make_secret() -> str:
    """As Standard Webhooks spells one, which suits every other phone system as well."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _wrap(secret: str, connection_id: uuid.UUID) -> bytes:
    return wrap(secret.encode(), f"connection/{connection_id}")


def _record(event: Event, actor: Actor, clinic_id: uuid.UUID, connection_id: uuid.UUID, **details: str) -> None:
    """The last write; what this process remembers goes when it is committed, or it would remember the old once more."""
    transaction.on_commit(selectors.forget_connections)
    audit.record(event, actor=actor, clinic_id=clinic_id, target=connection_id, **details)
