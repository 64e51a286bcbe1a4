"""What Django and allauth tell by signals only: second factors, confirmations, and that a session has begun.

Here is the exception to "no signals": there is no adapter's hook for these. Each does one thing, puts it on record.
"""

import time
from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from tenants import selectors, services
from tenants.access import SESSION_SEEN, SESSION_STARTED, actor_of
from tenants.events import Event
from tenants.models import User

_ADDED = {
    Authenticator.Type.TOTP: Event.TOTP_ADDED,
    Authenticator.Type.WEBAUTHN: Event.PASSKEY_ADDED,
    Authenticator.Type.RECOVERY_CODES: Event.RECOVERY_CODES_MADE,
}
_REMOVED = {  # recovery codes go with the last of these
    Authenticator.Type.TOTP: Event.TOTP_REMOVED,
    Authenticator.Type.WEBAUTHN: Event.PASSKEY_REMOVED,
}


@receiver(user_logged_in)
def start_session(sender: object, request: HttpRequest, **about: Any) -> None:
    """However it begins, by allauth or by Django's own means, its seven days begin here."""
    now = int(time.time())
    request.session[SESSION_STARTED] = now
    request.session[SESSION_SEEN] = now


@receiver(authenticator_added)
@receiver(authenticator_reset)
def record_added(sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **about: Any) -> None:
    """A second factor or a set of recovery codes."""
    if authenticator.type in _REMOVED:
        # Whoever came in by the password alone has not shown this factor, and would pass for somebody who has.
        services.end_sign_ins(
            user_id=user.pk, reason="factor", now=timezone.now(), but_session=request.session.session_key
        )
    _record(request, user, _ADDED[authenticator.type])


@receiver(authenticator_removed)
def record_removed(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **about: Any
) -> None:
    """The same, gone."""
    if authenticator.type in _REMOVED:
        _record(request, user, _REMOVED[authenticator.type])


@receiver(authentication_failed)
def record_wrong_code(sender: object, request: HttpRequest, user: User, **about: Any) -> None:
    """By whoever knew the password."""
    _record(request, user, Event.SIGN_IN_FAILED, by="code")


@receiver(authentication_step_completed)
def record_step(sender: object, request: HttpRequest, user: User, method: str, **about: Any) -> None:
    """A step of signing in, or of confirming who one is; a recovery code that was used is worth a row of its own."""
    if method == "password" and not about.get("reauthenticated") and selectors.has_second_factor(user.pk):
        _record(request, user, Event.SECOND_FACTOR_ASKED)  # all that a thief with the password leaves
    if about.get("type") == Authenticator.Type.RECOVERY_CODES:
        _record(request, user, Event.RECOVERY_CODE_USED)
    if about.get("reauthenticated"):
        _record(request, user, Event.REAUTHENTICATED, by=str(about.get("type", method)))


def _record(request: HttpRequest, user: User, event: Event, **details: str) -> None:
    services.record_for_person(
        event, user_id=user.pk, actor=actor_of(request), now=timezone.now(), target=user.pk, **details
    )
