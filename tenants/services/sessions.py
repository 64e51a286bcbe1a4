"""Ends what lets a person in, sessions of the pages and sign-ins to the API; and notes when a session was last seen."""

import uuid
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from tenants.events import Actor, Event
from tenants.models import TokenFamily
from tenants.services.sign_ins import record_for_person


class UnknownSession(LookupError):
    """The person has no session of that number."""


def end_sign_ins(*, user_id: uuid.UUID, reason: str, now: datetime, but_session: str | None = None) -> int:
    """Ends every session and token of a person, except the session with the key `but_session`; returns how many.

    `reason` is one word, kept with the tokens. Whoever calls it says so in the audit trail.
    """
    with transaction.atomic():
        count = _end_all_sessions(user_id, but_session)
        families = TokenFamily.objects.filter(user_id=user_id, ended_at=None)
        return count + families.update(ended_at=now, end_reason=reason)


def end_session(*, user_id: uuid.UUID, session_id: int, but_session: str, actor: Actor, now: datetime) -> None:
    """Ends one session of the person, on record. Raises `UnknownSession`, also for the one with the key `but_session`:
    that one is ended by signing out."""
    with transaction.atomic():
        session = UserSession.objects.filter(user_id=user_id, pk=session_id).exclude(session_key=but_session).first()
        if session is None:
            raise UnknownSession(str(session_id))
        Session.objects.filter(session_key=session.session_key).delete()
        session.delete()
        record_for_person(
            Event.SESSION_ENDED, user_id=user_id, actor=actor, now=now, target=str(session_id), why="by its owner"
        )


def end_other_sessions(*, user_id: uuid.UUID, but_session: str, actor: Actor, now: datetime) -> int:
    """Ends all sessions of the person but this one, on record as one event; returns how many there were."""
    with transaction.atomic():
        count = _end_all_sessions(user_id, but_session)
        if count:
            record_for_person(
                Event.SESSION_ENDED, user_id=user_id, actor=actor, now=now, why="by its owner", sessions=count
            )
    return count


def note_ended_session(*, user_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Puts on record that a session has reached its longest age."""
    record_for_person(Event.SESSION_ENDED, user_id=user_id, actor=actor, now=now, why="seven days old")


def see_session(*, key: str, now: datetime) -> None:
    """Notes a sign of life, for the list that the person sees."""
    UserSession.objects.filter(session_key=key).update(last_seen_at=now)


def _end_all_sessions(user_id: uuid.UUID, but_session: str | None) -> int:
    sessions = UserSession.objects.filter(user_id=user_id).exclude(session_key=but_session)
    keys = list(sessions.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    sessions.delete()
    return len(keys)
