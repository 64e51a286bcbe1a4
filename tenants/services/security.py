"""Writes what a clinic asks of its own people's sign-ins, and whether the platform's support may ever look in."""

import dataclasses
import uuid
from dataclasses import dataclass
from datetime import datetime

from tenants import audit
from tenants.events import Actor, Event
from tenants.models import Clinic
from tenants.scope import as_clinic
from tenants.services.support import end_support
from tenants.services.validation import BadInput

MIN_LENGTH, MAX_LENGTH = 12, 64


@dataclass(frozen=True, slots=True)
class SecuritySettings:
    """What a clinic can be stricter about. Nothing here can be made laxer than the product's own rules."""

    min_password_length: int
    require_two_factors: bool
    support_allowed: bool


def change_security(*, clinic_id: uuid.UUID, wanted: SecuritySettings, now: datetime, actor: Actor) -> bool:
    """Sets them; False when nothing is different. Forbidding support ends the one that is open. Raises `BadInput`."""
    if not MIN_LENGTH <= wanted.min_password_length <= MAX_LENGTH:
        raise BadInput(f"min_password_length: {MIN_LENGTH} to {MAX_LENGTH}.")
    after = dataclasses.asdict(wanted)
    with as_clinic(clinic_id):
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
        before = {name: getattr(clinic, name) for name in after}
        if after == before:
            return False
        Clinic.objects.filter(pk=clinic_id).update(**after)
        if not wanted.support_allowed:
            end_support(clinic_id=clinic_id, now=now, actor=actor)
        audit.record(
            Event.SECURITY_CHANGED, actor=actor, clinic_id=clinic_id, target=clinic_id, **audit.changes(before, after)
        )
    return True
