"""Writes of passwords by their owners: the new one, the end of what the old one let in, and the record, all at once."""

import uuid
from datetime import datetime

from django.db import transaction

from tenants.events import Actor, Event
from tenants.models import User
from tenants.services.sessions import end_sign_ins
from tenants.services.sign_ins import record_for_person


def save_password(
    *, user_id: uuid.UUID, password_hash: str, event: Event, but_session: str | None, actor: Actor, now: datetime
) -> None:
    """Keeps the hash of a new password and ends every other session and sign-in to the API, except `but_session`."""
    with transaction.atomic():
        User.objects.filter(pk=user_id).update(password=password_hash)
        ended = end_sign_ins(user_id=user_id, reason="password", now=now, but_session=but_session)
        record_for_person(event, user_id=user_id, actor=actor, now=now, target=user_id, ended=ended)
