"""Writes of how a phone system is asked; credentials come in here, are wrapped at once and are shown to nobody."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime

from calls.models import Account, Connection, Pull
from calls.pulls import PULLERS, BadCredentials
from calls.selectors.accounts import context_of
from calls.services.connections import UnknownConnection
from tenants import audit
from tenants.events import SYSTEM, Actor, Event
from tenants.scope import as_clinic
from tenants.vault import wrap


class CannotBeAsked(LookupError):
    """The connection's phone system has no list of calls that we read."""


def set_account(
    *,
    clinic_id: uuid.UUID,
    connection_id: uuid.UUID,
    credentials: Mapping[str, str],
    now: datetime,
    actor: Actor = SYSTEM,
) -> None:
    """The credentials from now on, in place of any before. Raises `UnknownConnection`, `CannotBeAsked`,
    `BadCredentials`."""
    with as_clinic(clinic_id):
        connection = Connection.objects.select_for_update().filter(clinic_id=clinic_id, pk=connection_id).first()
        if connection is None:
            raise UnknownConnection(str(connection_id))
        kept = require_credentials(connection.provider, credentials)
        Account.objects.update_or_create(
            clinic_id=clinic_id,
            connection_id=connection_id,
            defaults={
                "credentials": wrap(json.dumps(kept).encode(), context_of(connection_id)),
                "created_at": now,
                "checked_at": None,
                "problem": "",
            },
        )
        audit.record(Event.ACCOUNT_SET, actor=actor, clinic_id=clinic_id, target=connection_id)


def remove_account(*, clinic_id: uuid.UUID, connection_id: uuid.UUID, actor: Actor = SYSTEM) -> bool:
    """Forgets the credentials, and what was fetched when; the calls stay. False when there were none."""
    with as_clinic(clinic_id):
        deleted, _ = Account.objects.filter(clinic_id=clinic_id, connection_id=connection_id).delete()
        if not deleted:
            return False
        Pull.objects.filter(clinic_id=clinic_id, connection_id=connection_id).delete()
        audit.record(Event.ACCOUNT_REMOVED, actor=actor, clinic_id=clinic_id, target=connection_id)
    return True


def note_answer(*, clinic_id: uuid.UUID, connection_id: uuid.UUID, problem: str, now: datetime) -> None:
    """What came when it was asked: nothing wrong, or one of our words for it."""
    with as_clinic(clinic_id):
        rows = Account.objects.filter(clinic_id=clinic_id, connection_id=connection_id)
        rows.update(checked_at=now, problem=problem)


def require_credentials(provider: str, credentials: Mapping[str, str]) -> dict[str, str]:
    """The fields that the phone system is asked with, and no others. Raises `CannotBeAsked`, `BadCredentials`."""
    puller = PULLERS.get(provider)
    if puller is None:
        raise CannotBeAsked(provider)
    kept = {field.name: credentials.get(field.name, "").strip() for field in puller.FIELDS}
    for field in puller.FIELDS:
        fault = field.find_fault(kept[field.name])
        if fault:
            raise BadCredentials(field.name, fault)
    return {name: text for name, text in kept.items() if text}
