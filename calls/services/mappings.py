"""Writes how a clinic's own files are read; refuses names, columns and words that may hold somebody's number."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from calls.models import SavedMapping
from calls.services.connections import BadName, require_connection_name
from tenants import audit
from tenants.events import Actor, Event
from tenants.masks import mask
from tenants.scope import as_clinic


class UnknownMapping(LookupError):
    """The clinic has no such mapping."""


def save_mapping(
    *,
    clinic_id: uuid.UUID,
    name: str,
    header_key: str,
    columns: Mapping[str, Any],
    made_by: uuid.UUID,
    now: datetime,
    actor: Actor,
) -> uuid.UUID:
    """Keeps it for files with this header, instead of one that was kept before. Raises `BadName`."""
    name = require_connection_name(name)
    if any(mask(text) != text for text in _texts(columns)):
        raise BadName("A column or a word of this file holds a run of digits: it could be somebody’s number.")
    facts = {"name": name, "mapping": dict(columns), "made_by": made_by, "made_at": now}
    with as_clinic(clinic_id):
        row, _ = SavedMapping.objects.update_or_create(clinic_id=clinic_id, header_key=header_key, defaults=facts)
        audit.record(Event.MAPPING_SAVED, actor=actor, clinic_id=clinic_id, target=row.id, name=name)
    return row.id


def remove_mapping(*, clinic_id: uuid.UUID, mapping_id: uuid.UUID, actor: Actor) -> None:
    """The next file of its kind is asked about again. Raises `UnknownMapping`."""
    with as_clinic(clinic_id):
        row = SavedMapping.objects.select_for_update().filter(clinic_id=clinic_id, pk=mapping_id).first()
        if row is None:
            raise UnknownMapping(str(mapping_id))
        name = row.name
        row.delete()
        audit.record(Event.MAPPING_REMOVED, actor=actor, clinic_id=clinic_id, target=mapping_id, name=name)


def _texts(value: Any) -> Iterator[str]:
    """All texts in it, however deep, names included."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield str(name)
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
