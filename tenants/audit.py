"""Writes the audit trail: one row for each thing that somebody did, inside the transaction that did it.

There is no way to change or delete a row. It refuses to hold a phone number: a run of digits in a detail is masked.
Call it as the last write of a transaction: a clinic's rows are written one after the other, and whoever waits holds
up the next.
"""

import contextlib
import json
import re
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tenants import ledger
from tenants.domain import PLATFORM
from tenants.events import Actor, Event
from tenants.masks import mask
from tenants.scope import as_clinic

_SALT_BYTES = 16
_TARGET_LENGTH = 80
_KEY_PREFIX = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{12}")  # of an API key; one in ten holds seven digits in a row
_HAS_HYPHENS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d{2}-\d{2}([T ].*)?")


def record(
    event: Event, *, actor: Actor, clinic_id: uuid.UUID = PLATFORM, target: str | uuid.UUID = "", **details: Any
) -> int:
    """Adds a row to the clinic's trail (or the platform's); returns its number.

    `target` names what it was done to and stays for ever: an id or a code, nothing about a person or a caller. What is
    about them belongs into `details` (text, figures, ids, times), which are erased in time.
    """
    kept = _masked(details)
    if actor.address:
        kept["address"] = actor.address  # of a network, which would look like a number
    with as_clinic(clinic_id):
        return ledger.append(
            clinic_id=clinic_id,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            action=event.value,
            target=_one_line(target),
            salt=secrets.token_bytes(_SALT_BYTES),
            details=json.dumps(kept, sort_keys=True, ensure_ascii=False, default=str),
        )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The details of a change: what was different `before` and `after`, by field."""
    changed = [name for name in after if before.get(name) != after[name]]
    return {"before": {name: before.get(name) for name in changed}, "after": {name: after[name] for name in changed}}


def _one_line(target: str | uuid.UUID) -> str:
    if isinstance(target, uuid.UUID):
        return str(target)
    if _KEY_PREFIX.fullmatch(target):
        return target
    return mask("".join(character if character.isprintable() else " " for character in target))[:_TARGET_LENGTH]


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _masked(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(part) for part in value]
    if not isinstance(value, str) or _is_id_or_day(value):
        return value  # ids, times and amounts are what they are
    return mask(value)


def _is_id_or_day(text: str) -> bool:
    """Whether it is whole what would be masked for its digits: "…-8400-…" of an id, "2026-07-01"."""
    for read in (uuid.UUID, datetime.fromisoformat):
        with contextlib.suppress(ValueError):
            return _HAS_HYPHENS.fullmatch(text) is not None and bool(read(text))
    return False
