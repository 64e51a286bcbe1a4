"""What platform staff change through the admin pages: people, staff, a clinic's name; each with one line on record.

Nobody's password is set here. Who is shut out or loses a right loses what they are signed in with at once.
"""

import dataclasses
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from tenants import audit
from tenants.domain import PLATFORM
from tenants.events import Actor, Event
from tenants.models import Clinic, User
from tenants.scope import as_clinic
from tenants.services.sessions import end_sign_ins
from tenants.services.sign_ins import record_for_person
from tenants.services.support import end_support_of
from tenants.services.validation import require_valid


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What the admin pages say of a person."""

    email: str
    name: str
    is_active: bool
    is_staff: bool
    is_superuser: bool


def add_person(*, user_id: uuid.UUID, details: PersonDetails, actor: Actor) -> None:
    """A person without a password, who can be sent a link. Raises `BadInput`."""
    wanted = _wanted(details)
    person = User(id=user_id, **wanted)
    person.set_unusable_password()
    require_valid(person)
    with transaction.atomic():
        person.save(force_insert=True)
        event = Event.STAFF_ADDED if person.is_staff else Event.PERSON_ADDED
        audit.record(event, actor=actor, target=user_id, after=wanted)


def change_person(*, user_id: uuid.UUID, details: PersonDetails, now: datetime, actor: Actor) -> None:
    """Changes what is different. Shut out, or with a right less: sessions, tokens and support access end."""
    wanted = _wanted(details)
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user_id)
        before = {name: getattr(person, name) for name in wanted}
        if before == wanted:
            return
        User.objects.filter(pk=user_id).update(**wanted)
        is_moved = before["email"] != wanted["email"]
        if is_moved or _loses_something(before, wanted):
            end_sign_ins(user_id=user_id, reason="changed", now=now)
            end_support_of(user_id=user_id, now=now, actor=actor)
        becomes_staff = wanted["is_staff"] and not before["is_staff"]
        event = Event.STAFF_ADDED if becomes_staff else Event.PERSON_CHANGED
        changed = audit.changes(before, wanted)
        if is_moved:  # whoever reads mail there can become this person: their clinics must see it
            record_for_person(event, user_id=user_id, actor=actor, now=now, target=user_id, **changed)
        else:
            audit.record(event, actor=actor, clinic_id=PLATFORM, target=user_id, **changed)


def rename_clinic(*, clinic_id: uuid.UUID, name: str, actor: Actor) -> None:
    """Corrects a clinic's name, on record in its own trail."""
    with as_clinic(clinic_id):
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
        before, clinic.name = clinic.name, name
        if before == name:
            return
        require_valid(clinic)
        clinic.save(update_fields=["name"])
        audit.record(
            Event.CLINIC_CHANGED, actor=actor, clinic_id=clinic_id, target=clinic_id,
            **audit.changes({"name": before}, {"name": name}),
        )  # fmt: skip


def _wanted(details: PersonDetails) -> dict[str, Any]:
    return {**dataclasses.asdict(details), "email": details.email.strip().lower()}


def _loses_something(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return any(before[right] and not after[right] for right in ("is_active", "is_staff", "is_superuser"))
