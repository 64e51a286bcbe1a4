"""What Vonage's messages mean, leg by leg; and tokens that do not belong to the body beside them."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import jwt
import pytest

from calls.domain import BadSignature, CallEvent, Direction, Outcome, RefusalReason, Refused
from calls.providers import vonage
from tests.calls.phone_systems import NOW, SYSTEMS, TEN

VONAGE = SYSTEMS["vonage"]
KEY = "CON-aaaaaaaa-bbbb-cccc-dddd-0000000000a"
CALLER = "447700900123"
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


@pytest.mark.parametrize(
    ("name", "key", "direction", "outcome", "number", "second", "talk"),
    [
        ("started", KEY + "1", IN, Outcome.RINGING, CALLER, 0, 0),
        ("ringing", KEY + "1", IN, Outcome.RINGING, CALLER, 0, 0),
        ("menu_answered", KEY + "1", IN, Outcome.RINGING, CALLER, 1, 0),
        ("leg_ringing", KEY + "1", OUT, Outcome.RINGING, None, 3, 0),
        ("ring_group_unanswered", KEY + "1", OUT, Outcome.RINGING, None, 23, 0),
        ("leg_answered", KEY + "1", OUT, Outcome.ANSWERED, None, 28, 0),
        ("leg_completed", KEY + "1", OUT, Outcome.ANSWERED, None, 28, 95),
        ("answered_completed", KEY + "1", IN, Outcome.MISSED, CALLER, 1, 0),
        ("missed", KEY + "2", IN, Outcome.MISSED, CALLER, 0, 0),
        ("abandoned", KEY + "3", IN, Outcome.MISSED, CALLER, 4, 0),
        ("voicemail", KEY + "2", IN, Outcome.VOICEMAIL, None, 30, 0),
        ("withheld", KEY + "4", IN, Outcome.MISSED, "Anonymous", 0, 0),
        ("outbound", KEY + "5", OUT, Outcome.ANSWERED, None, 7, 60),
        ("outbound_human", KEY + "5", OUT, Outcome.ANSWERED, None, 0, 0),
        ("outbound_machine", KEY + "5", OUT, Outcome.RINGING, None, 0, 0),
        ("unknown_status", KEY + "6", IN, Outcome.UNKNOWN, CALLER, 0, 0),
    ],
)
def test_it_reads_the_messages(
    name: str, key: str, direction: Direction, outcome: Outcome, number: str | None, second: int, talk: int
) -> None:
    at = TEN + timedelta(seconds=second)
    expected = CallEvent("vonage", key, direction, outcome, at, number, number is not None, None, talk)
    assert VONAGE.read_named(name) == [expected]


@pytest.mark.parametrize("name", ["transfer", "input", "error"])
def test_other_messages_are_no_calls(name: str) -> None:
    assert VONAGE.read_named(name) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"conversation_uuid": None}, "conversation_uuid"), ({"direction": None}, "direction"),
        ({"direction": "up"}, "direction"), ({"status": 7}, "status"),
        ({"timestamp": "x", "start_time": None}, "timestamp"),
        ({"start_time": "2026-01-05"}, "start_time"), ({"from": ["x"]}, "from"), ({"to": {"a": 1}}, "to"),
        ({"direction": "outbound", "duration": "long"}, "duration"),
        ({"direction": "outbound", "duration": "604801"}, "duration"),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as caught:
        VONAGE.parse(VONAGE.changed("missed", **change))
    assert (caught.value.reason, caught.value.field_name) == (RefusalReason.UNREADABLE, field)
    assert caught.value.__context__ is None


def test_the_clinics_own_number_is_no_caller() -> None:
    [event] = VONAGE.parse(VONAGE.changed("missed", **{"from": "442079460018"}))
    assert (event.number, event.number_known) == ("", True)


BODY = VONAGE.payload("missed")
HASH = sha256(BODY).hexdigest()
IAT = int(NOW.timestamp())


def token(claims: dict[str, object], secret: str = VONAGE.secret, algorithm: str = "HS256") -> str:
    return "Bearer " + jwt.encode(claims, secret, algorithm=algorithm)


@pytest.mark.parametrize(
    "header",
    [
        token({"iat": IAT, "payload_hash": HASH[:-1] + "g"}), token({"iat": IAT}), token({"payload_hash": HASH}),
        token({"iat": IAT, "payload_hash": ""}), token({"iat": str(IAT) + "x", "payload_hash": HASH}),
        token({"iat": IAT - 301, "payload_hash": HASH}), token({"iat": IAT + 301, "payload_hash": HASH}),
        token({"iat": IAT, "payload_hash": [HASH]}), token({"iat": IAT, "payload_hash": HASH}, "x" * 40),
        token({"iat": IAT, "payload_hash": HASH}, VONAGE.secret * 2, "HS512"),
        token({"iat": IAT, "payload_hash": HASH})[7:], token({"iat": IAT, "payload_hash": HASH})[:-2],
        "Basic " + token({"iat": IAT, "payload_hash": HASH})[7:], "Bearer", "Bearer \u00e9", "",
    ],
)  # fmt: skip
def test_a_token_of_another_body_time_or_secret_is_refused(header: str) -> None:
    message = replace(VONAGE.message(BODY), headers={"authorization": header})
    with pytest.raises(BadSignature):
        vonage.verify(message, VONAGE.secret, NOW)


def test_a_short_secret_is_vonages_business(recwarn: pytest.WarningsRecorder) -> None:
    assert vonage.verify(VONAGE.message(BODY, secret="short"), "short", NOW).body == BODY
    assert [w for w in recwarn if w.filename.endswith("signatures.py")] == []
