"""Reads for the page about a clinic's security: who lacks a second factor, and when the platform's support was in."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from tenants.domain import ClinicFacts, Role
from tenants.events import Topic
from tenants.models import Membership
from tenants.scope import as_clinic
from tenants.selectors.sign_in import member_has_factor
from tenants.selectors.trail import EventFilter, EventRow, list_events

SUPPORT_DAYS = 90
MAX_SUPPORT_EVENTS = 100


def list_without_second_factor(clinic_id: uuid.UUID) -> Sequence[str]:
    """The members with neither an authenticator app nor a passkey, by name, or by address where there is none."""
    with as_clinic(clinic_id):
        members = Membership.objects.filter(clinic_id=clinic_id).exclude(role=Role.SUPPORT)
        rows = members.filter(~member_has_factor()).values_list("user__name", "user__email")
        return sorted((name or email for name, email in rows), key=str.casefold)


def list_support_events(clinic: ClinicFacts, now: datetime) -> Sequence[EventRow]:
    """What the trail says of support access in the last 90 days, newest first, a hundred rows at the most."""
    wanted = EventFilter(topic=Topic.SUPPORT, since=now - timedelta(days=SUPPORT_DAYS))
    return list_events(clinic=clinic, wanted=wanted, size=MAX_SUPPORT_EVENTS).rows
