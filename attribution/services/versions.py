"""The clinic's rules: read by version, changed only by making a new version that is in force from now on."""

import dataclasses
import uuid
from datetime import datetime

from attribution import results
from attribution.models import RulesVersion
from attribution.rules import RuleSet
from attribution.services.context import rules_of
from tenants.scope import as_clinic
from tenants.selectors import get_clinic


def list_rules(clinic_id: uuid.UUID) -> tuple[RuleSet, ...]:
    """All versions, oldest first; a clinic that never changed any has version 1, the defaults."""
    with as_clinic(clinic_id):
        return rules_of(get_clinic(clinic_id))


def current_rules(clinic_id: uuid.UUID) -> RuleSet:
    """The newest version."""
    return list_rules(clinic_id)[-1]


def set_rules(*, clinic_id: uuid.UUID, rules: RuleSet, now: datetime) -> RuleSet:
    """A new version with these rules, in force from now on; what was judged by another one stays.

    The version, its beginning and `max_open` are not the caller's to choose. Raises `RulesOutOfRange`. Rules that
    change nothing make no version.
    """
    with as_clinic(clinic_id):
        results.lock_attribution(clinic_id)
        known = list_rules(clinic_id)
        newest = known[-1]
        wanted = dataclasses.replace(rules, version=newest.version + 1, in_force_from=now, max_open=newest.max_open)
        wanted.validate()
        if dataclasses.replace(wanted, version=newest.version, in_force_from=newest.in_force_from) == newest:
            return newest
        if not RulesVersion.objects.filter(clinic_id=clinic_id).exists():
            _store(clinic_id, newest)  # or the new version would be the first, and judge what came before it
        _store(clinic_id, wanted)
        return wanted


def _store(clinic_id: uuid.UUID, rules: RuleSet) -> None:
    columns = dataclasses.asdict(rules)
    columns.pop("max_open")
    RulesVersion.objects.create(clinic_id=clinic_id, **columns)
