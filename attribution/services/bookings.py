"""Writes of a clinic's booking systems: added, given other credentials, paused, resumed, removed.

Credentials are kept wrapped. What a clinic typed in is shown never again; of an address and a key that are ours, once.
"""

import base64
import json
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from attribution.bookings import HEARD, POLLED, Credentials
from attribution.models import BookingSystem
from attribution.selectors.bookings import context_of
from calls.hashing import call_id, hash_token
from calls.keystore import call_key
from tenants import audit, labels
from tenants.events import SYSTEM, Actor, Event
from tenants.models import Clinic
from tenants.outbound import BadTarget, require_target
from tenants.scope import as_clinic
from tenants.vault import CannotUnwrap, unwrap, wrap

MAX_SYSTEM_NAME = 80
MAX_CREDENTIAL = 500
MOST_SYSTEMS = 20  # of a clinic
_TOKEN_BYTES = 24


class UnknownSystem(LookupError):
    """The clinic has no such booking system."""


class BadSystem(ValueError):
    """What can't be stored; `field` says which one, the message why and not what it was."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field_name


@dataclass(frozen=True, slots=True)
class NewSystem:
    """`token` and `secret` are of one that sends messages, and shown once; empty for one that is asked."""

    id: uuid.UUID
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


def add_booking_system(
    *, clinic_id: uuid.UUID, kind: str, name: str, credentials: Credentials, now: datetime, actor: Actor = SYSTEM
) -> NewSystem:
    """A new one, asked from now on. Raises `BadSystem`."""
    name = _require_name(name)
    is_heard = kind == HEARD
    token, secret = secrets.token_urlsafe(_TOKEN_BYTES), _make_secret()
    kept = {"secret": secret} if is_heard else require_credentials(kind, credentials)
    with as_clinic(clinic_id):
        if not is_heard:
            _require_once(clinic_id, kind, kept)
        made = NewSystem(_choose_id(clinic_id, kind, kept), token, secret)
        if BookingSystem.objects.filter(clinic_id=clinic_id).count() >= MOST_SYSTEMS:
            raise BadSystem("name", f"A clinic has at most {MOST_SYSTEMS} booking systems.")
        BookingSystem.objects.create(
            id=made.id,
            clinic_id=clinic_id,
            kind=kind,
            name=name,
            credentials=_wrap(kept, made.id),
            token_hash=hash_token(made.token) if is_heard else None,
            created_at=now,
            next_poll_at=None if is_heard else now,
        )
        audit.record(
            Event.BOOKING_SYSTEM_ADDED, actor=actor, clinic_id=clinic_id, target=made.id, kind=kind, name=name
        )  # fmt: skip
    return made if is_heard else NewSystem(made.id)


def change_credentials(
    *, clinic_id: uuid.UUID, system_id: uuid.UUID, credentials: Credentials, now: datetime, actor: Actor = SYSTEM
) -> str:
    """Others for the same system, which is asked at once; returns the key that we made for one that sends messages.

    It is read from the beginning: nobody can see whether they may see more than the old ones. A run that goes on with
    the old ones loses its claim. Raises `UnknownSystem`, `BadSystem`.
    """
    with as_clinic(clinic_id):
        row = _lock(system_id)
        secret = _make_secret() if row.kind == HEARD else ""
        kept = {"secret": secret} if secret else require_credentials(row.kind, credentials)
        if not secret:
            _require_once(clinic_id, row.kind, kept, but=row.id)
        row.credentials, row.cursor, row.claimed_until = _wrap(kept, row.id), None, None
        row.problem, row.tries, row.next_poll_at = "", 0, None if secret else now
        row.save(update_fields=["credentials", "cursor", "claimed_until", "problem", "tries", "next_poll_at"])
        audit.record(Event.BOOKING_SYSTEM_CHANGED, actor=actor, clinic_id=clinic_id, target=row.id)
    return secret


def pause_booking_system(
    *, clinic_id: uuid.UUID, system_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM
) -> bool:  # fmt: skip
    """It is neither asked nor heard until it is resumed; False when it is paused already. Raises `UnknownSystem`."""
    with as_clinic(clinic_id):
        row = _lock(system_id)
        if row.paused_at is not None:
            return False
        row.paused_at = now
        row.save(update_fields=["paused_at"])
        audit.record(Event.BOOKING_SYSTEM_PAUSED, actor=actor, clinic_id=clinic_id, target=row.id)
    return True


def resume_booking_system(
    *, clinic_id: uuid.UUID, system_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM
) -> bool:  # fmt: skip
    """It is asked at once, and what it missed is fetched; False when it was not paused. Raises `UnknownSystem`."""
    with as_clinic(clinic_id):
        row = _lock(system_id)
        if row.paused_at is None:
            return False
        row.paused_at = None
        row.next_poll_at = None if row.kind == HEARD else now
        row.save(update_fields=["paused_at", "next_poll_at"])
        audit.record(Event.BOOKING_SYSTEM_RESUMED, actor=actor, clinic_id=clinic_id, target=row.id)
    return True


def remove_booking_system(*, clinic_id: uuid.UUID, system_id: uuid.UUID, actor: Actor = SYSTEM) -> None:
    """Its credentials and its address are gone for good; appointments stay. Raises `UnknownSystem`."""
    with as_clinic(clinic_id):
        row = _lock(system_id)
        kind, name, target = row.kind, row.name, row.id
        row.delete()
        audit.record(
            Event.BOOKING_SYSTEM_REMOVED, actor=actor, clinic_id=clinic_id, target=target, kind=kind, name=name
        )  # fmt: skip


def require_credentials(kind: str, credentials: Credentials) -> dict[str, str]:
    """The fields of this kind, and no others. Raises `BadSystem`."""
    system = POLLED.get(kind)
    if system is None:
        raise BadSystem("kind", "There is no such booking system.")
    kept = {one.name: credentials.get(one.name, "").strip() for one in system.CREDENTIALS}
    for one in system.CREDENTIALS:
        _require_word(one.name, kept[one.name], is_optional=one.is_optional)
    fault = system.find_fault(kept)
    if fault:
        raise BadSystem(*fault)
    if kept.get("address"):
        try:
            require_target(kept["address"])
        except BadTarget as error:
            raise BadSystem("address", str(error)) from None
        if "?" in kept["address"]:
            raise BadSystem("address", "An address without a question mark.")
    return kept


def _require_once(clinic_id: uuid.UUID, kind: str, kept: Credentials, but: uuid.UUID | None = None) -> None:
    """Raises `BadSystem` where another one of the clinic has the same: each booking would count twice."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)  # of two at once the second sees the first
    for row in BookingSystem.objects.filter(clinic_id=clinic_id, kind=kind):
        if row.id == but:
            continue
        with suppress(CannotUnwrap):
            if _account(kind, json.loads(unwrap(row.credentials, context_of(row.id)))) == _account(kind, kept):
                raise BadSystem(POLLED[kind].CREDENTIALS[0].name, "Another booking system here has the same.")


