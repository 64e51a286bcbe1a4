"""Reads of what sign-in needs: who has an address, how long a password must be, which sessions and sign-ins to the API
are open, who has a second factor.

Never the key that a cookie holds.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, Max, OuterRef, Q

from tenants.models import Membership, TokenFamily, User
from tenants.scope import as_holder_of

_SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """A person's sign-in to the API that is open."""

    user_id: uuid.UUID
    is_staff: bool


@dataclass(frozen=True, slots=True)
class SessionFacts:
    id: int
    browser: str
    network: str
    started_at: datetime
    last_seen_at: datetime
    is_this: bool


def find_person(email: str) -> uuid.UUID | None:
    """Whose address this is."""
    return User.objects.filter(email=email.strip().lower()).values_list("pk", flat=True).first()


def longest_password_rule(user_id: uuid.UUID, now: datetime) -> int:
    """How many characters the strictest clinic of the person asks for; 0 without a clinic."""
    with as_holder_of(f"user:{user_id}"):
        memberships = Membership.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), user_id=user_id)
        longest: int | None = memberships.aggregate(longest=Max("clinic__min_password_length"))["longest"]
    return longest or 0


def list_sessions(user_id: uuid.UUID, this_key: str, now: datetime) -> list[SessionFacts]:
    """The sessions that are open, this one first, then the last seen first."""
    is_open = Exists(Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now))
    sessions = UserSession.objects.filter(is_open, user_id=user_id).order_by("-last_seen_at")
    facts = [
        SessionFacts(one.pk, one.user_agent, one.ip, one.created_at, one.last_seen_at, one.session_key == this_key)
        for one in sessions
    ]
    return sorted(facts, key=lambda one: not one.is_this)


def find_sign_in(family_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> SignInFacts | None:
    """The person's sign-in to the API, unless it or the person's account has ended."""
    families = TokenFamily.objects.filter(
        pk=family_id, user_id=user_id, ended_at=None, expires_at__gt=now, user__is_active=True
    )
    found = families.values_list("user_id", "user__is_staff").first()
    return SignInFacts(*found) if found else None


def has_second_factor(user_id: uuid.UUID) -> bool:
    """Whether the person has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user_id=user_id, type__in=_SECOND_FACTORS).exists())


def member_has_factor() -> Exists:
    """The same as a condition on memberships."""
    return Exists(Authenticator.objects.filter(user_id=OuterRef("user_id"), type__in=_SECOND_FACTORS))
