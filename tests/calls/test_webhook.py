"""The webhook's door: what it answers, and that nothing is stored or counted that should not be."""

from collections.abc import Iterator
from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from calls import rows
from calls.domain import Outcome
from calls.models import Connection
from calls.selectors import forget_connections, refusals_since
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.calls.factories import PATIENT, Hook, count_changes, form, make_clinic, make_hook, missed_call, stored_calls

pytestmark = pytest.mark.django_db
NOW = timezone.now()
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def clinic() -> ClinicFacts:
    return make_clinic(NOW)


@pytest.fixture
def hook(clinic: ClinicFacts) -> Hook:
    return make_hook(clinic, NOW)


@pytest.fixture(autouse=True)
def no_broker() -> Iterator[mock.MagicMock]:
    """The worker has tests of its own; here only whether it would have been called."""
    with mock.patch("calls.intake.wake_worker") as wake:
        yield wake


def send(client: Client, hook: Hook, params: dict[str, str], **headers: str) -> HttpResponse:
    signed = {"x-twilio-signature": hook.sign(params), **headers}
    return client.post(hook.path, form(params), content_type=FORM, headers=signed)  # type: ignore[return-value]


def refusals(clinic: ClinicFacts) -> dict[str, int]:
    with as_clinic(clinic.id):
        return {reason: count for _, reason, count in refusals_since(clinic.id, NOW.date() - timedelta(days=1))}


def test_a_missed_call_is_stored(client: Client, clinic: ClinicFacts, hook: Hook, no_broker: mock.MagicMock) -> None:
    response = send(client, hook, missed_call(NOW))
    assert (response.status_code, response.content) == (204, b"")
    [call] = stored_calls(clinic)
    assert call.outcome == Outcome.MISSED
    assert count_changes(clinic) == 1
    no_broker.assert_called_once_with(clinic.id)


def test_no_cookie_and_no_session_is_made(client: Client, hook: Hook) -> None:
    assert not send(client, hook, missed_call(NOW)).cookies


