"""Fills in what an address needs with things of Bright Smile, so that a door has something to open on."""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from attribution.models import BookingSystem, OutgoingMessage, OutgoingTarget, StaffAction, TypeEstimate
from calls.domain import ImportState, PullKind, PullState
from calls.models import Account, Connection, ImportRun, Pull, SavedMapping
from tenants.models import ApiKey, Invitation
from tenants.scope import as_clinic
from tenants.vault import wrap
from tests.access.addresses import Address
from tests.access.people import Town
from tests.retention.rows import add_action, add_opportunity
from tests.tenants.tenant_tables import build_row

Make = Callable[[Town], Any]
NOBODYS = uuid.UUID("7b2ef8a1-6c1b-4e6f-9a51-3f0a4f0a7c11")
_CONVERTED = re.compile(r"<(?:(?P<kind>[a-z]+):)?(?P<name>[a-z_0-9]+)>")
_GROUP = re.compile(r"\(\?P<(?P<name>[a-z_0-9]+)>[^()]*\)")

# By the name of the argument; where one name means several things, by "address.argument".
OURS: Mapping[str, Make] = {
    "user_id": lambda town: town.people["auditor"].id,
    "invitation_id": lambda town: _row(town, Invitation, email="dan@bright-smile.example").pk,
    "key_id": lambda town: _row(town, ApiKey).pk,
    "settings_connection_add.provider": lambda town: "twilio",
    "connection_id": lambda town: _row(town, Connection).pk,
    "settings_connection_resume.connection_id": lambda town: _row(town, Connection, paused_at=timezone.now()).pk,
    "settings_connection_account_remove.connection_id": lambda town: _asked(town),
    "pull_id": lambda town: _pull(town),
    "run_id": lambda town: _row(town, ImportRun, state=ImportState.RUNNING, stop_asked_at=None).pk,
    "mapping_id": lambda town: _row(town, SavedMapping).pk,
    "target_id": lambda town: _target(town),
    "settings_webhook_resume.target_id": lambda town: _target(town, paused_at=timezone.now()),
    "settings_webhook_again.message_id": lambda town: _message(town),
    "value_id": lambda town: _row(town, TypeEstimate).pk,
    "system_id": lambda town: _booking_system(town),
    "settings_booking_resume.system_id": lambda town: _booking_system(town, paused=True),
    "month": lambda town: f"{timezone.now():%Y-%m}",
    "opportunity_id": lambda town: add_opportunity(town.clinic, timezone.now(), uuid.uuid4()).id,
    "caller": lambda town: add_opportunity(town.clinic, timezone.now(), uuid.uuid4()).caller,
    "action_id": lambda town: _action(town),
}


def _booking_system(town: Town, *, paused: bool = False) -> uuid.UUID:
    """One that sends messages: nobody is asked anything. Without a line in the trail."""
    made, now = uuid.uuid4(), timezone.now()
    with as_clinic(town.clinic.id):
        BookingSystem.objects.create(
            id=made,
            clinic_id=town.clinic.id,
            kind="calendly",
            name="Diary",
            credentials=wrap(b'{"secret": "made up"}', f"booking_system/{made}"),
            token_hash=made.bytes * 2,
            created_at=now,
            paused_at=now if paused else None,
        )
    return made


def _action(town: Town) -> uuid.UUID:
    """Of the admin, just now, so that it can be undone."""
    action = add_action(town.clinic, timezone.now(), uuid.uuid4())
    with as_clinic(town.clinic.id):
        StaffAction.objects.filter(pk=action.pk).update(user=town.people["admin"])
    return action.id


def _target(town: Town, **fields: Any) -> uuid.UUID:
    """One for the whole test, so that its messages are of the same one."""
    with as_clinic(town.clinic.id):
        known = OutgoingTarget.objects.filter(clinic_id=town.clinic.id).first()
        row = known or build_row(OutgoingTarget, town.clinic.id)
        empty = dict.fromkeys(("paused_at", "switched_off_at", "failing_since", "old_secret_until", "digest_at"))
        for name, value in {**empty, "events": ["missed_call.opened"], **fields}.items():
            setattr(row, name, value)
        row.save()
    return uuid.UUID(str(row.pk))


def _message(town: Town) -> uuid.UUID:
    now = timezone.now()
    with as_clinic(town.clinic.id):
        row = OutgoingMessage.objects.create(
            clinic_id=town.clinic.id, target_id=_target(town), event="test", subject=str(uuid.uuid4()), body={},
            created_at=now, not_before=now, delivered_at=now,
        )  # fmt: skip
    return row.id


def _asked(town: Town) -> uuid.UUID:
    """A connection with an account."""
    connection_id = uuid.UUID(str(_row(town, Connection).pk))
    _row(town, Account, connection_id=connection_id)
    return connection_id


def _pull(town: Town) -> uuid.UUID:
    now = timezone.now()
    times = {"since": now - timedelta(days=2), "until": now, "reached": now - timedelta(days=1), "finished_at": None}
    asked = {"connection_id": _asked(town), "kind": PullKind.BACKFILL.value, "state": PullState.WAITING.value}
    return uuid.UUID(str(_row(town, Pull, **asked, **times).pk))


def _row(town: Town, model: type[models.Model], **fields: Any) -> models.Model:
    with as_clinic(town.clinic.id):
        row = build_row(model, town.clinic.id)
        for name, value in fields.items():
            setattr(row, name, value)
        if isinstance(row, Connection):
            row.secret = wrap(b"made up", f"connection/{row.pk}")
            row.provider, row.paused_at = "twilio", fields.get("paused_at")
        if isinstance(row, ImportRun):
            row.started_at = row.updated_at = timezone.now()
        if isinstance(row, ApiKey):
            row.revoked_at = row.expires_at = None
        if isinstance(row, Invitation):
            row.accepted_at = row.withdrawn_at = None
            row.expires_at = row.link_expires_at = timezone.now() + timedelta(days=1)
        row.save(force_insert=True)
    return row


def fill_in(address: Address, town: Town, *, invented: bool = False, made: dict[str, Any] | None = None) -> str:
    """The path; with `invented` ids nothing is there. What is in `made` is not made twice."""
    known = {} if made is None else made

    def argument(match: re.Match[str]) -> str:
        name = match["name"]
        key = f"{address.name}.{name}" if f"{address.name}.{name}" in OURS else name
        if invented or key not in OURS:
            return _invented(match.groupdict().get("kind"))
        if key not in known:
            known[key] = OURS[key](town)
        return str(known[key])

    route = _CONVERTED.sub(argument, _GROUP.sub(argument, address.route))
    return "/" + re.sub(r"\\Z|[\^$]", "", route)


def _invented(kind: str | None) -> str:
    return {"uuid": str(NOBODYS), "int": "987654"}.get(kind or "", "nothing")
