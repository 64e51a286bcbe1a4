"""Support access: somebody of the platform looks at one clinic, for a reason, an hour at most; it ends by the clock.

The clinic sees it on every page and in its audit trail, where a refusal stands as well. Nothing can be changed with it:
see `Role.SUPPORT`.
"""

import enum
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from tenants import audit, selectors
from tenants.domain import Role
from tenants.events import Actor, Event
from tenants.masks import mask
from tenants.models import Clinic, Membership, User
from tenants.scope import as_clinic
from tenants.services.validation import BadInput

MIN_REASON, MAX_REASON = 10, 200
MIN_MINUTES, MAX_MINUTES = 5, 60


class WhyNot(enum.StrEnum):
    """Why nobody was let in, in words for platform staff."""

    NOT_ALLOWED = "The clinic does not allow support access. One of its admins can, under Settings, Security."
    NOT_STAFF = "Only active platform staff can be let in."
    NO_SECOND_FACTOR = "Add a second factor to your account first."
    MEMBER = "You are a member of this clinic: use your own role."
    OPEN = "The clinic is open for support already. End that first."


class SupportRefused(Exception):
    """Nobody was let in, and the clinic's trail says so."""

    def __init__(self, why: WhyNot) -> None:
        super().__init__(why.value)
        self.why = why


def open_support(
    *, clinic_id: uuid.UUID, user_id: uuid.UUID, reason: str, minutes: int, now: datetime, actor: Actor
) -> datetime:
    """Lets somebody of the platform look at the clinic; returns until when. Raises `BadInput`, `SupportRefused`."""
    reason = require_reason(reason)
    if not MIN_MINUTES <= minutes <= MAX_MINUTES:
        raise BadInput(f"minutes: {MIN_MINUTES} to {MAX_MINUTES}.")
    with as_clinic(clinic_id):
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
        forget_ended_support(clinic_id=clinic_id, now=now)
        why = _find_objection(clinic, user_id)
        if why is None:
            return _grant(clinic, user_id, reason, timedelta(minutes=minutes), now, actor)
        audit.record(Event.SUPPORT_REFUSED, actor=actor, clinic_id=clinic_id, target=user_id, why=why.name.lower())
    raise SupportRefused(why)  # outside: the row above must stay


def end_support(*, clinic_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Ends the open support access before its time; False when there is none."""
    with as_clinic(clinic_id):
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
        grants = Membership.objects.filter(clinic_id=clinic_id, role=Role.SUPPORT)
        supporter = grants.filter(expires_at__gt=now).values_list("user_id", flat=True).first()
        grants.delete()
        Clinic.objects.filter(pk=clinic.id).update(support_until=None, support_reason="")
        if supporter is None:
            return False
        audit.record(Event.SUPPORT_ENDED, actor=actor, clinic_id=clinic_id, target=supporter)
    return True


def end_support_of(*, user_id: uuid.UUID, now: datetime, actor: Actor) -> int:
    """Ends what this person was let in to, wherever that is; returns how many clinics it was."""
    grants = [grant for grant in selectors.list_memberships(user_id, now) if grant.role is Role.SUPPORT]
    return sum(end_support(clinic_id=grant.clinic_id, now=now, actor=actor) for grant in grants)


def forget_ended_support(*, clinic_id: uuid.UUID, now: datetime) -> int:
    """Deletes what the clock has ended; nobody could use it any more. Returns how many grants it was."""
    with as_clinic(clinic_id):
        count, _ = Membership.objects.filter(clinic_id=clinic_id, role=Role.SUPPORT, expires_at__lte=now).delete()
        ended = Q(support_until__lte=now)
        Clinic.objects.filter(ended, pk=clinic_id).update(support_until=None, support_reason="")
    return count


def require_reason(reason: str) -> str:
    """One line that the clinic will read. Raises `BadInput` for one that tells nothing, or something of somebody."""
    reason = " ".join(reason.split())
    if not MIN_REASON <= len(reason) <= MAX_REASON:
        raise BadInput(f"reason: {MIN_REASON} to {MAX_REASON} characters.")
    if not reason.isprintable() or "@" in reason or mask(reason) != reason:
        raise BadInput("reason: without e-mail addresses and long numbers: it stays in the clinic’s audit trail.")
    return reason


def _find_objection(clinic: Clinic, user_id: uuid.UUID) -> WhyNot | None:
    person = User.objects.filter(pk=user_id, is_active=True, is_staff=True).first()
    if person is None:
        return WhyNot.NOT_STAFF
    if not clinic.support_allowed:
        return WhyNot.NOT_ALLOWED
    needs_factor = settings.TWO_FACTORS_REQUIRED or clinic.require_two_factors
    if needs_factor and not selectors.has_second_factor(user_id):
        return WhyNot.NO_SECOND_FACTOR
    members = Membership.objects.filter(clinic_id=clinic.id)
    if members.filter(user_id=user_id).exclude(role=Role.SUPPORT).exists():
        return WhyNot.MEMBER
    return WhyNot.OPEN if members.filter(role=Role.SUPPORT).exists() else None


def _grant(clinic: Clinic, user_id: uuid.UUID, reason: str, length: timedelta, now: datetime, actor: Actor) -> datetime:
    until = now + length
    Membership.objects.create(clinic_id=clinic.id, user_id=user_id, role=Role.SUPPORT, expires_at=until)
    Clinic.objects.filter(pk=clinic.id).update(support_until=until, support_reason=reason)
    audit.record(
        Event.SUPPORT_OPENED, actor=actor, clinic_id=clinic.id, target=user_id, reason=reason,
        minutes=length // timedelta(minutes=1),
    )  # fmt: skip
    return until
