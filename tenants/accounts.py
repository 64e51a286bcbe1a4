"""How sign-in behaves where allauth leaves it to us: nobody signs up, refusals are alike, secrets are sealed.

All is put on record; what allauth tells by signals only is recorded by `tenants.receivers`. What a person who is signed
in may do is not decided here.
"""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from tenants import refusals, services, vault
from tenants.access import actor_of, open_visit, signed_in_recently
from tenants.events import Event
from tenants.models import User
from tenants.permissions import Permission

SEALED_FOR = "second factor of a person"
_RESET_PAGE = "account_reset_password_from_key"
_REFUSED = (
    "The e-mail address or the password is not correct, or it was tried too often: "
    "after five wrong passwords, wait five minutes."
)
_WAYS = {
    ("password", None): "password",
    ("mfa", Authenticator.Type.TOTP): "authenticator app",
    ("mfa", Authenticator.Type.WEBAUTHN): "passkey",
    ("mfa", Authenticator.Type.RECOVERY_CODES): "recovery code",
}


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the platform or by an invitation."""

    # One text whether the address is unknown, the password wrong, the account closed or the limit reached.
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _REFUSED,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By the address; of somebody signed in by the person, whom no outsider can then keep from confirming.
        Allauth's own adds the host name and port, which whoever asks is free to choose."""
        if request.user.is_authenticated:
            return f"confirm {request.user.pk}"
        return str(credentials.get("email", "")).strip().lower()

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.PUBLIC_URL + path.replace("UID-KEY", key)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Five wrong passwords in five minutes, for known and unknown addresses; says no more than of a wrong one."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            refusals.count("sign_in_limit")
            raise self.validation_error("email_password_mismatch") from error

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person, if the password is theirs. Allauth's own would let a closed account in as far as a page that
        says so; here it is refused like a wrong password, and counts like one."""
        self.pre_authenticate(request, **credentials)
        user = authenticate(request, **credentials)
        AuthenticationBackend.unstash_authenticated_user()
        if user is None:
            self.authentication_failed(request, **credentials)
        else:
            self._rollback_login_failed_rl_usage()
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        email = str(credentials.get("email", ""))
        services.record_failed_sign_in(email=email, actor=actor_of(request), now=timezone.now())

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Who can set a new clinic up begins with its checklist; everybody else on the first page."""
        visit = open_visit(request)
        if visit is not None and visit.clinic.guide_open and Permission.CHANGE_SETTINGS in visit.may:
            return reverse("start")
        page: str = super().get_login_redirect_url(request)
        return page

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        """All factors were shown."""
        records = get_authentication_records(request, user)
        ways = dict.fromkeys(_WAYS.get((one["method"], one.get("type")), one["method"]) for one in records)
        _record(request, user, Event.SIGNED_IN, by=" and ".join(ways))
        response: HttpResponse = super().post_login(request, user, **about)
        return response

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            _record(request, request.user, Event.SIGNED_OUT)
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """By the page for it, which leaves this session open; or by a link, which leaves none."""
        request: HttpRequest = self.request
        is_reset = request.resolver_match is not None and request.resolver_match.url_name == _RESET_PAGE
        user.set_password(password)
        services.save_password(
            user_id=user.pk,
            password_hash=user.password,
            event=Event.PASSWORD_RESET if is_reset else Event.PASSWORD_CHANGED,
            but_session=None if is_reset else request.session.session_key,
            actor=actor_of(request),
            now=timezone.now(),
        )
        if is_reset and request.user.is_authenticated:
            logout(request)  # of the same person: allauth has sent everybody else away before

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        super().send_password_reset_mail(user, email, context)
        _record(self.request, user, Event.PASSWORD_LINK_SENT)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, context)
        if template_prefix == "account/email/unknown_account":  # as much work as for a known address
            _record(self.request, None, Event.SIGN_IN_FAILED, by="link for an unknown address")

    def is_reauthentication_required(self, *, app: str, **about: Any) -> bool:
        """One rule for the whole house: signed in, or confirmed, within a quarter of an hour."""
        return not signed_in_recently(self.request)


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps and seeds of recovery codes are sealed; public keys of passkeys need not be."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(vault.wrap(text.encode(), SEALED_FOR)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unwrap(base64.b64decode(encrypted_text), SEALED_FOR).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": self.get_totp_issuer()}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"


def _record(request: HttpRequest, user: User | None, event: Event, **details: str) -> None:
    user_id = user.pk if user else None
    services.record_for_person(
        event, user_id=user_id, actor=actor_of(request), now=timezone.now(), target=user_id or "", **details
    )