def test_the_same_message_twice_is_one_call(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    params = missed_call(NOW)
    assert [send(client, hook, params).status_code for _ in range(3)] == [204, 204, 204]
    assert len(stored_calls(clinic)) == 1
    assert count_changes(clinic) == 1


def test_the_legs_of_a_call_are_one_call(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    parent = missed_call(NOW, status="completed")
    child = {
        **missed_call(NOW, number="+442079460018", status="completed"),
        "ParentCallSid": parent["CallSid"],
        "Direction": "outbound-dial",
        "From": PATIENT,
        "To": "+447700900777",
        "CallDuration": "31",
    }
    assert [send(client, hook, params).status_code for params in (child, parent)] == [204, 204]
    [call] = stored_calls(clinic)
    assert (call.outcome, call.talk_seconds) == (Outcome.ANSWERED, 31)
    assert call.caller is not None


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_only_post_is_taken(client: Client, hook: Hook, method: str) -> None:
    response = getattr(client, method)(hook.path)
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_a_wrong_signature_is_refused_and_counted(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    params = missed_call(NOW)
    for signature in ("", "AAAA", hook.sign({**params, "From": "+447700900124"}), "ü"):
        response = client.post(hook.path, form(params), content_type=FORM, headers={"x-twilio-signature": signature})
        assert response.status_code == 401
    assert client.post(hook.path, form(params), content_type=FORM).status_code == 401
    assert stored_calls(clinic) == []
    assert refusals(clinic) == {"signature": 5}


def test_a_flipped_bit_of_the_body_is_refused(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    params = missed_call(NOW)
    body = bytearray(form(params))
    body[12] ^= 1
    response = client.post(hook.path, bytes(body), content_type=FORM, headers={"x-twilio-signature": hook.sign(params)})
    assert response.status_code == 401
    assert stored_calls(clinic) == []


def test_another_clinics_secret_is_of_no_use(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    theirs = make_hook(make_clinic(NOW, "Oak Street"), NOW)
    params = missed_call(NOW)
    forged = Hook(hook.path, theirs.secret).sign(params)
    response = client.post(hook.path, form(params), content_type=FORM, headers={"x-twilio-signature": forged})
    assert response.status_code == 401
    assert stored_calls(clinic) == []


@pytest.mark.parametrize(
    "path", ["/hooks/twilio/{}x", "/hooks/aircall/{}", "/hooks/twilio/", "/hooks/", "/hooks/twilio/a"]
)
def test_an_unknown_address_is_not_found(client: Client, hook: Hook, path: str) -> None:
    token = hook.path.rsplit("/", 1)[1]
    params = missed_call(NOW)
    response = client.post(path.format(token), form(params), content_type=FORM)
    assert response.status_code == 404


def test_a_removed_connection_is_not_found(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    send(client, hook, missed_call(NOW))
    with as_clinic(clinic.id):
        Connection.objects.all().delete()
    forget_connections()
    assert send(client, hook, missed_call(NOW)).status_code == 404


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_refused(client: Client, hook: Hook, content_type: str) -> None:
    params = missed_call(NOW)
    headers = {"x-twilio-signature": hook.sign(params)}
    assert client.post(hook.path, form(params), content_type=content_type, headers=headers).status_code == 415


def test_a_large_body_is_refused(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    params = {**missed_call(NOW), "CallerName": "x" * 65_536}
    assert send(client, hook, params).status_code == 413
    assert stored_calls(clinic) == []


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"CallSid": "nonsense"}, 400, "unreadable"),
        ({"Timestamp": "yesterday"}, 400, "unreadable"),
        ({"CallDuration": "-1"}, 400, "unreadable"),
        ({"Timestamp": "Sat, 07 May 2022 14:30:14 +0000"}, 422, "too_old"),
        ({"Timestamp": "Sat, 07 May 2089 14:30:14 +0000"}, 422, "in_future"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_a_reason_and_counted(
    client: Client, clinic: ClinicFacts, hook: Hook, change: dict[str, str], status: int, reason: str
) -> None:
    response = send(client, hook, {**missed_call(NOW), **change})
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert reason in response.content.decode()
    assert not any(value in response.content.decode() for value in (*change.values(), PATIENT[-7:]) if len(value) > 2)
    assert stored_calls(clinic) == []
    assert refusals(clinic) == {reason: 1}


def test_nonsense_without_end_is_told_to_wait_and_good_messages_still_go_through(
    client: Client, clinic: ClinicFacts, hook: Hook
) -> None:
    params = missed_call(NOW)
    answers = [client.post(hook.path, form(params), content_type=FORM) for _ in range(125)]
    assert [answer.status_code for answer in answers[:120]] == [401] * 120
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) >= 1
    assert refusals(clinic)["signature"] < 125
    assert send(client, hook, params).status_code == 204


def test_what_is_refused_for_its_form_is_counted_too(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    client.post(hook.path, b"x" * 70_000, content_type=FORM)
    client.post(hook.path, b"{}", content_type="application/json")
    assert refusals(clinic) == {"too_large": 1, "content_type": 1}


def test_a_database_that_is_away_is_said_and_nothing_is_lost(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    params = missed_call(NOW)
    with mock.patch.object(rows, "insert_change", side_effect=OperationalError("away")):
        response = send(client, hook, params)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert stored_calls(clinic) == []  # not the call without its work row
    assert send(client, hook, params).status_code == 204
    assert len(stored_calls(clinic)) == 1


def test_a_paused_connection_asks_to_come_again(client: Client, clinic: ClinicFacts, hook: Hook) -> None:
    with as_clinic(clinic.id):
        Connection.objects.update(paused_at=NOW)
    assert send(client, hook, missed_call(NOW)).status_code == 503
    assert stored_calls(clinic) == []


def test_it_knows_its_number_of_queries(
    client: Client, hook: Hook, django_assert_num_queries: "pytest.FixtureRequest"
) -> None:
    send(client, hook, missed_call(NOW))  # the connection and the keys are known from here on
    # scope, locks, caller, call, insert, work row; and of the test's own transaction the savepoint, made and released,
    # and the week, which is remembered only when it is committed
    with django_assert_num_queries(10):  # type: ignore[operator]
        send(client, hook, missed_call(NOW))
