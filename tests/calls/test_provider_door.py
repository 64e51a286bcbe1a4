"""Each provider through the door: stored, refused, counted; and the questions that are answered there."""

from collections.abc import Iterator
from datetime import timedelta
from unittest import mock

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from calls.domain import Outcome
from calls.providers import CHALLENGERS, PROVIDERS
from calls.selectors import refusals_since
from calls.services import NewConnection, add_connection, pause_connection
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.calls.factories import make_clinic, stored_calls
from tests.calls.phone_systems import SYSTEMS, System, move

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
BEGAN = NOW - timedelta(minutes=5)
EVERY = pytest.mark.parametrize("system", SYSTEMS.values(), ids=list(SYSTEMS))
# A message about something else than a call.
ASIDE = {
    "aircall": "tagged", "dialpad": "transcription", "callrail": "text_received", "ringcentral": "renewal",
    "zoom": "sms_received", "vonage": "input", "telnyx": "machine_detection", "dial9": "other_event",
}  # fmt: skip


@pytest.fixture
def clinic() -> ClinicFacts:
    return make_clinic(NOW)


@pytest.fixture(autouse=True)
def no_broker() -> Iterator[mock.MagicMock]:
    with mock.patch("calls.intake.wake_worker") as wake:
        yield wake


def connect(clinic: ClinicFacts, system: System) -> NewConnection:
    return add_connection(clinic_id=clinic.id, provider=system.name, name="Main", secret=system.secret, now=NOW)


def send(
    client: Client, system: System, token: str, payload: bytes, secret: str | None = None, content_type: str = ""
) -> HttpResponse:
    body, headers = system.seal(payload, system.secret if secret is None else secret, timezone.now())
    path, kind = f"/hooks/{system.name}/{token}", content_type or system.content_type
    return client.post(path, body, content_type=kind, headers=headers)  # type: ignore[return-value]


def refusals(clinic: ClinicFacts) -> dict[str, int]:
    with as_clinic(clinic.id):
        return {reason: count for _, reason, count in refusals_since(clinic.id, NOW.date() - timedelta(days=1))}


@EVERY
def test_a_call_is_stored_once_however_often_it_is_told(client: Client, clinic: ClinicFacts, system: System) -> None:
    token, payload = connect(clinic, system).token, move(system.payload(system.sample), BEGAN)
    answers = [send(client, system, token, payload) for _ in range(3)]
    taken = 200 if system.name == "ringcentral" else 204  # RingCentral suspends its subscription at anything else
    assert [(answer.status_code, answer.content) for answer in answers] == [(taken, b"")] * 3
    [call] = stored_calls(clinic)
    assert (call.source, call.outcome) == (system.name, Outcome.MISSED)
    assert abs((call.started_at - BEGAN).total_seconds()) < 60
    assert refusals(clinic) == {}


@EVERY
def test_what_is_not_signed_with_its_secret_is_refused(client: Client, clinic: ClinicFacts, system: System) -> None:
    token, payload = connect(clinic, system).token, move(system.payload(system.sample), BEGAN)
    other = "whsec_" + "b3RoZXIh" * 6
    assert send(client, system, token, payload, secret=other).status_code == 401
    plain = client.post(f"/hooks/{system.name}/{token}", b"{}", content_type=system.content_type)
    assert plain.status_code == 401
    assert (stored_calls(clinic), refusals(clinic)) == ([], {"signature": 2})


@EVERY
def test_what_cannot_be_read_is_refused_by_the_field(client: Client, clinic: ClinicFacts, system: System) -> None:
    token = connect(clinic, system).token
    payload = move(system.payload(system.sample), BEGAN)
    for name in (b"number", b"raw_digits", b"external_number", b"customer_phone_number", b"from", b"caller"):
        payload = payload.replace(b'"%b": "' % name, b'"%b": "\\u0007' % name)
        payload = payload.replace(b'"%b": {' % name, b'"%b": 7, "%b_": {' % (name, name))
    if system.name == "dial9":
        payload = payload.replace(b'"call_type": "incoming"', b'"call_type": "sideways"')
    if system.name == "telnyx":
        payload = payload.replace(b'"call_session_id"', b'"session"')
    answer = send(client, system, token, payload)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert not any(secret in answer.content for secret in (b"7700", b"0123", b"\\u0007", b"sideways"))
    assert (stored_calls(clinic), refusals(clinic)) == ([], {"unreadable": 1})


@EVERY
def test_what_is_too_old_is_refused_with_the_reason(client: Client, clinic: ClinicFacts, system: System) -> None:
    if system.name == "ringback":
        payload = system.payload(system.sample)
    else:
        payload = move(system.payload(system.sample), NOW - timedelta(days=200))
    answer = send(client, system, connect(clinic, system).token, payload)
    assert (answer.status_code, b"too_old" in answer.content) == (422, True)
    assert (stored_calls(clinic), refusals(clinic)) == ([], {"too_old": 1})


