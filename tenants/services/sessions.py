"""Ends what lets a person in: sessions of the pages and sign-ins to the API, all at once."""

import uuid
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from tenants.models import TokenFamily


def end_sign_ins(*, user_id: uuid.UUID, reason: str, now: datetime, but_session: str | None = None) -> int:
    """Ends every session and token of a person, except the session with the key `but_session`; returns how many.

    `reason` is one word, kept with the tokens. Whoever calls it says so in the audit trail.
    """
    with transaction.atomic():
        sessions = UserSession.objects.filter(user_id=user_id).exclude(session_key=but_session)
        keys = list(sessions.values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        sessions.delete()
        families = TokenFamily.objects.filter(user_id=user_id, ended_at=None)
        return len(keys) + families.update(ended_at=now, end_reason=reason)
