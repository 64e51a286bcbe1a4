"""Writes of clinics, each in one transaction; checks what it is given and asks nobody."""

import dataclasses
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from tenants import audit
from tenants.domain import Role, Scope
from tenants.events import SYSTEM, Actor, Event
from tenants.models import Clinic, Membership
from tenants.scope import as_clinic
from tenants.services.keys import create_api_key
from tenants.services.people import get_or_create_user
from tenants.services.validation import BadInput, require_valid


@dataclass(frozen=True, slots=True)
class NewClinic:
    clinic_id: uuid.UUID
    owner_id: uuid.UUID
    owner_is_new: bool
    api_key: str  # shown once


@dataclass(frozen=True, slots=True)
class ClinicDetails:
    """What a new clinic is made from; anything left out has the default of the model."""

    name: str
    slug: str
    timezone: str = "Europe/London"
    region: str = "GB"
    currency: str = "GBP"
    default_value: Decimal = Decimal(85)
    guide_open: bool = False  # whether its people are led through the first steps


def create_clinic(*, details: ClinicDetails, owner_email: str, now: datetime, actor: Actor = SYSTEM) -> NewClinic:
    """A clinic, its owner as admin and an API key with every scope. Raises `BadInput`; makes all or nothing."""
    clinic = Clinic(**dataclasses.asdict(details))
    require_valid(clinic)
    with transaction.atomic():
        if Clinic.objects.filter(slug=details.slug).exists():
            raise BadInput(f"slug: there is a clinic with the slug {details.slug!r} already.")
        clinic.save(force_insert=True)
        owner, is_new = get_or_create_user(owner_email)
        with as_clinic(clinic.id):
            Membership.objects.create(clinic=clinic, user=owner, role=Role.ADMIN)
            audit.record(Event.CLINIC_MADE, actor=actor, clinic_id=clinic.id, target=owner.id)
            key = create_api_key(clinic_id=clinic.id, name="First key", scopes=list(Scope), now=now, actor=actor)
    return NewClinic(clinic.id, owner.id, is_new, key)
