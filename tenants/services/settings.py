"""Writes what a clinic says of itself, its details and opening hours; nothing that somebody else has just written is
overwritten unseen.

In another zone days begin at another instant: what follows from it is written by the service that settings name.
"""

import dataclasses
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from tenants import audit
from tenants.domain import WEEKDAYS, BadOpeningHours, ClinicFacts, OpeningHours, SettledStep, require_opening_hours
from tenants.events import Actor, Event
from tenants.models import Clinic
from tenants.scope import as_clinic
from tenants.services.guide import settle_step, with_step
from tenants.services.validation import BadInput, require_valid

SHORTEST_GOAL, LONGEST_GOAL = timedelta(minutes=5), timedelta(hours=48)


class SettingsConflict(Exception):
    """Somebody else has changed it since it was looked at."""


@dataclass(frozen=True, slots=True)
class ClinicSettings:
    """What a clinic may change about itself on the settings page."""

    name: str
    timezone: str
    region: str
    currency: str
    callback_goal: timedelta
    default_value: Decimal


def seen_details(clinic: ClinicFacts | Clinic) -> str:
    """A mark of the details as they are; a page sends it back, so that it is known what the person looked at."""
    return _mark({name: getattr(clinic, name) for name in _DETAILS})


def seen_hours(clinic: ClinicFacts | Clinic) -> str:
    """The same of the opening hours."""
    return _mark(dict(clinic.opening_hours))


def change_details(*, clinic_id: uuid.UUID, wanted: ClinicSettings, seen: str, now: datetime, actor: Actor) -> bool:
    """Sets them; False when nothing is different. Raises `BadInput` and `SettingsConflict`."""
    if not SHORTEST_GOAL <= wanted.callback_goal <= LONGEST_GOAL:
        raise BadInput("callback_goal: 5 minutes to 48 hours.")
    after = dataclasses.asdict(wanted)
    with as_clinic(clinic_id):
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
        before = {name: getattr(clinic, name) for name in _DETAILS}
        if after == before:
            settle_step(clinic_id=clinic_id, step=SettledStep.DETAILS, actor=actor)  # looked at and saved: it is right
            return False
        if seen_details(clinic) != seen:
            raise SettingsConflict
        _save(clinic, {**after, **with_step(clinic, SettledStep.DETAILS)})
        if after["timezone"] != before["timezone"]:
            import_string(settings.ZONE_CHANGE_SERVICE)(
                clinic_id=clinic_id, now=now
            )  # in this transaction, or not at all
        audit.record(
            Event.CLINIC_CHANGED, actor=actor, clinic_id=clinic_id, target=clinic_id, **audit.changes(before, after)
        )
    return True


def change_hours(*, clinic_id: uuid.UUID, hours: OpeningHours, seen: str, actor: Actor) -> bool:
    """Sets the opening hours; False when nothing is different. Raises `BadInput` and `SettingsConflict`."""
    try:
        require_opening_hours(hours)
    except BadOpeningHours as error:
        raise BadInput(f"opening_hours: {error}") from error
    after = {day: [list(span) for span in hours.get(day, ())] for day in WEEKDAYS}
    with as_clinic(clinic_id):
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
        before = {day: clinic.opening_hours.get(day, []) for day in WEEKDAYS}
        if after == before:
            settle_step(clinic_id=clinic_id, step=SettledStep.HOURS, actor=actor)
            return False
        if seen_hours(clinic) != seen:
            raise SettingsConflict
        _save(clinic, {"opening_hours": after, **with_step(clinic, SettledStep.HOURS)})
        audit.record(
            Event.HOURS_CHANGED, actor=actor, clinic_id=clinic_id, target=clinic_id, **audit.changes(before, after)
        )
    return True


_DETAILS = tuple(field.name for field in dataclasses.fields(ClinicSettings))


def _save(clinic: Clinic, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(clinic, name, value)
    require_valid(clinic)
    clinic.save(update_fields=list(values))


def _mark(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:16]
