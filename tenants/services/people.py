"""Writes of people and of what they are in a clinic, each in one transaction."""

import uuid

from django.db import transaction

from tenants import audit
from tenants.domain import Role
from tenants.events import SYSTEM, Actor, Event
from tenants.models import Membership, User
from tenants.scope import as_clinic
from tenants.services.validation import require_valid


def add_member(*, clinic_id: uuid.UUID, email: str, role: Role, actor: Actor = SYSTEM) -> uuid.UUID:
    """Makes the person a member, or changes the role of one; returns the person's id."""
    with as_clinic(clinic_id):
        user, _ = get_or_create_user(email)
        Membership.objects.update_or_create(clinic_id=clinic_id, user=user, defaults={"role": role})
        audit.record(Event.MEMBER_ADDED, actor=actor, clinic_id=clinic_id, target=user.id, role=role.value)
    return user.id


def add_platform_staff(*, email: str, actor: Actor = SYSTEM) -> uuid.UUID:
    """Makes the person one of the platform's own, who may use the admin pages; returns the person's id."""
    with transaction.atomic():
        user, _ = get_or_create_user(email)
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
        audit.record(Event.STAFF_ADDED, actor=actor, target=user.id)
    return user.id


def set_password(*, user_id: uuid.UUID, password: str) -> None:
    """Sets a person's password without asking for the old one; for demonstrations and commands."""
    user = User.objects.get(pk=user_id)
    user.set_password(password)
    user.save(update_fields=["password"])


def get_or_create_user(email: str) -> tuple[User, bool]:
    """The person with this address, and whether it is a new one, who has no password yet. Raises `BadInput`."""
    email = email.strip().lower()
    existing = User.objects.filter(email=email).first()
    if existing is not None:
        return existing, False
    user = User(email=email)
    user.set_unusable_password()
    require_valid(user)
    user.save(force_insert=True)
    return user, True
