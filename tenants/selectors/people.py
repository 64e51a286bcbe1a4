"""Reads of a clinic's people and of the invitations to become one; returns frozen facts, never models."""

import enum
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from tenants.domain import Role
from tenants.models import Invitation, Membership, User
from tenants.scope import as_clinic, as_holder_of
from tenants.selectors.sign_in import has_second_factor, member_has_factor

LINK_LASTS = timedelta(hours=2)


class UnknownMember(LookupError):
    """The clinic has no such member."""


@dataclass(frozen=True, slots=True)
class MemberFacts:
    user_id: uuid.UUID
    email: str
    name: str
    role: Role
    since: datetime
    last_sign_in_at: datetime | None
    has_second_factor: bool

    @property
    def called(self) -> str:
        return self.name or self.email


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """An invitation that was neither accepted nor withdrawn."""

    id: uuid.UUID
    email: str
    role: Role
    sent_at: datetime
    link_expires_at: datetime
    expires_at: datetime
    invited_by: str  # empty when that account is gone
    link_works: bool
    stands: bool


class InvitationState(enum.StrEnum):
    OPEN = "open"
    LINK_EXPIRED = "link_expired"  # a new link can be had at the invited address
    ACCEPTED = "accepted"
    GONE = "gone"  # withdrawn, or too old


@dataclass(frozen=True, slots=True)
class HeldInvitation:
    """What the holder of a link gets to know."""

    state: InvitationState
    email: str
    role: Role
    clinic_name: str
    clinic_slug: str
    must_sign_in: bool  # the address belongs to somebody who can
    min_password_length: int


def list_members(clinic_id: uuid.UUID) -> Sequence[MemberFacts]:
    """By address. Support access is not a membership to be managed, and is left out."""
    with as_clinic(clinic_id):
        return [_member(row) for row in _members(clinic_id).order_by("user__email")]


def list_active_members(clinic_id: uuid.UUID) -> Sequence[MemberFacts]:
    """The same without closed accounts: those who may be written to."""
    with as_clinic(clinic_id):
        return [_member(row) for row in _members(clinic_id).filter(user__is_active=True).order_by("user__email")]


def has_company(clinic_id: uuid.UUID) -> bool:
    """Whether the clinic has a second member, or has ever invited somebody."""
    with as_clinic(clinic_id):
        members = Membership.objects.filter(clinic_id=clinic_id, expires_at=None).order_by().values_list("id")[:2]
        invited = Invitation.objects.filter(clinic_id=clinic_id, withdrawn_at=None).order_by().values_list("id")[:1]
        return len(members.union(invited, all=True)) > 1


def find_member(clinic_id: uuid.UUID, user_id: uuid.UUID) -> MemberFacts:
    """Raises `UnknownMember`."""
    with as_clinic(clinic_id):
        row = _members(clinic_id).filter(user_id=user_id).first()
    if row is None:
        raise UnknownMember
    return _member(row)


def list_invitations(clinic_id: uuid.UUID, now: datetime) -> Sequence[InvitationFacts]:
    """The newest first, those that ran out included."""
    with as_clinic(clinic_id):
        rows = Invitation.objects.filter(clinic_id=clinic_id, accepted_at=None, withdrawn_at=None)
        return [_invitation(row, now) for row in rows.select_related("invited_by").order_by("-created_at", "id")]


def find_invitation(credential: str, now: datetime) -> HeldInvitation | None:
    """The invitation whose link's token has this hash, found before any clinic's scope is open."""
    with as_holder_of(f"invitation:{credential}"):
        rows = Invitation.objects.filter(token_hash=bytes.fromhex(credential))
        row = rows.select_related("clinic").first()
    if row is None:
        return None
    user = User.objects.filter(email=row.email).first()
    return HeldInvitation(
        state=_state(row, now),
        email=row.email,
        role=Role(row.role),
        clinic_name=row.clinic.name,
        clinic_slug=row.clinic.slug,
        must_sign_in=user is not None and can_sign_in(user),
        min_password_length=row.clinic.min_password_length,
    )


def hash_token(token: str) -> str:
    """SHA-256 of a link's token, as hexadecimal: what is kept of it, in the table and in the session."""
    return hashlib.sha256(token.encode()).hexdigest()


def can_sign_in(user: User) -> bool:
    """Whether the account is somebody's already, closed ones included: then an invitation sets no password for it."""
    if user.has_usable_password() or user.last_login is not None:
        return True
    return user.is_staff or not user.is_active or has_second_factor(user.id)


def _members(clinic_id: uuid.UUID) -> QuerySet[Membership]:
    rows = Membership.objects.filter(clinic_id=clinic_id).exclude(role=Role.SUPPORT)
    return rows.select_related("user").annotate(has_factor=member_has_factor())


def _member(row: Membership) -> MemberFacts:
    return MemberFacts(
        user_id=row.user_id,
        email=row.user.email,
        name=row.user.name,
        role=Role(row.role),
        since=row.created_at,
        last_sign_in_at=row.user.last_login,
        has_second_factor=row.has_factor,  # type: ignore[attr-defined]  # annotated
    )


def _invitation(row: Invitation, now: datetime) -> InvitationFacts:
    state = _state(row, now)
    return InvitationFacts(
        id=row.id,
        email=row.email,
        role=Role(row.role),
        sent_at=row.link_expires_at - LINK_LASTS,
        link_expires_at=row.link_expires_at,
        expires_at=row.expires_at,
        invited_by=(row.invited_by.name or row.invited_by.email) if row.invited_by else "",
        link_works=state is InvitationState.OPEN,
        stands=state is not InvitationState.GONE,
    )


def _state(row: Invitation, now: datetime) -> InvitationState:
    if row.accepted_at is not None:
        return InvitationState.ACCEPTED
    if row.withdrawn_at is not None or row.expires_at <= now:
        return InvitationState.GONE
    return InvitationState.OPEN if row.link_expires_at > now else InvitationState.LINK_EXPIRED
