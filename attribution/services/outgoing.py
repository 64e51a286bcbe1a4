"""Where a clinic's news is sent: targets made, changed, paused, removed; a secret leaves here once, when it is made.

It refuses addresses that `tenants.outbound` would not ask, and more targets than a clinic has use for.
"""

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from attribution.deliveries import EVENT_WORDS, OutgoingEvent, make_secret, write_body
from attribution.models import OutgoingMessage, OutgoingTarget
from attribution.schedules import DigestKind, next_due
from tenants import audit, labels
from tenants.events import SYSTEM, Actor, Event
from tenants.outbound import BadTarget, Inner, require_target, shown_address
from tenants.scope import as_clinic
from tenants.selectors import get_clinic
from tenants.vault import wrap

MAX_TARGETS = 10
MAX_NAME = 80
OLD_SECRET_LASTS = timedelta(hours=24)
_SECRET_BYTES = 32


class UnknownTarget(LookupError):
    """The clinic has no such outgoing webhook, or it has no such message."""


class TargetResting(Exception):
    """It is paused or switched off: nothing is sent there until it is resumed."""


class BadOutgoing(ValueError):
    """What a target can't be; `field` names what is wrong, the message says why and holds no value."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


@dataclass(frozen=True, slots=True)
class TargetDetails:
    """What people choose."""

    name: str
    url: str
    events: tuple[OutgoingEvent, ...]


@dataclass(frozen=True, slots=True)
class NewTarget:
    """`secret` is shown once."""

    id: uuid.UUID
    secret: str


def add_target(*, clinic_id: uuid.UUID, details: TargetDetails, now: datetime, actor: Actor = SYSTEM) -> NewTarget:
    """Raises `BadOutgoing`."""
    name = _require_fit(details)
    row = OutgoingTarget(clinic_id=clinic_id, name=name, created_at=now, active_since=now)
    secret = make_secret(secrets.token_bytes(_SECRET_BYTES))
    row.secret = wrap(secret.encode(), secret_context(row.id))
    with as_clinic(clinic_id):
        _require_room(clinic_id, name)
        _fill(row, details.url, details.events, now)
        row.save(force_insert=True)
        _record(Event.OUTGOING_ADDED, actor, row, name=name, events=row.events)
    return NewTarget(row.id, secret)


def change_target(
    *, clinic_id: uuid.UUID, target_id: uuid.UUID, details: TargetDetails, now: datetime, actor: Actor = SYSTEM
) -> None:
    """Another name, other events and, unless it is empty, another address. Raises `UnknownTarget`, `BadOutgoing`."""
    name = _require_fit(details, may_be_empty=True)
    with as_clinic(clinic_id):
        row = lock_target(clinic_id, target_id)
        _require_room(clinic_id, name, but=target_id)
        before = {"name": row.name, "events": row.events, "address": row.shown_address}
        row.name = name
        _fill(row, details.url, details.events, now)
        row.save()
        after = {"name": row.name, "events": row.events, "address": row.shown_address}
        _record(Event.OUTGOING_CHANGED, actor, row, **audit.changes(before, after))


def pause_target(*, clinic_id: uuid.UUID, target_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM) -> bool:
    """What happens until it is resumed is not told; what waits goes on waiting. False when it rests already."""
    with as_clinic(clinic_id):
        row = lock_target(clinic_id, target_id)
        if not is_active(row):
            return False
        row.paused_at, row.digest_at = now, None
        row.save(update_fields=["paused_at", "digest_at"])
        _record(Event.OUTGOING_PAUSED, actor, row)
    return True


def resume_target(*, clinic_id: uuid.UUID, target_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM) -> bool:
    """After a pause, and after it was switched off. False when it is active. Raises `UnknownTarget`."""
    with as_clinic(clinic_id):
        row = lock_target(clinic_id, target_id)
        if is_active(row):
            return False
        row.paused_at = row.switched_off_at = row.failing_since = None
        row.active_since = now
        row.digest_at = _digest_due(row, now)
        row.save()
        _record(Event.OUTGOING_RESUMED, actor, row)
    return True


def rotate_target_secret(
    *, clinic_id: uuid.UUID, target_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM
) -> NewTarget:
    """Another secret. For a day messages are signed with the old one as well. Raises `UnknownTarget`."""
    secret = make_secret(secrets.token_bytes(_SECRET_BYTES))
    with as_clinic(clinic_id):
        row = lock_target(clinic_id, target_id)
        row.old_secret, row.old_secret_until = row.secret, now + OLD_SECRET_LASTS
        row.secret = wrap(secret.encode(), secret_context(row.id))
        row.save(update_fields=["secret", "old_secret", "old_secret_until"])
        _record(Event.OUTGOING_SECRET_ROTATED, actor, row)
    return NewTarget(target_id, secret)


def remove_target(*, clinic_id: uuid.UUID, target_id: uuid.UUID, actor: Actor = SYSTEM) -> None:
    """With its log and all that waits. Raises `UnknownTarget`."""
    with as_clinic(clinic_id):
        row = lock_target(clinic_id, target_id)
        name = row.name
        OutgoingTarget.objects.filter(clinic_id=clinic_id, pk=target_id).delete()
        audit.record(Event.OUTGOING_REMOVED, actor=actor, clinic_id=clinic_id, target=target_id, name=name)


def send_test(*, clinic_id: uuid.UUID, target_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM) -> uuid.UUID:
    """Has a message sent that means nothing; it is tried once. Raises `UnknownTarget`, `TargetResting`."""
    with as_clinic(clinic_id):
        row = lock_target(clinic_id, target_id)
        _require_active(row)
        slug = get_clinic(clinic_id).slug
        message = OutgoingMessage.objects.create(
            clinic_id=clinic_id, target_id=target_id, event=OutgoingEvent.TEST, subject=str(uuid.uuid4()),
            created_at=now, not_before=now, body=write_body(OutgoingEvent.TEST, now, {"clinic": slug}),
        )  # fmt: skip
        _record(Event.OUTGOING_TESTED, actor, row)
    return message.id


def send_message_again(
    *, clinic_id: uuid.UUID, target_id: uuid.UUID, message_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM
) -> None:
    """The same message under the same id, from the first try on. Raises `UnknownTarget`, `TargetResting`."""
    with as_clinic(clinic_id):
        row = lock_target(clinic_id, target_id)
        _require_active(row)
        known = OutgoingMessage.objects.filter(clinic_id=clinic_id, target_id=target_id, pk=message_id)
        if not known.update(not_before=now, tries=0, delivered_at=None, given_up_at=None):
            raise UnknownTarget(str(message_id))
        _record(Event.OUTGOING_SENT_AGAIN, actor, row, message=message_id)


def lock_target(clinic_id: uuid.UUID, target_id: uuid.UUID) -> OutgoingTarget:
    """Within the clinic's scope. Raises `UnknownTarget`."""
    row = OutgoingTarget.objects.select_for_update().filter(clinic_id=clinic_id, pk=target_id).first()
    if row is None:
        raise UnknownTarget(str(target_id))
    return row


