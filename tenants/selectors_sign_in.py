"""Reads of what sign-in needs: who has an address, how long a password must be, which sessions are open.

Never the key that a cookie holds.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, Max, OuterRef, Q

from tenants.models import Membership, User
from tenants.scope import as_holder_of


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
