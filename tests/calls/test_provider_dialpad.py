"""What Dialpad's messages mean: departments and the legs to their people; and tokens that must not pass."""

import base64
import json

import jwt
import pytest

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, RefusalReason, Refused
from calls.providers import dialpad
from tests.calls.phone_systems import NOW, PATIENT, SYSTEMS, TEN

DIALPAD = SYSTEMS["dialpad"]
KEY = "5635304278851584"
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
CALL = json.loads(DIALPAD.payload("missed"))


@pytest.mark.parametrize(
    ("name", "key", "direction", "outcome", "number", "ring", "talk", "line"),
    [
        ("ringing", KEY, IN, Outcome.RINGING, PATIENT, None, 0, "Reception"),
        ("ring_group_leg_ringing", KEY, IN, Outcome.RINGING, PATIENT, None, 0, "Reception"),
        ("ring_group_leg_missed", KEY, IN, Outcome.RINGING, PATIENT, None, 0, "Reception"),
        ("leg_connected", KEY, IN, Outcome.ANSWERED, PATIENT, 9, 0, "Reception"),
        ("leg_hangup", KEY, IN, Outcome.ANSWERED, PATIENT, 9, 95, "Reception"),
        ("answered", KEY, IN, Outcome.ANSWERED, PATIENT, 9, 0, "Reception"),
        ("answered_hangup", KEY, IN, Outcome.ANSWERED, PATIENT, 9, 95, "Reception"),
        ("transfer", KEY, IN, Outcome.ANSWERED, PATIENT, 9, 95, "Reception"),
        ("missed", KEY, IN, Outcome.MISSED, PATIENT, None, 0, "Reception"),
        ("abandoned", "5635304278851611", IN, Outcome.MISSED, PATIENT, None, 0, "Reception"),
        ("voicemail", KEY, IN, Outcome.VOICEMAIL, PATIENT, None, 0, "Reception"),
        ("voicemail_hangup", KEY, IN, Outcome.VOICEMAIL, PATIENT, None, 0, "Reception"),
        ("withheld", "5635304278851613", IN, Outcome.MISSED, "anonymous", None, 0, "Reception"),
        ("outbound_calling", "5635304278851614", OUT, Outcome.RINGING, PATIENT, None, 0, ""),
        ("outbound", "5635304278851614", OUT, Outcome.ANSWERED, PATIENT, 6, 60, ""),
        ("unknown_state", "5635304278851615", IN, Outcome.UNKNOWN, PATIENT, None, 0, "Reception"),
    ],
)
def test_it_reads_the_messages(
    name: str, key: str, direction: Direction, outcome: Outcome, number: str, ring: int | None, talk: int, line: str
) -> None:
    expected = CallEvent("dialpad", key, direction, outcome, TEN, number, True, ring, talk, line)
    assert DIALPAD.read_named(name) == [expected]


@pytest.mark.parametrize("state", ["transcription", "recording", "csat", "recap_summary", "blocked", "barge"])
def test_what_is_made_of_a_call_does_not_move_it_on(state: str) -> None:
    assert DIALPAD.parse(DIALPAD.changed("missed", state=state)) == []


def test_staff_who_reach_a_voicemail_were_not_answered() -> None:
    [event] = DIALPAD.parse(DIALPAD.changed("outbound", voicemail_link="https://x.example/1"))
    assert (event.outcome, event.talk_seconds) == (Outcome.MISSED, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": None}, "state"), ({"direction": "up"}, "direction"), ({"call_id": None}, "call_id"),
        ({"call_id": [1]}, "call_id"), ({"entry_point_call_id": "a b"}, "entry_point_call_id"),
        ({"date_started": "x"}, "date_started"), ({"date_ended": 1767607200}, "date_ended"),
        ({"external_number": ["x"]}, "external_number"), ({"target": "x"}, "target"), ({"call_id": 10**17}, None),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(change: dict[str, object], field: str | None) -> None:
    with pytest.raises(Refused) as caught:
        DIALPAD.parse(DIALPAD.changed("missed", **change))
    assert (caught.value.reason, caught.value.field_name) == (RefusalReason.UNREADABLE, field)
    assert caught.value.__context__ is None


def unsigned(header: dict[str, object]) -> bytes:
    parts = (json.dumps(header).encode(), json.dumps(CALL).encode())
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts) + b"."


@pytest.mark.parametrize(
    "body",
    [
        DIALPAD.payload("missed"), b"", b".", b"..", b"a.b.c", unsigned({"alg": "none"}), unsigned({"alg": "None"}),
        unsigned({"alg": "HS256"}), unsigned({}), jwt.encode(CALL, DIALPAD.secret * 2, algorithm="HS512").encode(),
        jwt.encode(CALL, "another secret that is long enough to be one", algorithm="HS256").encode(),
        jwt.encode(CALL, DIALPAD.secret, algorithm="HS256").encode() + b"A",
        jwt.encode(CALL, DIALPAD.secret, algorithm="HS256").encode().rsplit(b".", 1)[0], b"\xff.\xff.\xff",
    ],
)  # fmt: skip
def test_a_token_that_is_not_signed_as_agreed_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature) as caught:
        dialpad.verify(Message(body, {}, "", "application/jwt"), DIALPAD.secret, NOW)
    assert caught.value.__context__ is None


def test_a_token_of_pyjwt_passes_and_an_empty_secret_signs_nothing() -> None:
    token = jwt.encode(CALL, DIALPAD.secret, algorithm="HS256").encode()
    for body in (token, token + b"\n"):
        assert json.loads(dialpad.verify(Message(body, {}, "", "text/plain"), DIALPAD.secret, NOW).body) == CALL
    with pytest.raises(BadSignature):
        dialpad.verify(Message(token, {}, "", "text/plain"), "", NOW)
