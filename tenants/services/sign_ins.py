"""Puts on record what people do at the door: signing in and out, second factors, sessions. Lets nobody in."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from tenants import audit, selectors
from tenants.domain import PLATFORM
from tenants.events import Actor, Event


def record_for_person(
    event: Event,
    *,
    user_id: uuid.UUID | None,
    actor: Actor,
    now: datetime,
    target: str | uuid.UUID = "",
    **details: Any,
) -> None:
    """A row in the trail of every clinic of the person; in the platform's for people without one and for nobody known.

    Somebody unknown costs as many statements as somebody known of one clinic, so that the time tells nothing.
    """
    memberships = selectors.list_memberships(user_id or uuid.uuid4(), now)
    # By id: two people of the same two clinics must not wait for each other's trails.
    clinic_ids = sorted({membership.clinic_id for membership in memberships}) or [PLATFORM]
    with transaction.atomic():
        for clinic_id in clinic_ids:
            audit.record(event, actor=actor, clinic_id=clinic_id, target=target, **details)


def record_failed_sign_in(*, email: str, actor: Actor, now: datetime) -> None:
    """That a password was wrong; whose it would have been if there is such a person, never the address as typed."""
    user_id = selectors.find_person(email)
    record_for_person(Event.SIGN_IN_FAILED, user_id=user_id, actor=actor, now=now, target=user_id or "", by="password")
