"""Fills in what an address needs with things of Bright Smile, so that a door has something to open on."""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from attribution.models import StaffAction, TypeEstimate
from calls.models import Connection
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
    "connection_id": lambda town: _row(town, Connection).pk,
    "settings_connection_resume.connection_id": lambda town: _row(town, Connection, paused_at=timezone.now()).pk,
    "value_id": lambda town: _row(town, TypeEstimate).pk,
    "opportunity_id": lambda town: add_opportunity(town.clinic, timezone.now(), uuid.uuid4()).id,
    "action_id": lambda town: _action(town),
}


def _action(town: Town) -> uuid.UUID:
    """Of the admin, just now, so that it can be undone."""
    action = add_action(town.clinic, timezone.now(), uuid.uuid4())
    with as_clinic(town.clinic.id):
        StaffAction.objects.filter(pk=action.pk).update(user=town.people["admin"])
    return action.id


def _row(town: Town, model: type[models.Model], **fields: Any) -> models.Model:
    with as_clinic(town.clinic.id):
        row = build_row(model, town.clinic.id)
        for name, value in fields.items():
            setattr(row, name, value)
        if isinstance(row, Connection):
            row.secret = wrap(b"made up", f"connection/{row.pk}")
            row.provider, row.paused_at = "twilio", fields.get("paused_at")
        if isinstance(row, ApiKey):
            row.revoked_at = row.expires_at = None
        if isinstance(row, Invitation):
            row.accepted_at = row.withdrawn_at = None
            row.expires_at = row.link_expires_at = timezone.now() + timedelta(days=1)
        row.save(force_insert=True)
    return row


def fill_in(address: Address, town: Town, *, invented: bool = False) -> str:
    """The path; with `invented` ids nothing is there."""

    def argument(match: re.Match[str]) -> str:
        name = match["name"]
        make = None if invented else OURS.get(f"{address.name}.{name}") or OURS.get(name)
        return str(make(town)) if make else _invented(match.groupdict().get("kind"))

    route = _CONVERTED.sub(argument, _GROUP.sub(argument, address.route))
    return "/" + re.sub(r"\\Z|[\^$]", "", route)


def _invented(kind: str | None) -> str:
    return {"uuid": str(NOBODYS), "int": "987654"}.get(kind or "", "nothing")
