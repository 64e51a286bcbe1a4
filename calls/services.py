"""Writes of calls and connections, in the clinic's scope; takes calls without numbers and refuses all else by type."""

import dataclasses
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from calls import providers, rows
from calls.domain import HashedCall, Outcome, Receipt
from calls.hashing import hash_token
from calls.models import Connection
from tenants.scope import as_clinic, current_clinic_id
from tenants.vault import wrap

_TOKEN_BYTES = 24


class UnknownProvider(LookupError):
    """There is no phone system of that name; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class NewConnection:
    """`token` and `secret` are shown once. `secret` is empty when the provider makes it and gave it to us."""

    id: uuid.UUID
    token: str
    secret: str


def merge_calls(known: HashedCall, new: HashedCall) -> HashedCall:
    """What two messages say of one call: the state only moves forward, longer talk wins, the first start stays.

    Pure, commutative but for the start, and idempotent: late, doubled and reordered messages change nothing.
    """
    knows_more = new.kind > known.kind
    return dataclasses.replace(
        known,
        outcome=max(known.outcome, new.outcome),
        kind=max(known.kind, new.kind),
        caller=new.caller if knows_more else known.caller,
        direction=new.direction if knows_more else known.direction,
        ring_seconds=known.ring_seconds if known.ring_seconds is not None else new.ring_seconds,
        talk_seconds=max(known.talk_seconds, new.talk_seconds),
        line=known.line or new.line,
    )


def record_call(*, call: HashedCall, known: HashedCall | None, zone: ZoneInfo, now: datetime) -> Receipt:
    """Stores a call that intake has looked up under its lock, and leaves the work row in the same transaction."""
    clinic_id = current_clinic_id()
    merged = call if known is None else merge_calls(known, call)
    if known is None:
        rows.insert_call(clinic_id, merged)
    elif merged != known:
        rows.update_call(clinic_id, merged)
    if merged != known and merged.outcome > Outcome.RINGING:
        rows.insert_change(clinic_id, merged.caller, merged.started_at.astimezone(zone).date(), now)
    return Receipt(merged.id, merged.caller, known is None)


def add_connection(
    *, clinic_id: uuid.UUID, provider: str, name: str, secret: str | None, now: datetime
) -> NewConnection:
    """A new phone system of a clinic. Raises `UnknownProvider`."""
    if provider not in providers.PROVIDERS:
        raise UnknownProvider(f"{provider!r} is not one of {', '.join(sorted(providers.PROVIDERS))}.")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    connection_id = uuid.uuid4()
    made = secret if secret is not None else secrets.token_urlsafe(32)
    with as_clinic(clinic_id):
        Connection.objects.create(
            id=connection_id,
            clinic_id=clinic_id,
            provider=provider,
            name=name,
            token_hash=hash_token(token),
            secret=wrap(made.encode(), f"connection/{connection_id}"),
            created_at=now,
        )
    return NewConnection(connection_id, token, made if secret is None else "")


def renew_connection(*, clinic_id: uuid.UUID, provider: str, name: str, now: datetime) -> NewConnection:
    """The connection of this name with another token and another secret, both ours; made where there is none."""
    token, secret = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(32)
    with as_clinic(clinic_id):
        row = Connection.objects.filter(clinic_id=clinic_id, provider=provider, name=name).order_by("id").first()
        row = row or Connection(clinic_id=clinic_id, provider=provider, name=name, created_at=now)
        row.token_hash = hash_token(token)
        row.secret = wrap(secret.encode(), f"connection/{row.id}")
        row.save()
    return NewConnection(row.id, token, secret)


def count_refusal(*, clinic_id: uuid.UUID, source: str, reason: str, now: datetime, count: int = 1) -> None:
    """Counts refused messages, so that the clinic can see them; never what they said."""
    with as_clinic(clinic_id):
        rows.count_refusal(clinic_id, now.date(), source, reason, count)
