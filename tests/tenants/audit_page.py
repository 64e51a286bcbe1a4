"""The page of the audit trail, for tests to ask; and a trail of several topics."""

import uuid

from django.http import HttpResponse
from django.test import Client

from tenants import audit
from tenants.domain import ClinicFacts
from tenants.events import SYSTEM, Event
from tenants.models import User
from tests.tenants.factories import bob
from tests.tenants.trails import person

PAGE, EXPORT, PROOF = "/settings/audit/", "/settings/audit/export/", "/settings/audit/proof/"


def owner() -> uuid.UUID:
    """Alice's id; to make her anew would end her session."""
    return User.objects.get(email="alice@bright-smile.example").id


def fill(clinic: ClinicFacts) -> None:
    audit.record(Event.RULES_CHANGED, actor=person(owner()), clinic_id=clinic.id)
    audit.record(Event.HOURS_CHANGED, actor=person(bob(clinic).id), clinic_id=clinic.id)
    audit.record(Event.PURGED, actor=SYSTEM, clinic_id=clinic.id)


def post_export(client: Client, **asked: str) -> HttpResponse:
    answer = client.post(EXPORT, asked)
    assert answer.status_code == 200
    return answer  # type: ignore[return-value]


def exported(client: Client, **asked: str) -> str:
    answer = post_export(client, **asked)
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
