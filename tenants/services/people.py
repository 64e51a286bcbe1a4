"""Writes of people and of what they are in a clinic, each in one transaction.

A clinic is never left without an admin, and nobody changes the own role. Who loses a role loses all sign-ins with it.
"""

import uuid
from datetime import datetime

from django.db import transaction

from tenants import audit
from tenants.domain import Role
from tenants.events import SYSTEM, Actor, Event
from tenants.models import Clinic, Membership, User
from tenants.permissions import GRANTABLE
from tenants.scope import as_clinic
from tenants.selectors import UnknownMember
from tenants.services.sessions import end_sign_ins
from tenants.services.validation import BadInput, require_valid


class LastAdmin(BadInput):
    """It would leave the clinic without an admin."""


class OwnRole(BadInput):
    """Nobody changes the own role."""


def change_role(*, clinic_id: uuid.UUID, user_id: uuid.UUID, role: Role, now: datetime, actor: Actor) -> bool:
    """Gives a member another role; False when it is the one that they have. Ends all of the person's sign-ins.

    Raises `UnknownMember`, `LastAdmin`, `OwnRole`, and `BadInput` for a role that can't be given.
    """
    require_grantable(role)
    if user_id == actor.id:
        raise OwnRole("role: You can’t change your own role. Ask another admin.")
    with as_clinic(clinic_id):
        member = _lock_member(clinic_id, user_id)
        before = Role(member.role)
        if before is role:
            return False
        _require_admin_besides(member)
        member.role = role
        member.save(update_fields=["role"])
        ended = end_sign_ins(user_id=user_id, reason="role", now=now)
        changed = audit.changes({"role": before.value}, {"role": role.value})
        audit.record(
            Event.ROLE_CHANGED, actor=actor, clinic_id=clinic_id, target=user_id, sign_ins_ended=ended, **changed
        )
    return True


def remove_member(
    *, clinic_id: uuid.UUID, user_id: uuid.UUID, now: datetime, actor: Actor, but_session: str | None = None
) -> None:
    """Takes a person out of the clinic, at once, and ends their sign-ins (but the session of one who leaves).

    Raises `UnknownMember`, `LastAdmin`.
    """
    with as_clinic(clinic_id):
        member = _lock_member(clinic_id, user_id)
        _require_admin_besides(member)
        member.delete()
        ended = end_sign_ins(user_id=user_id, reason="removed", now=now, but_session=but_session)
        audit.record(
            Event.MEMBER_REMOVED, actor=actor, clinic_id=clinic_id, target=user_id, role=member.role,
            sign_ins_ended=ended,
        )  # fmt: skip


def lock_clinic(clinic_id: uuid.UUID) -> Clinic:
    """Until the end of the transaction nobody else changes who is who here: two admins who demote each other at the
    same time would leave none. Rows that only point at the clinic can still be written."""
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)


def require_grantable(role: Role) -> None:
    """Raises `BadInput` for a role that no admin can give."""
    if role not in GRANTABLE:
        raise BadInput("role: That role can’t be given.")


def _lock_member(clinic_id: uuid.UUID, user_id: uuid.UUID) -> Membership:
    lock_clinic(clinic_id)
    members = Membership.objects.exclude(role=Role.SUPPORT)
    member = members.select_for_update().filter(clinic_id=clinic_id, user_id=user_id).first()
    if member is None:
        raise UnknownMember
    return member


def _require_admin_besides(member: Membership) -> None:
    if member.role != Role.ADMIN:
        return
    admins = Membership.objects.filter(clinic_id=member.clinic_id, role=Role.ADMIN, user__is_active=True)
    if not admins.exclude(pk=member.pk).exists():
        raise LastAdmin("role: The clinic needs an admin. Make somebody else an admin first.")


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


def set_password(*, user_id: uuid.UUID, password: str, name: str = "") -> None:
    """Sets a person's password without asking for the old one, and a name where one is given; for demonstrations."""
    user = User.objects.get(pk=user_id)
    user.set_password(password)
    user.name = name or user.name
    user.save(update_fields=["password", "name"])


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
