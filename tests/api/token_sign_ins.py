"""Signing in to the API as people do it, by the door; and what the trail says of it."""

import json
import uuid
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone

from tenants.models import AuditDetail, AuditEvent
from tenants.scope import as_clinic
from tests.api.client import Machine, require_problem
from tests.tenants.factories import PASSWORD

ALICE = "alice@bright-smile.example"


def sign_in(email: str = ALICE, password: str = PASSWORD, **more: Any) -> Any:
    return Machine(None).post("/token/", {"email": email, "password": password, **more})


def signed_in(**more: Any) -> dict[str, Any]:
    response = sign_in(**more)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def refresh(token: str) -> Any:
    return Machine(None).post("/token/refresh/", {"refresh": token})


def revoke(token: str) -> Any:
    return Machine(None).post("/token/revoke/", {"refresh": token})


def token_trail(clinic_id: uuid.UUID) -> list[AuditEvent]:
    with as_clinic(clinic_id):
        return list(AuditEvent.objects.filter(action__startswith="tokens_").order_by("seq"))


def details_of(row: AuditEvent) -> dict[str, Any]:
    with as_clinic(row.clinic_id):
        details: dict[str, Any] = json.loads(AuditDetail.objects.get(clinic_id=row.clinic_id, seq=row.seq).details)
        return details


def code_at(secret: str, step: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30 + step)))


def kind_of(response: Any, status: int) -> str:
    return str(require_problem(response, status)["type"]).removeprefix("urn:ringback:problem:")
