"""A machine that talks to the API: one key of one clinic, JSON in and out. Plain functions, no fixture."""

import itertools
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tenants.domain import ClinicFacts, Scope
from tenants.events import Actor, ActorKind
from tenants.models import AuditEvent, User
from tenants.scope import as_clinic
from tenants.services import create_api_key
from tenants.services.tokens import issue_tokens

API = "/api/v1"
NUMBER = "+447700900123"
_counter = itertools.count(1)


class Machine:
    """Sends requests with a key; `key` None sends none."""

    def __init__(self, key: str | None) -> None:
        self.headers = {} if key is None else {"Authorization": f"Api-Key {key}"}
        self._client = Client(raise_request_exception=False)

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(API + path, query, headers=self.headers)

    def post(self, path: str, data: Any, **headers: str) -> Any:
        return self.send("POST", path, json.dumps(data), **headers)

    def patch(self, path: str, data: Any, **headers: str) -> Any:
        return self.send("PATCH", path, json.dumps(data), **headers)

    def send(
        self, method: str, path: str, body: str | bytes = b"", content_type: str = "application/json", **headers: str
    ) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.generic(
            method, path if path.startswith("/api/") else API + path, body, content_type, headers=self.headers | named
        )

    def follow(self, url: str) -> Any:
        return self._client.get(url, headers=self.headers)


def machine(clinic: ClinicFacts, *scopes: Scope) -> Machine:
    """With these scopes; none named: all."""
    return Machine(create_api_key(clinic_id=clinic.id, name="test", scopes=scopes or list(Scope), now=timezone.now()))


def person(user: User, clinic: ClinicFacts | None = None) -> Machine:
    """Somebody who is signed in to the API, in this clinic; without one: in the only one they have."""
    actor = Actor(ActorKind.PERSON, user.id)
    pair = issue_tokens(user_id=user.id, password_hash=user.password, now=timezone.now(), actor=actor)
    return bearer(pair.access, clinic.slug if clinic else None)


def bearer(access: str, slug: str | None = None) -> Machine:
    asking = Machine(None)
    asking.headers = {"Authorization": f"Bearer {access}"} | ({"X-Clinic": slug} if slug else {})
    return asking


def a_call(**fields: Any) -> dict[str, Any]:
    """A good call, an hour ago."""
    return {
        "external_id": f"call-{next(_counter)}",
        "direction": "inbound",
        "outcome": "missed",
        "started_at": (timezone.now() - timedelta(hours=1)).isoformat(),
        "number": NUMBER,
        **fields,
    }


def an_appointment(**fields: Any) -> dict[str, Any]:
    """A good appointment, booked a minute ago."""
    return {
        "external_id": f"booking-{next(_counter)}",
        "booked_at": (timezone.now() - timedelta(minutes=1)).isoformat(),
        "numbers": [NUMBER],
        "status": "booked",
        **fields,
    }


def require_problem(response: HttpResponse, status: int, *fields: str) -> dict[str, Any]:
    """The body of an error of RFC 9457 about exactly these fields."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert body["status"] == status
    assert body["title"] and body["detail"]
    if fields:
        assert {error["field"] for error in body["errors"]} == set(fields), body
    return body


def trail(clinic: ClinicFacts, *but: str) -> list[tuple[str, str, str]]:
    """What is on record in the clinic since it was made: what, of what kind of actor, done to what."""
    with as_clinic(clinic.id):
        rows = AuditEvent.objects.order_by("seq")
        made = {"clinic_made", "api_key_made", "tokens_issued", "member_added", *but}
        return [(row.action, row.actor_kind, row.target) for row in rows if row.action not in made]


def bad(field: str, *values: Any) -> list[tuple[str, dict[str, Any]]]:
    """Changes that are wrong in this field and nowhere else."""
    return [(field, {field: value}) for value in values]


def a_uuid() -> str:
    return str(uuid.uuid4())


def ago(**delta: float) -> datetime:
    return timezone.now() - timedelta(**delta)
