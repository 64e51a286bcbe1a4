"""Writes of invitations, each in one transaction. A link leaves by mail only; kept is the SHA-256 of its token.

Who invites never learns whether an address was known: that is between the invited person and the sign-in page.
"""

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from tenants import audit, mail
from tenants.domain import Role
from tenants.events import Actor, Event
from tenants.models import Clinic, Invitation, Membership, RareUse
from tenants.scope import as_clinic, as_holder_of
from tenants.selectors.people import LINK_LASTS, hash_token
from tenants.services.people import lock_clinic, require_grantable
from tenants.services.validation import BadInput

STANDS = timedelta(days=7)
MOST_OPEN = 50
MOST_AN_HOUR = 20


class UnknownInvitation(LookupError):
    """There is no such invitation that is open."""


class TooManyInvitations(BadInput):
    """The clinic has sent as many as it can for now."""


def invite_member(
    *, clinic_id: uuid.UUID, email: str, role: Role, now: datetime, actor: Actor, if_unsent: Callable[[], None]
) -> uuid.UUID:
    """Invites an address, by a mail once all is stored; calls `if_unsent` when it did not go out.

    Raises `BadInput` for an address that can't be invited, `TooManyInvitations`.
    """
    require_grantable(role)
    email = _require_address(email)
    with as_clinic(clinic_id):
        clinic = lock_clinic(clinic_id)
        _require_uninvited(clinic_id, email, now)
        _count_mail(clinic_id, "invitation", now)
        invitation = Invitation(clinic_id=clinic_id, email=email, role=role, invited_by_id=actor.id)
        token = _renew_link(invitation, now)
        invitation.expires_at = now + STANDS
        invitation.save(force_insert=True)
        _mail_after_commit(clinic, invitation, token, if_unsent)
        audit.record(
            Event.MEMBER_INVITED, actor=actor, clinic_id=clinic_id, target=invitation.id, email=email, role=role.value
        )
    return invitation.id


def send_invitation_again(
    *, clinic_id: uuid.UUID, invitation_id: uuid.UUID, now: datetime, actor: Actor, if_unsent: Callable[[], None]
) -> str:
    """Mails a new link, which takes the place of the old one, and lets the invitation stand for another seven days;
    returns the address. Raises `UnknownInvitation`, `TooManyInvitations`."""
    with as_clinic(clinic_id):
        clinic, invitation = _lock_open(clinic_id, invitation_id)
        _count_mail(clinic_id, "invitation", now)
        token = _renew_link(invitation, now)
        invitation.expires_at = now + STANDS
        _save_again(clinic, invitation, token, actor, if_unsent)
    return invitation.email


def send_fresh_link(*, credential: str, now: datetime, actor: Actor) -> None:
    """Mails a new link to the invited address, for whoever holds one that has expired; says nothing about it.

    The held link is worth nothing afterwards and the new one lasts two hours, so that nobody can ask more often.
    """
    try:
        clinic_id, invitation_id = _find(credential)
        with as_clinic(clinic_id):
            clinic, invitation = _lock_open(clinic_id, invitation_id)
            if invitation.link_expires_at > now or invitation.expires_at <= now:
                return
            _count_mail(clinic_id, "invitation_link", now)
            token = _renew_link(invitation, now)
            _save_again(clinic, invitation, token, actor, lambda: None)
    except (UnknownInvitation, TooManyInvitations):
        return


def withdraw_invitation(*, clinic_id: uuid.UUID, invitation_id: uuid.UUID, now: datetime, actor: Actor) -> str:
    """Makes the link worthless at once; returns the address. Raises `UnknownInvitation`."""
    with as_clinic(clinic_id):
        _, invitation = _lock_open(clinic_id, invitation_id)
        invitation.withdrawn_at = now
        invitation.save(update_fields=["withdrawn_at"])
        audit.record(Event.INVITATION_WITHDRAWN, actor=actor, clinic_id=clinic_id, target=invitation_id)
    return invitation.email