def _choose_id(clinic_id: uuid.UUID, kind: str, kept: Credentials) -> uuid.UUID:
    """The same for the same credentials, if it is free: what was removed and is added again knows its appointments."""
    if kind not in POLLED:
        return uuid.uuid4()
    made = call_id(call_key(clinic_id), clinic_id, f"booking_system/{kind}", "\n".join(_account(kind, kept)))
    return uuid.uuid4() if BookingSystem.objects.filter(pk=made).exists() else made


def _account(kind: str, credentials: Credentials) -> list[str]:
    return [credentials.get(one.name, "") for one in POLLED[kind].CREDENTIALS if one.is_secret]


def _require_word(name: str, text: str, *, is_optional: bool) -> None:
    if not text and not is_optional:
        raise BadSystem(name, "This is needed: copy it from your booking system.")
    if len(text) > MAX_CREDENTIAL:
        raise BadSystem(name, f"At most {MAX_CREDENTIAL} characters.")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise BadSystem(name, "One word without spaces.")


def _require_name(name: str) -> str:
    name = name.strip()
    fault = f"At most {MAX_SYSTEM_NAME} characters." if len(name) > MAX_SYSTEM_NAME else labels.find_fault(name)
    if fault:
        raise BadSystem("name", fault)
    return name


def _lock(system_id: uuid.UUID) -> BookingSystem:
    row = BookingSystem.objects.select_for_update(no_key=True).filter(pk=system_id).first()
    if row is None:
        raise UnknownSystem(str(system_id))
    return row


def _make_secret() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def _wrap(credentials: Credentials, system_id: uuid.UUID) -> bytes:
    return wrap(json.dumps(dict(credentials)).encode(), context_of(system_id))
