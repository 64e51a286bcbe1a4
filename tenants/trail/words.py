"""Rows of an audit trail in words that people read: who, to what, and what it was before and after. Pure.

It knows nobody: names are handed in, by id. An id without a name is somebody who has gone.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenants.events import ActorKind, Event

Names = Mapping[str, str]

FORMER_MEMBER: Final = "A former member"
_ACTORS: Final[Mapping[str, str]] = {
    ActorKind.STAFF: "Ringback support",
    ActorKind.SYSTEM: "The system",
    ActorKind.NOBODY: "Somebody",
    ActorKind.KEY: "API key",
}
_LABELS: Final[Mapping[str, str]] = {
    "address": "From network",
    "expires_at": "Expires",
    "min_password_length": "Shortest password",
    "opportunity_id": "Worklist entry",
    "support_until": "Open until",
}
_WHAT_REFUSED: Final[Mapping[str, str]] = {
    "role": "A page that the person’s role may not see",
    "not_here": "Something that is not in this clinic",
    "sign_in_limit": "Too many tries to sign in",
    "numbers": "More callers’ numbers within an hour than one person is shown",
}


@dataclass(frozen=True, slots=True)
class Detail:
    """One line of an event's details; of a change: what it was `before`, and what it became."""

    label: str
    value: str
    before: str | None = None


def tell_actor(kind: str, actor_id: uuid.UUID | None, names: Names) -> str:
    """Who it was, in words."""
    if kind == ActorKind.PERSON:
        return names.get(str(actor_id), FORMER_MEMBER)
    if kind == ActorKind.KEY:
        return names.get(str(actor_id), _ACTORS[ActorKind.KEY])
    return _ACTORS.get(kind, kind)


def tell_target(action: str, target: str, names: Names) -> str:
    """A name; else in words what can be told without one; else nothing."""
    if target in names:
        return names[target]
    if action == Event.ACCESS_REFUSED:
        return target.replace("_", " ")
    return "" if _is_id(target) else target


def tell_refusal(what: str) -> str:
    """For which reason something was refused."""
    return _WHAT_REFUSED.get(what, what.replace("_", " ").capitalize())


def read_details(text: str) -> list[Detail]:
    """The lines to show. What can't be read is shown as it is."""
    try:
        details = json.loads(text)
        lines = _changes(details.pop("before", None), details.pop("after", None))
        return lines + [Detail(_label(name), _told(value)) for name, value in details.items()]
    except (ValueError, AttributeError):
        return [Detail("Details", text)]


def _changes(before: Any, after: Any) -> list[Detail]:
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys([*before, *after])
        return [Detail(_label(name), _told(after.get(name)), _told(before.get(name))) for name in names]
    return [Detail(_label(name), _told(value)) for name, value in (("before", before), ("after", after)) if value]


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _told(value: Any) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')}: {_told(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_told(part) for part in value)
    return str(value)


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
