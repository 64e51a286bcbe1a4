"""Clinics, connections, events and signed messages for the tests of calls; plain functions, time passed in."""

import base64
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha1
from urllib.parse import urlencode

from django.conf import settings

from calls.domain import CallEvent, Direction, Outcome
from calls.models import Call, CallerHash, Change
from calls.services import add_connection
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tenants.selectors import get_clinic
from tenants.services import ClinicDetails, create_clinic

PATIENT = "+447700900123"


def make_clinic(now: datetime, name: str = "Bright Smile", **details: str) -> ClinicFacts:
    slug = f"{name.lower().replace(' ', '-')}-{uuid.uuid4().hex[:8]}"
    made = create_clinic(details=ClinicDetails(name, slug, **details), owner_email=f"{slug}@example.com", now=now)  # type: ignore[arg-type]
    return get_clinic(made.clinic_id)


def make_event(
    key: str,
    at: datetime,
    number: str | None = PATIENT,
    outcome: Outcome = Outcome.MISSED,
    direction: Direction = Direction.INBOUND,
    **more: object,
) -> CallEvent:
    return CallEvent("api", key, direction, outcome, at, number, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Hook:
    """A Twilio connection as the phone system knows it."""

    path: str
    secret: str

    def sign(self, params: Mapping[str, str]) -> str:
        text = settings.PUBLIC_URL + self.path + "".join(name + params[name] for name in sorted(params))
        return base64.b64encode(hmac.digest(self.secret.encode(), text.encode(), sha1)).decode()


def make_hook(clinic: ClinicFacts, now: datetime) -> Hook:
    secret = uuid.uuid4().hex
    made = add_connection(clinic_id=clinic.id, provider="twilio", name="Main", secret=secret, now=now)
    return Hook(f"/hooks/twilio/{made.token}", secret)


def missed_call(at: datetime, number: str = PATIENT, sid: str = "", status: str = "no-answer") -> dict[str, str]:
    """The parameters of a message about an inbound call that nobody took."""
    return {
        "CallSid": sid or "CA" + uuid.uuid4().hex,
        "CallStatus": status,
        "Direction": "inbound",
        "From": number,
        "To": "+442079460018",
        "CallDuration": "0",
        "Timestamp": format_datetime(at),
    }


def form(params: Mapping[str, str]) -> bytes:
    return urlencode(params).encode()


def stored_calls(clinic: ClinicFacts) -> list[Call]:
    with as_clinic(clinic.id):
        return list(Call.objects.order_by("started_at", "id"))


def count_changes(clinic: ClinicFacts) -> int:
    with as_clinic(clinic.id):
        return Change.objects.count()


def known_callers(clinic: ClinicFacts) -> set[uuid.UUID]:
    with as_clinic(clinic.id):
        return set(CallerHash.objects.values_list("caller", flat=True))
