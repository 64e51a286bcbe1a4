"""Signs people in to the API: password, then a code where they have a second factor. Whatever is wrong, one answer.

Who is unknown costs what a wrong password costs. A refusal is on record, without the address that was tried.
"""

import uuid
from datetime import datetime
from typing import Final, NoReturn

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate

from tenants.events import Actor, ActorKind, Event
from tenants.models import User
from tenants.services.codes import use_code_once
from tenants.services.sign_ins import record_for_person
from tenants.services.tokens import TokenPair, TokenRefused, actor_for, issue_tokens

_KINDS: Final = Authenticator.Type


class SignInRefused(Exception):
    """Wrong address, password or code, or nobody who may sign in."""


class CodeNeeded(Exception):
    """The password is right, and a code of the authenticator app, or a recovery code, must come with it."""


class AuthenticatorAppNeeded(Exception):
    """The person's second factor is a passkey, which only a browser can ask for."""


def sign_in(*, email: str, password: str, code: str, now: datetime, address: str) -> TokenPair:
    """Tokens for who gives the right password, and the right code where there is a second factor. `address` is the
    network that asks. Raises `SignInRefused`, `CodeNeeded` and `AuthenticatorAppNeeded`."""
    email = email.strip().lower()
    nobody = Actor(ActorKind.NOBODY, None, address)
    user = authenticate(None, email=email, password=password)
    AuthenticationBackend.unstash_authenticated_user()  # allauth keeps who is inactive for its own form
    if not isinstance(user, User):
        known = User.objects.filter(email=email).values_list("id", flat=True).first()
        _refuse(known, "password", nobody, now)
    try:
        factor = _require_second_factor(user, code)
    except (CodeNeeded, AuthenticatorAppNeeded):
        record_for_person(Event.SECOND_FACTOR_ASKED, user_id=user.id, actor=nobody, now=now, target=user.id)
        raise
    if factor is None:
        _refuse(user.id, "code", nobody, now)
    actor = actor_for(user, address)
    try:
        return issue_tokens(user_id=user.id, password_hash=user.password, now=now, actor=actor, second_factor=factor)
    except TokenRefused:
        raise SignInRefused from None


def _require_second_factor(user: User, code: str) -> str | None:
    """Which one it was, "" where the person has none, None where the code is wrong."""
    found = {one.type: one for one in Authenticator.objects.filter(user_id=user.id)}
    if _KINDS.TOTP not in found:
        if _KINDS.WEBAUTHN in found:
            raise AuthenticatorAppNeeded
        return ""
    if not code:
        raise CodeNeeded
    for kind in (_KINDS.TOTP, _KINDS.RECOVERY_CODES):
        # allauth's own validation; a recovery code is used up by it.
        if kind in found and found[kind].wrap().validate_code(code):
            if kind is _KINDS.TOTP and not use_code_once(user_id=user.id, code=code):
                return None
            found[kind].record_usage()
            return str(kind.value)
    return None


def _refuse(user_id: uuid.UUID | None, reason: str, actor: Actor, now: datetime) -> NoReturn:
    record_for_person(Event.TOKENS_REFUSED, user_id=user_id, actor=actor, now=now, target=user_id or "", reason=reason)
    raise SignInRefused
