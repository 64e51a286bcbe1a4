"""Connections for tests: made by the service; their pages, and what is stored and on record."""

import uuid

from django.urls import reverse
from django.utils import timezone

from calls import selectors, services
from calls.models import Connection
from tenants.domain import ClinicFacts
from tenants.models import AuditEvent
from tenants.scope import as_clinic

LIST = "/settings/connections/"
CHOOSE = "/settings/connections/add/"
ADD = "/settings/connections/add/twilio/"
SECRET = "a-twilio-auth-token"
FIELDS = {"name": "Main line", "secret": SECRET}


def connect(clinic: ClinicFacts, name: str = "Main line") -> services.NewConnection:
    return services.add_connection(clinic_id=clinic.id, provider="twilio", name=name, secret=SECRET, now=timezone.now())


def stored(clinic: ClinicFacts) -> list[Connection]:
    with as_clinic(clinic.id):
        return list(Connection.objects.order_by("created_at"))


def trail(clinic: ClinicFacts) -> list[tuple[str, str, str]]:
    with as_clinic(clinic.id):
        rows = AuditEvent.objects.filter(action__startswith="connection_").order_by("seq")
        return [(row.action, row.actor_kind, row.target) for row in rows]


def at(name: str, connection_id: uuid.UUID) -> str:
    return reverse(f"settings_connection_{name}", args=[connection_id])


def is_paused(made: services.NewConnection) -> bool:
    found = selectors.find_connection(made.token)
    assert found is not None
    return found.is_paused


def page_of(connection_id: uuid.UUID) -> str:
    return reverse("settings_connection", args=[connection_id])
