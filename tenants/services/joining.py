"""Writes of people who accept an invitation: one membership, however often they click.

It sets no password for an account that is somebody's already, and asks of a new one what the clinic asks.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tenants import audit, labels
from tenants.domain import Role
from tenants.events import Actor, ActorKind, Event
from tenants.models import Clinic, Invitation, Membership, User
from tenants.scope import as_clinic
from tenants.selectors.people import can_sign_in
from tenants.services.invitations import UnknownInvitation, find_clinic, lock_by_credential
from tenants.services.validation import BadInput


class BadPassword(ValueError):
    """The password is not good enough; `reasons` says why, a sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class MustSignIn(PermissionError):
    """The address belongs to somebody who can sign in, and must do so to join."""


@dataclass(frozen=True, slots=True)
class Joined:
    clinic_id: uuid.UUID
    clinic_name: str
    user_id: uuid.UUID


def join_clinic(*, credential: str, user_id: uuid.UUID, now: datetime, actor: Actor) -> Joined:
    """Makes a person who is signed in a member. Raises `UnknownInvitation`, also when it is for somebody else."""
    clinic_id = find_clinic(credential)
    with as_clinic(clinic_id):
        clinic, invitation = lock_by_credential(clinic_id, credential, now)
        user = User.objects.get(pk=user_id)
        if user.email != invitation.email:
            raise UnknownInvitation
        return _join(clinic, invitation, user, now, actor)


def register_and_join(*, credential: str, name: str, password: str, now: datetime, actor: Actor) -> Joined:
    """Makes the account, or completes one without a password, and the membership.

    Raises `UnknownInvitation`, `MustSignIn`, `BadPassword`, and `BadInput` about the name; then nothing is made.
    """
    fault = labels.find_fault(name)
    if fault:
        raise BadInput(f"name: {fault}")
    clinic_id = find_clinic(credential)
    with as_clinic(clinic_id):
        clinic, invitation = lock_by_credential(clinic_id, credential, now)
        User.objects.get_or_create(email=invitation.email, defaults={"password": make_password(None)})
        user = User.objects.select_for_update().get(email=invitation.email)
        if can_sign_in(user):
            raise MustSignIn
        user.name = name.strip()
        _require_good_password(password, user, clinic.min_password_length)
        user.set_password(password)
        user.save(update_fields=["name", "password"])
        return _join(clinic, invitation, user, now, actor)


def _join(clinic: Clinic, invitation: Invitation, user: User, now: datetime, actor: Actor) -> Joined:
    memberships = Membership.objects.filter(clinic_id=clinic.id, user=user)
    memberships.filter(role=Role.SUPPORT).delete()  # there is one membership a person, and this one does not end
    membership, _ = Membership.objects.get_or_create(clinic_id=clinic.id, user=user, defaults={"role": invitation.role})
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    audit.record(
        Event.INVITATION_ACCEPTED,
        actor=Actor(ActorKind.PERSON, user.id, actor.address),
        clinic_id=clinic.id,
        target=user.id,
        invitation=invitation.id,
        role=membership.role,
    )
    return Joined(clinic.id, clinic.name, user.id)


def _require_good_password(password: str, user: User, min_length: int) -> None:
    """The clinic's length is asked for here: the person is no member yet, so nothing else knows of it."""
    if len(password) < min_length:
        raise BadPassword([f"Use at least {min_length} characters; a few plain words make a good password."])
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadPassword(error.messages) from error