def lock_by_credential(clinic_id: uuid.UUID, credential: str, now: datetime) -> tuple[Clinic, Invitation]:
    """The invitation whose link works, held until the end of the transaction; in the clinic's scope.

    Raises `UnknownInvitation`.
    """
    clinic = lock_clinic(clinic_id)
    rows = Invitation.objects.filter(clinic_id=clinic_id, token_hash=bytes.fromhex(credential))
    rows = rows.filter(accepted_at=None, withdrawn_at=None, link_expires_at__gt=now, expires_at__gt=now)
    invitation = rows.select_for_update().first()
    if invitation is None:
        raise UnknownInvitation
    return clinic, invitation


def find_clinic(credential: str) -> uuid.UUID:
    """The clinic that the holder of a link is invited to. Raises `UnknownInvitation`."""
    return _find(credential)[0]


def _find(credential: str) -> tuple[uuid.UUID, uuid.UUID]:
    with as_holder_of(f"invitation:{credential}"):
        rows = Invitation.objects.filter(token_hash=bytes.fromhex(credential))
        found = rows.values_list("clinic_id", "id").first()
    if found is None:
        raise UnknownInvitation
    return found


def _lock_open(clinic_id: uuid.UUID, invitation_id: uuid.UUID) -> tuple[Clinic, Invitation]:
    clinic = lock_clinic(clinic_id)
    rows = Invitation.objects.filter(clinic_id=clinic_id, accepted_at=None, withdrawn_at=None)
    invitation = rows.select_for_update().filter(pk=invitation_id).first()
    if invitation is None:
        raise UnknownInvitation
    return clinic, invitation


def _require_address(email: str) -> str:
    email = email.strip().lower()
    try:
        Invitation._meta.get_field("email").clean(email, None)
    except ValidationError as error:
        raise BadInput(f"email: {error.messages[0]}") from error
    return email


def _require_uninvited(clinic_id: uuid.UUID, email: str, now: datetime) -> None:
    members = Membership.objects.filter(clinic_id=clinic_id, user__email=email).exclude(role=Role.SUPPORT)
    if members.exists():
        raise BadInput("email: That person is a member already.")
    rows = Invitation.objects.filter(clinic_id=clinic_id, accepted_at=None, withdrawn_at=None)
    rows.filter(email=email, expires_at__lte=now).update(withdrawn_at=now)  # it ran out, and makes way for a new one
    if rows.filter(email=email).exists():
        raise BadInput("email: That address has an open invitation. Send it again, or withdraw it first.")
    if rows.filter(expires_at__gt=now).count() >= MOST_OPEN:
        raise TooManyInvitations(f"email: There are {MOST_OPEN} open invitations. Withdraw one first.")


def _count_mail(clinic_id: uuid.UUID, what: str, now: datetime) -> None:
    """Counts a mail, of no API key; index: rare_uses_by_time. The clinic is locked, or two would both be the last."""
    uses = RareUse.objects.filter(clinic_id=clinic_id, api_key_id=clinic_id, what=what)
    if uses.filter(at__gt=now - timedelta(hours=1)).count() >= MOST_AN_HOUR:
        raise TooManyInvitations(f"email: {MOST_AN_HOUR} invitations were sent within an hour. Try again later.")
    RareUse.objects.create(clinic_id=clinic_id, api_key_id=clinic_id, what=what, at=now)


def _renew_link(invitation: Invitation, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    invitation.token_hash = bytes.fromhex(hash_token(token))
    invitation.link_expires_at = now + LINK_LASTS
    return token


def _save_again(
    clinic: Clinic, invitation: Invitation, token: str, actor: Actor, if_unsent: Callable[[], None]
) -> None:
    invitation.save(update_fields=["token_hash", "link_expires_at", "expires_at"])
    _mail_after_commit(clinic, invitation, token, if_unsent)
    audit.record(Event.INVITATION_SENT_AGAIN, actor=actor, clinic_id=clinic.id, target=invitation.id)


def _mail_after_commit(clinic: Clinic, invitation: Invitation, token: str, if_unsent: Callable[[], None]) -> None:
    """Not before: the link must work when it arrives, and a slow mail server holds nobody's lock."""
    inviter = invitation.invited_by
    values = {
        "clinic": clinic.name,
        "invited_by": (inviter.name or inviter.email) if inviter else "",
        "role": invitation.role,
        "url": f"{settings.PUBLIC_URL}/invitations/{token}/",
    }

    def send() -> None:
        if not mail.send("invitation", to=invitation.email, **values):
            if_unsent()

    transaction.on_commit(send)
