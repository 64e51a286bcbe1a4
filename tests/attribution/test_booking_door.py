"""The door of messages for Calendly: what it answers, stores and counts, and that nothing is said twice."""

import itertools
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from attribution import services
from calls import webhooks
from calls.selectors import refusals_since
from calls.services import add_connection
from tenants.scope import as_clinic
from tests.attribution.booking_systems import add_system, calendly_body, sign_calendly, statuses, stored
from tests.attribution.clinics import Desk, make_desk

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk(now=NOW)


@pytest.fixture
def made(desk: Desk) -> services.NewSystem:
    return add_system(desk, "calendly")


@pytest.fixture(autouse=True)
def full_buckets() -> Iterator[None]:
    webhooks._refusals.forget()
    yield
    webhooks._refusals.forget()


def created(**fields: Any) -> bytes:
    return calendly_body("created", created_at=(NOW - timedelta(hours=1)).isoformat(), **fields)


def send(
    client: Client, made: services.NewSystem, body: bytes, at: datetime | None = None, **more: Any
) -> HttpResponse:
    headers = sign_calendly(body, more.get("secret", made.secret), at or timezone.now())
    path, kind = f"/hooks/{more.get('kind', 'calendly')}/{more.get('token', made.token)}", more.get("type")
    return client.post(path, body, content_type=kind or "application/json", headers=headers)  # type: ignore[return-value]


def refusals(desk: Desk) -> dict[tuple[str, str], int]:
    with as_clinic(desk.clinic.id):
        since = NOW.date() - timedelta(days=1)
        return {(source, reason): count for source, reason, count in refusals_since(desk.clinic.id, since)}


def test_a_booking_is_stored_once_however_often_it_is_told(
    client: Client, desk: Desk, made: services.NewSystem
) -> None:
    answers = [send(client, made, created()) for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
    assert statuses(desk) == {"calendly:INVITEEA": "booked"}
    assert not answers[0].cookies
    assert refusals(desk) == {}


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_only_post_is_taken(client: Client, made: services.NewSystem, method: str) -> None:
    response = getattr(client, method)(f"/hooks/calendly/{made.token}")
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_a_wrong_signature_is_refused_and_counted(client: Client, desk: Desk, made: services.NewSystem) -> None:
    assert send(client, made, created(), secret="another").status_code == 401
    assert send(client, made, created(), at=timezone.now() - timedelta(minutes=4)).status_code == 401
    plain = client.post(f"/hooks/calendly/{made.token}", created(), content_type="application/json")
    assert plain.status_code == 401
    assert (stored(desk), refusals(desk)) == ({}, {("calendly", "signature"): 3})


def test_an_unknown_address_is_404_and_so_is_another_kind(client: Client, desk: Desk, made: services.NewSystem) -> None:
    phone = add_connection(clinic_id=desk.clinic.id, provider="twilio", name="Main", secret="x", now=NOW)
    for kind, token in (("calendly", "a" * 32), ("twilio", made.token), ("calendly", phone.token), ("x", made.token)):
        assert send(client, made, created(), kind=kind, token=token).status_code == 404
    assert refusals(desk) == {}


def test_while_it_is_paused_it_is_503(client: Client, desk: Desk, made: services.NewSystem) -> None:
    services.pause_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=NOW)
    response = send(client, made, created())
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    services.resume_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=NOW)
    assert send(client, made, created()).status_code == 204


def test_removed_it_is_404(client: Client, desk: Desk, made: services.NewSystem) -> None:
    services.remove_booking_system(clinic_id=desk.clinic.id, system_id=made.id)
    assert send(client, made, created()).status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status", "reason"),
    [
        (b"{", "application/json", 400, "unreadable"),
        (b"[]", "application/json", 400, "unreadable"),
        (b'{"event": "invitee.created", "payload": {}}', "application/json", 400, "unreadable"),
        (b"{}", "text/plain", 415, "content_type"),
        (b" " * (webhooks.MAX_BODY + 1), "application/json", 413, "too_large"),
    ],
    ids=["half", "list", "empty", "plain", "large"],
)
def test_what_cannot_be_taken_is_refused_and_counted(
    client: Client, desk: Desk, made: services.NewSystem, body: bytes, kind: str, status: int, reason: str
) -> None:
    response = send(client, made, body, type=kind)
    assert response.status_code == status
    assert json.loads(response.content)["status"] == status
    assert refusals(desk) == {("calendly", reason): 1}


def test_a_booking_from_the_future_is_422(client: Client, desk: Desk, made: services.NewSystem) -> None:
    body = calendly_body("created", created_at=(NOW + timedelta(hours=1)).isoformat())
    assert send(client, made, body).status_code == 422
    assert refusals(desk) == {("calendly", "in_future"): 1}


def test_one_that_is_too_old_is_taken_note_of_and_not_sent_again(
    client: Client, desk: Desk, made: services.NewSystem
) -> None:
    body = calendly_body("created", created_at=(NOW - timedelta(days=200)).isoformat())
    assert send(client, made, body).status_code == 204
    assert stored(desk) == {}


def test_nonsense_without_end_is_told_to_wait(client: Client, desk: Desk, made: services.NewSystem) -> None:
    answers = (send(client, made, b"{").status_code for _ in range(1000))  # the bucket is filled up meanwhile
    refused = list(itertools.takewhile(lambda status: status != HTTPStatus.TOO_MANY_REQUESTS, answers))
    assert 120 <= len(refused) < 1000
    assert set(refused) == {400}
    assert send(client, made, created()).status_code == 204


def test_without_the_database_it_is_503(client: Client, made: services.NewSystem) -> None:
    with mock.patch("attribution.hooks.receive_booking", side_effect=OperationalError("row 07700 900123")):
        response = send(client, made, created())
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert b"07700" not in response.content


def test_a_refusal_repeats_no_number(
    client: Client, made: services.NewSystem, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for fields in ({"old_invitee": "+447700900123"}, {"created_at": "+447700900123"}, {"uri": "+447700900123"}):
        body = json.loads(created())
        body["payload"] |= fields
        response = send(client, made, json.dumps(body).encode())
        assert response.status_code == 400
        assert b"7700900123" not in response.content
    send(client, made, created())
    for secret in ("7700900123", "7946 0018", "Robin", "Toothache", made.token, made.secret):
        assert secret not in caplog.text
