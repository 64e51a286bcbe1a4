"""An invited person between the link and the clinic: what the session holds, and signing in through allauth.

The session holds the hash of the link's token and never the token.
"""

import uuid

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tenants.access import SESSION_CLINIC
from tenants.models import User
from tenants.selectors import HeldInvitation, InvitationState, find_invitation, hash_token

SESSION_INVITATION = "invitation"
_USABLE = (InvitationState.OPEN, InvitationState.LINK_EXPIRED)


def hold(request: HttpRequest, token: str) -> bool:
    """Moves a link's token out of the address into the session; False for one that is worth nothing."""
    credential = hash_token(token)
    invitation = find_invitation(credential, timezone.now())
    if invitation is None or invitation.state not in _USABLE:
        return False
    request.session[SESSION_INVITATION] = credential
    return True


def held_credential(request: HttpRequest) -> str | None:
    """The hash of the token that this visitor came with."""
    credential: str | None = request.session.get(SESSION_INVITATION)
    return credential


def find_held(request: HttpRequest) -> HeldInvitation | None:
    """What the visitor's link is worth now; asked of the database each time."""
    credential = held_credential(request)
    return find_invitation(credential, timezone.now()) if credential else None


def remember(request: HttpRequest, clinic_id: uuid.UUID) -> None:
    """Makes the clinic that somebody joined the session's."""
    request.session[SESSION_CLINIC] = str(clinic_id)


def sign_in(request: HttpRequest, user_id: uuid.UUID, redirect_url: str) -> HttpResponse:
    """Signs in who has just chosen a password, as by the sign-in page: adapters, records and signals included."""
    user = User.objects.get(pk=user_id)
    login = Login(user=user, redirect_url=redirect_url, email=user.email)
    response: HttpResponse = perform_password_login(request, {"email": user.email}, login)
    return response


def sign_out(request: HttpRequest) -> None:
    """Signs out whoever sits here and keeps the invitation, for the one whom it is for."""
    credential = held_credential(request)
    get_adapter(request).logout(request)
    request.session[SESSION_INVITATION] = credential