@EVERY
def test_another_media_type_is_refused(client: Client, clinic: ClinicFacts, system: System) -> None:
    token, payload = connect(clinic, system).token, move(system.payload(system.sample), BEGAN)
    assert send(client, system, token, payload, content_type="text/html").status_code == 415
    assert (stored_calls(clinic), refusals(clinic)) == ([], {"content_type": 1})


@pytest.mark.parametrize(("name", "payload"), ASIDE.items())
def test_a_message_about_something_else_is_taken_and_stores_nothing(
    client: Client, clinic: ClinicFacts, no_broker: mock.MagicMock, name: str, payload: str
) -> None:
    system = SYSTEMS[name]
    answer = send(client, system, connect(clinic, system).token, move(system.payload(payload), BEGAN))
    taken = 200 if name == "ringcentral" else 204
    assert (answer.status_code, stored_calls(clinic), refusals(clinic)) == (taken, [], {})
    no_broker.assert_not_called()


def test_ringcentrals_question_is_answered_before_there_is_a_signature(client: Client, clinic: ClinicFacts) -> None:
    path = f"/hooks/ringcentral/{connect(clinic, SYSTEMS['ringcentral']).token}"
    for content_type in ("application/json", ""):
        answer = client.post(path, b"", content_type=content_type, headers={"Validation-Token": "91ff9b86-2c3e"})
        assert (answer.status_code, answer["Validation-Token"]) == (200, "91ff9b86-2c3e")
        assert answer["Content-Type"] == "application/json"
        assert len(answer.content) < 1024
    assert (stored_calls(clinic), refusals(clinic)) == ([], {})


def test_zooms_question_is_answered_when_it_is_signed(client: Client, clinic: ClinicFacts) -> None:
    zoom, asked = SYSTEMS["zoom"], SYSTEMS["zoom"].payload("url_validation")
    token = connect(clinic, zoom).token
    answer = send(client, zoom, token, asked)
    assert answer.status_code == 200
    assert set(answer.json()) == {"plainToken", "encryptedToken"}  # type: ignore[attr-defined]
    assert send(client, zoom, token, asked, secret="another").status_code == 401
    assert (stored_calls(clinic), refusals(clinic)) == ([], {"signature": 1})


def test_a_question_to_an_address_that_is_paused_or_unknown_is_not_answered(
    client: Client, clinic: ClinicFacts
) -> None:
    made = connect(clinic, SYSTEMS["ringcentral"])
    headers = {"Validation-Token": "91ff9b86-2c3e"}
    for path in ("/hooks/ringcentral/x", f"/hooks/zoom/{made.token}"):
        assert client.post(path, b"", content_type="application/json", headers=headers).status_code == 404
    with mock.patch("calls.selectors.hooks.CONNECTION_SECONDS", 0):
        pause_connection(clinic_id=clinic.id, connection_id=made.id, now=NOW)
        answer = client.post(f"/hooks/ringcentral/{made.token}", b"", content_type="text/html", headers=headers)
    assert answer.status_code == 503


def test_no_other_provider_answers_questions(client: Client, clinic: ClinicFacts) -> None:
    assert set(CHALLENGERS) == {"ringcentral", "zoom"}
    token = connect(clinic, SYSTEMS["aircall"]).token
    headers = {"Validation-Token": "91ff9b86-2c3e"}
    answer = client.post(f"/hooks/aircall/{token}", b"{}", content_type="application/json", headers=headers)
    assert answer.status_code == 401


def test_the_same_call_by_webhook_is_the_one_of_the_api(client: Client, clinic: ClinicFacts) -> None:
    system = SYSTEMS["ringback"]
    made = add_connection(clinic_id=clinic.id, provider="ringback", name="Ours", secret=None, now=NOW)
    assert made.secret.startswith("whsec_")
    payload = move(system.payload("missed"), BEGAN)
    assert send(client, system, made.token, payload, secret=made.secret).status_code == 204
    key = payload.replace(b"visit-missed", b"visit-07700900123")
    answer = send(client, system, made.token, key, secret=made.secret)
    assert (answer.status_code, b"identifier_contains_number" in answer.content) == (422, True)
    assert len(stored_calls(clinic)) == 1


def test_every_provider_says_what_to_do_there() -> None:
    assert set(PROVIDERS) == {*SYSTEMS, "twilio"}
    for provider in PROVIDERS.values():
        assert 3 <= len(provider.STEPS) <= 5
        for step in provider.STEPS:
            assert step[0].isupper()
            assert step.endswith(".")
            assert len(step) < 300