def is_active(row: OutgoingTarget) -> bool:
    return row.paused_at is None and row.switched_off_at is None


def url_context(target_id: uuid.UUID) -> str:
    """What the vault is told that a wrapped address is for."""
    return f"outgoing/{target_id}/url"


def secret_context(target_id: uuid.UUID) -> str:
    return f"outgoing/{target_id}/secret"


def _fill(row: OutgoingTarget, url: str, events: Iterable[OutgoingEvent], now: datetime) -> None:
    if url:
        row.url = wrap(url.encode(), url_context(row.id))
        row.shown_address = shown_address(url)
    row.events = [event.value for event in events]
    row.digest_at = _digest_due(row, now) if is_active(row) else None


def _digest_due(row: OutgoingTarget, now: datetime) -> datetime | None:
    if OutgoingEvent.DIGEST.value not in row.events:
        return None
    return next_due(DigestKind.DAILY, now, get_clinic(row.clinic_id).zone)


def _require_fit(details: TargetDetails, *, may_be_empty: bool = False) -> str:
    """The name as it is kept."""
    name = details.name.strip()
    fault = f"At most {MAX_NAME} characters." if len(name) > MAX_NAME else labels.find_fault(name)
    if fault is not None:
        raise BadOutgoing("name", fault)
    if details.url or not may_be_empty:
        try:
            require_target(details.url, Inner.WEBHOOKS)
        except BadTarget as error:
            raise BadOutgoing("url", str(error)) from error
    if not details.events or not set(details.events) <= set(EVENT_WORDS):
        raise BadOutgoing("events", "Choose what is to be told.")
    return name


def _require_room(clinic_id: uuid.UUID, name: str, but: uuid.UUID | None = None) -> None:
    others = OutgoingTarget.objects.filter(clinic_id=clinic_id)
    if but is not None:
        others = others.exclude(pk=but)
    if others.filter(name__iexact=name).exists():
        raise BadOutgoing("name", "There is an outgoing webhook of that name already.")
    if but is None and others.count() >= MAX_TARGETS:
        raise BadOutgoing("name", f"A clinic has at most {MAX_TARGETS} outgoing webhooks.")


def _require_active(row: OutgoingTarget) -> None:
    if not is_active(row):
        raise TargetResting


def _record(event: Event, actor: Actor, row: OutgoingTarget, **details: Any) -> None:
    """The last write of its transaction."""
    audit.record(event, actor=actor, clinic_id=row.clinic_id, target=row.id, **details)
