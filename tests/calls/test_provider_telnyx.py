"""What Telnyx's messages mean, leg by leg; and signatures that are not of its key, its time or its body."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from calls.domain import BadSignature, CallEvent, Direction, Outcome, RefusalReason, Refused
from calls.providers import telnyx
from tests.calls.phone_systems import NOW, PATIENT, SYSTEMS, TEN

TELNYX = SYSTEMS["telnyx"]
KEY = "428c31b6-abf3-3bc1-b7f4-5013ef96000"
BEGAN = TEN + timedelta(microseconds=521992)
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


def after(seconds: int) -> object:
    return TEN + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("name", "key", "direction", "outcome", "number", "at"),
    [
        ("initiated", KEY + "1", IN, Outcome.RINGING, PATIENT, BEGAN),
        ("menu_answered", KEY + "1", IN, Outcome.RINGING, None, BEGAN),
        ("leg_initiated", KEY + "1", OUT, Outcome.RINGING, None, after(3)),
        ("ring_group_timeout", KEY + "1", IN, Outcome.RINGING, None, after(3)),
        ("bridged", KEY + "1", IN, Outcome.ANSWERED, None, BEGAN),
        ("transfer", KEY + "1", IN, Outcome.ANSWERED, None, after(60)),
        ("answered_hangup", KEY + "1", IN, Outcome.MISSED, None, BEGAN),
        ("missed_initiated", KEY + "2", IN, Outcome.RINGING, PATIENT, BEGAN),
        ("missed", KEY + "2", IN, Outcome.MISSED, None, BEGAN),
        ("voicemail", KEY + "2", IN, Outcome.VOICEMAIL, None, after(46)),
        ("abandoned", KEY + "3", IN, Outcome.MISSED, None, BEGAN),
        ("withheld", KEY + "4", IN, Outcome.RINGING, "anonymous", BEGAN),
        ("outbound", KEY + "5", OUT, Outcome.RINGING, None, BEGAN),
        ("unknown_cause", KEY + "6", IN, Outcome.UNKNOWN, None, BEGAN),
    ],
)
def test_it_reads_the_messages(
    name: str, key: str, direction: Direction, outcome: Outcome, number: str | None, at: object
) -> None:
    [event] = TELNYX.read_named(name)
    assert event == CallEvent("telnyx", key, direction, outcome, event.started_at, number, number is not None, None, 0)
    assert event.started_at == at


def test_other_messages_are_no_calls() -> None:
    assert TELNYX.read_named("machine_detection") == []
    assert TELNYX.parse(TELNYX.changed("missed", data__event_type="message.received")) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": None}, "data.event_type"), ({"data": 7}, "data"), ({"data__event_type": 7}, "data.event_type"),
        ({"data__payload": {}}, "data.payload.call_session_id"), ({"data__payload": "x"}, "data.payload"),
        ({"data__occurred_at": "x", "data__payload__start_time": None}, "data.occurred_at"),
        ({"data__payload__direction": "up"}, "data.payload.direction"),
        ({"data__payload__direction": None}, "data.payload.direction"),
        ({"data__payload__from": [PATIENT]}, "data.payload.from"),
        ({"data__payload__start_time": 7}, "data.payload.start_time"),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as caught:
        TELNYX.parse(TELNYX.changed("initiated", **change))
    assert (caught.value.reason, caught.value.field_name) == (RefusalReason.UNREADABLE, field)
    assert caught.value.__context__ is None


def test_the_clinics_own_number_is_no_caller() -> None:
    [event] = TELNYX.parse(TELNYX.changed("initiated", data__payload__from="+442079460018"))
    assert (event.number, event.number_known) == ("", True)


@pytest.mark.parametrize("key", ["", "AAAA", "not base64", base64.b64encode(b"k" * 33).decode(), "\u00e9"])
def test_a_public_key_that_is_none_verifies_nothing(key: str) -> None:
    with pytest.raises(BadSignature):
        telnyx.verify(TELNYX.message(TELNYX.payload("missed")), key, NOW)


def test_the_signature_is_over_the_time_too() -> None:
    message = TELNYX.message(TELNYX.payload("missed"))
    later = dict(message.headers) | {"telnyx-timestamp": str(int(NOW.timestamp()) + 1)}
    with pytest.raises(BadSignature):
        telnyx.verify(replace(message, headers=later), TELNYX.secret, NOW)
