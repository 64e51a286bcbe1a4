"""The clinic's rules: read by version, changed only by making a new version that is in force from now on."""

import dataclasses
import uuid
from datetime import datetime
from typing import Any

from attribution import results
from attribution.models import RulesVersion
from attribution.rules import RuleSet
from attribution.services.context import rules_of
from tenants import audit
from tenants.events import SYSTEM, Actor, Event
from tenants.scope import as_clinic
from tenants.selectors import get_clinic


class RulesConflict(Exception):
    """Somebody else has put another version in force since these rules were looked at."""


def list_rules(clinic_id: uuid.UUID) -> tuple[RuleSet, ...]:
    """All versions, oldest first; a clinic that never changed any has version 1, the defaults."""
    with as_clinic(clinic_id):
        return rules_of(get_clinic(clinic_id))


def current_rules(clinic_id: uuid.UUID) -> RuleSet:
    """The newest version."""
    return list_rules(clinic_id)[-1]


def set_rules(
    *, clinic_id: uuid.UUID, rules: RuleSet, now: datetime, seen_version: int | None = None, actor: Actor = SYSTEM
) -> RuleSet:
    """A new version with these rules, in force from now on; what was judged by another one stays.

    The version, its beginning and `max_open` are not the caller's to choose. Rules that change nothing make no version.
    Raises `RulesOutOfRange`, and `RulesConflict` when `seen_version` is not the newest any more.
    """
    with as_clinic(clinic_id):
        results.lock_attribution(clinic_id)
        newest = list_rules(clinic_id)[-1]
        if seen_version not in (None, newest.version):
            raise RulesConflict
        wanted = propose(newest, rules, now)
        if rules_in(wanted) == rules_in(newest):
            return newest
        if not RulesVersion.objects.filter(clinic_id=clinic_id).exists():
            _store(clinic_id, newest)  # or the new version would be the first, and judge what came before it
        _store(clinic_id, wanted)
        audit.record(
            Event.RULES_CHANGED, actor=actor, clinic_id=clinic_id, target=f"version {wanted.version}",
            **audit.changes(rules_in(newest), rules_in(wanted)),
        )  # fmt: skip
        return wanted


def propose(newest: RuleSet, rules: RuleSet, begins_at: datetime) -> RuleSet:
    """These rules as the version after the newest. Raises `RulesOutOfRange`."""
    wanted = dataclasses.replace(rules, version=newest.version + 1, in_force_from=begins_at, max_open=newest.max_open)
    wanted.validate()
    return wanted


def rules_in(rules: RuleSet) -> dict[str, Any]:
    """What a clinic can choose, without which version it is."""
    return {name: value for name, value in dataclasses.asdict(rules).items() if name not in _NOT_CHOSEN}


_NOT_CHOSEN = ("version", "in_force_from", "max_open")


def _store(clinic_id: uuid.UUID, rules: RuleSet) -> None:
    columns = dataclasses.asdict(rules)
    columns.pop("max_open")
    RulesVersion.objects.create(clinic_id=clinic_id, **columns)
