"""Allauth's forms for second factors, and what they leave open: waiting secrets, codes used twice, failed passkeys.

Whether a code is right is allauth's to say.
"""

import struct
from collections.abc import Callable
from typing import Any, TypeVar

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django.core.exceptions import ValidationError
from django.utils import timezone

from tenants import services
from tenants.access import actor_of
from tenants.events import Event
from tenants.services.codes import use_code_once

T = TypeVar("T")


class AddAuthenticatorApp(ActivateTOTPForm):  # type: ignore[misc]
    """Until the first code is right, the new secret waits in the session: sealed there too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        waiting = session.get(SECRET_SESSION_KEY)
        super().__init__(*args, **kwargs)
        if self.is_bound and waiting:
            self.secret = get_adapter().decrypt(waiting)
        else:
            session[SECRET_SESSION_KEY] = get_adapter().encrypt(self.secret)


class SignInByCode(AuthenticateForm):  # type: ignore[misc]
    """The second step of a sign-in."""

    def clean_code(self) -> str:
        return _require_unused(self, super().clean_code())


class ConfirmByCode(ReauthenticateForm):  # type: ignore[misc]
    """Somebody who is signed in confirms who they are."""

    def clean_code(self) -> str:
        return _require_unused(self, super().clean_code())


class SignInByPasskey(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey alone; it says whose it is."""

    def clean_credential(self) -> Authenticator:
        return _or_on_record(self, super().clean_credential)


class AddPasskeyToPassword(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step of a sign-in."""

    def clean_credential(self) -> Authenticator:
        return _or_on_record(self, super().clean_credential)


class ConfirmByPasskey(ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Somebody who is signed in confirms who they are by a passkey."""

    def clean_credential(self) -> Authenticator:
        return _or_on_record(self, super().clean_credential)


class AddPasskey(AddWebAuthnForm):  # type: ignore[misc]
    def clean(self) -> dict[str, Any]:
        return _or_incorrect(super().clean)


def _require_unused(form: SignInByCode | ConfirmByCode, code: str) -> str:
    """A code of the app that was used already, here or at the API, is no code."""
    is_app = form.authenticator.type == Authenticator.Type.TOTP
    if is_app and not use_code_once(user_id=form.user.pk, code=code):
        raise get_adapter().validation_error("incorrect_code")
    return code


def _or_incorrect(check: Callable[[], T]) -> T:
    """What a browser would never send makes the parser of passkeys fail in many ways; here it is just incorrect."""
    try:
        return check()
    except (AttributeError, LookupError, TypeError, ValueError, struct.error) as error:
        raise get_adapter().validation_error("incorrect_code") from error


def _or_on_record(form: AuthenticateWebAuthnForm, check: Callable[[], Authenticator]) -> Authenticator:
    """A passkey that is refused is a sign-in that failed; allauth tells nobody."""
    try:
        return _or_incorrect(check)
    except ValidationError:
        user_id = form.user.pk if form.user else None  # who a passkey says it is of is anybody's to claim
        services.record_for_person(
            Event.SIGN_IN_FAILED, user_id=user_id, actor=actor_of(context.request), now=timezone.now(),
            target=user_id or "", by="passkey",
        )  # fmt: skip
        raise
