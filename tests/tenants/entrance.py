"""Signing in by the pages, codes of an authenticator app, and what the trail says of it. Nothing here is a fixture."""

import json
import re
import time
import uuid
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import reverse

from tenants.domain import PLATFORM, ClinicFacts
from tenants.models import AuditDetail, AuditEvent, User
from tenants.scope import as_clinic
from tests.tenants.factories import PASSWORD


def sign_in(client: Client, email: str, password: str = PASSWORD, **meta: Any) -> Any:
    """The answer of the sign-in page; `meta` such as REMOTE_ADDR."""
    return client.post(reverse("account_login"), {"login": email, "password": password}, **meta)


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("usersessions_list")).status_code == 200


def add_app(user: User) -> str:
    """An authenticator app with recovery codes; returns its secret."""
    secret: str = generate_totp_secret()
    with context.request_context(None):
        TOTP.activate(user, secret)
        RecoveryCodes.activate(user)
    return secret


def recovery_codes(user: User) -> list[str]:
    with context.request_context(None):
        kept = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
        codes: list[str] = kept.wrap().get_unused_codes()
    return codes


def shown_key(page: str) -> str:
    """The key that the page for adding an app shows as text."""
    [key] = re.findall(r"<p class=\"secret\"[^>]*>([A-Z2-7]+)</p>", page)
    return str(key)


def add_app_by_the_page(client: Client) -> str:
    """As a person does, who is then shown the recovery codes; returns the key of the app."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = shown_key(page)
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    return secret


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))
    return code


def wrong_code(secret: str) -> str:
    right = {code_of(secret, steps) for steps in range(-2, 3)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def give_code(client: Client, code: str) -> Any:
    return client.post(reverse("mfa_authenticate"), {"code": code})


def trail(clinic: ClinicFacts | None = None) -> list[str]:
    """The actions in the clinic's trail, or in the platform's, oldest first."""
    clinic_id = clinic.id if clinic else PLATFORM
    with as_clinic(clinic_id):
        return list(AuditEvent.objects.filter(clinic_id=clinic_id).order_by("seq").values_list("action", flat=True))


def last_row(clinic: ClinicFacts | None = None) -> tuple[str, uuid.UUID | None, str, dict[str, object]]:
    """The newest row: kind and id of the actor, target, details."""
    clinic_id = clinic.id if clinic else PLATFORM
    with as_clinic(clinic_id):
        event = AuditEvent.objects.filter(clinic_id=clinic_id).order_by("seq").last()
        assert event is not None
        details = AuditDetail.objects.get(clinic_id=clinic_id, seq=event.seq)
    return event.actor_kind, event.actor_id, event.target, json.loads(details.details)
