"""What Zoom Phone's messages mean, callee by callee; and the question that it asks every 72 hours."""

import hmac
from dataclasses import replace
from datetime import timedelta

import pytest

from calls.domain import BadSignature, CallEvent, Direction, Outcome, RefusalReason, Refused
from calls.providers import zoom
from tests.calls.phone_systems import NOW, PATIENT, SYSTEMS, TEN

ZOOM = SYSTEMS["zoom"]
KEY = "701553781445143000"
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


def after(seconds: int) -> object:
    return TEN + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("name", "key", "direction", "outcome", "number", "ring", "talk"),
    [
        ("ringing", KEY + "1", IN, Outcome.RINGING, PATIENT, None, 0),
        ("ring_group_missed", KEY + "1", IN, Outcome.MISSED, PATIENT, None, 0),
        ("ring_group_other", KEY + "1", IN, Outcome.RINGING, PATIENT, None, 0),
        ("queue_answered", KEY + "1", IN, Outcome.RINGING, PATIENT, None, 0),
        ("answered", KEY + "1", IN, Outcome.ANSWERED, PATIENT, 9, 0),
        ("answered_ended", KEY + "1", IN, Outcome.ANSWERED, PATIENT, 9, 95),
        ("missed", KEY + "2", IN, Outcome.MISSED, PATIENT, None, 0),
        ("rejected", KEY + "2", IN, Outcome.MISSED, PATIENT, None, 0),
        ("abandoned", KEY + "3", IN, Outcome.MISSED, PATIENT, None, 0),
        ("voicemail_ended", KEY + "2", IN, Outcome.VOICEMAIL, PATIENT, None, 0),
        ("unknown_result", KEY + "5", IN, Outcome.UNKNOWN, PATIENT, None, 0),
        ("outbound_ringing", KEY + "6", OUT, Outcome.RINGING, PATIENT, None, 0),
        ("outbound_connected", KEY + "6", OUT, Outcome.ANSWERED, PATIENT, 7, 0),
        ("outbound", KEY + "6", OUT, Outcome.ANSWERED, PATIENT, 7, 60),
        ("outbound_voicemail", KEY + "7", OUT, Outcome.MISSED, PATIENT, None, 0),
        ("withheld", KEY + "8", IN, Outcome.MISSED, "anonymous", None, 0),
    ],
)
def test_it_reads_the_messages(
    name: str, key: str, direction: Direction, outcome: Outcome, number: str, ring: int | None, talk: int
) -> None:
    expected = CallEvent("zoom", key, direction, outcome, TEN, number, True, ring, talk)
    assert ZOOM.read_named(name) == [expected]


def test_a_voicemail_that_was_left_is_of_its_call() -> None:
    [event] = ZOOM.read_named("voicemail")
    assert (event.call_key, event.outcome, event.number) == (KEY + "2", Outcome.VOICEMAIL, PATIENT)
    assert event.started_at == after(55)
    assert ZOOM.parse(ZOOM.changed("voicemail", payload__object__call_id=None)) == []


@pytest.mark.parametrize("name", ["sms_received", "user_created", "url_validation"])
def test_other_messages_are_no_calls(name: str) -> None:
    assert ZOOM.read_named(name) == []


def test_a_colleague_is_an_extension() -> None:
    [event] = ZOOM.parse(ZOOM.changed("missed", payload__object__caller={"extension_number": 1002}))
    assert (event.number, event.number_known) == ("1002", True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": None}, "event"), ({"event_ts": "soon"}, "event_ts"), ({"payload": 7}, "payload"),
        ({"payload__object": []}, "payload.object"), ({"payload__object__call_id": None}, "payload.object.call_id"),
        ({"payload__object__caller": "x"}, "payload.object.caller"),
        ({"payload__object__caller": {"phone_number": [PATIENT]}}, "payload.object.caller.phone_number"),
        ({"payload__object__ringing_start_time": 7}, "payload.object.ringing_start_time"),
        ({"payload__object__call_end_time": "x"}, "payload.object.call_end_time"),
        ({"payload__object__handup_result": {}}, "payload.object.handup_result"),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as caught:
        ZOOM.parse(ZOOM.changed("missed", **change))
    assert (caught.value.reason, caught.value.field_name) == (RefusalReason.UNREADABLE, field)
    assert caught.value.__context__ is None


def test_the_question_is_answered() -> None:
    answer = zoom.answer_challenge(ZOOM.message(ZOOM.payload("url_validation")), ZOOM.secret, NOW)
    token = "qgg8vlvZRS6UYooatFL8Aw"
    assert answer is not None
    encrypted = hmac.new(ZOOM.secret.encode(), token.encode(), "sha256").hexdigest()
    assert (answer.body, answer.headers) == ({"plainToken": token, "encryptedToken": encrypted}, {})


def test_a_question_that_is_not_signed_is_not_answered() -> None:
    asked = ZOOM.payload("url_validation")
    for message in (
        ZOOM.message(asked, secret="another"),
        ZOOM.message(asked, NOW - timedelta(minutes=6)),
        replace(ZOOM.message(asked), headers={}),
    ):
        with pytest.raises(BadSignature):
            zoom.answer_challenge(message, ZOOM.secret, NOW)


def test_a_message_is_no_question() -> None:
    mention = ZOOM.changed("missed", note="endpoint.url_validation")
    for payload in (ZOOM.payload("missed"), mention):
        assert zoom.answer_challenge(ZOOM.message(payload), ZOOM.secret, NOW) is None
    with pytest.raises(Refused, match="payload.plainToken is missing"):
        empty = ZOOM.changed("url_validation", payload={})
        zoom.answer_challenge(ZOOM.message(empty), ZOOM.secret, NOW)
