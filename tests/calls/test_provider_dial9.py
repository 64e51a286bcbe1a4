"""What Dial 9's messages mean: two events and an end, numbers in the national form, the token in the body."""

from datetime import timedelta

import pytest

from calls.domain import BadSignature, CallEvent, Direction, Outcome, RefusalReason, Refused
from calls.providers import dial9
from tests.calls.phone_systems import NOW, SYSTEMS, TEN

DIAL9 = SYSTEMS["dial9"]
KEY = "2f533604-aaaf-11e7-b600-7ac8e42434d"
CALLER = "07700900123"
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


@pytest.mark.parametrize(
    ("name", "key", "direction", "outcome", "number", "talk"),
    [
        ("incoming", KEY + "2", IN, Outcome.RINGING, CALLER, 0),
        ("answered", KEY + "2", IN, Outcome.ANSWERED, CALLER, 95),
        ("answered_without_numbers", KEY + "2", IN, Outcome.ANSWERED, None, 95),
        ("missed_incoming", KEY + "3", IN, Outcome.RINGING, CALLER, 0),
        ("missed", KEY + "3", IN, Outcome.MISSED, CALLER, 0),
        ("voicemail", KEY + "3", IN, Outcome.VOICEMAIL, CALLER, 0),
        ("abandoned", KEY + "4", IN, Outcome.MISSED, CALLER, 0),
        ("ring_group", KEY + "6", IN, Outcome.ANSWERED, CALLER, 30),
        ("withheld", KEY + "7", IN, Outcome.MISSED, "", 0),
        ("outbound_begun", KEY + "8", OUT, Outcome.RINGING, CALLER, 0),
        ("outbound", KEY + "8", OUT, Outcome.ANSWERED, CALLER, 60),
        ("unknown_status", KEY + "9", IN, Outcome.UNKNOWN, CALLER, 0),
    ],
)
def test_it_reads_the_messages(
    name: str, key: str, direction: Direction, outcome: Outcome, number: str | None, talk: int
) -> None:
    expected = CallEvent("dial9", key, direction, outcome, TEN, number, number is not None, None, talk)
    assert DIAL9.read_named(name) == [expected]


def test_other_messages_are_no_calls() -> None:
    assert DIAL9.read_named("other_event") == []


@pytest.mark.parametrize("machine", ["voicemail", "ivr", "announcement", "menu"])
def test_a_machine_is_not_a_person(machine: str) -> None:
    [event] = DIAL9.parse(DIAL9.changed("answered", payload__destination={"type": machine}))
    assert event.outcome in (Outcome.VOICEMAIL, Outcome.MISSED)
    assert event.talk_seconds == 0


def test_without_a_time_the_message_has_to_do() -> None:
    [event] = DIAL9.parse(DIAL9.changed("missed", timestamp=None))
    assert event.started_at == NOW - timedelta(seconds=24)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"payload": None}, "payload.event"), ({"payload": []}, "payload"), ({"timestamp": "x"}, "timestamp"),
        ({"timestamp": 1767607200000}, "timestamp"), ({"payload__call_id": None}, "payload.call_id"),
        ({"payload__call_type": "internal"}, "payload.call_type"), ({"payload__call_status": 7}, "payload.call_status"),
        ({"payload__call_duration": -1}, "payload.call_duration"),
        ({"payload__caller_number": [CALLER]}, "payload.caller_number"),
        ({"payload__destination": 7, "payload__call_status": "answered"}, "payload.destination"),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as caught:
        DIAL9.parse(DIAL9.changed("missed", **change))
    assert (caught.value.reason, caught.value.field_name) == (RefusalReason.UNREADABLE, field)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("body", [b"", b"{}", b"7", b'{"auth_token": null}', b'{"auth_token": {}}', b"auth_token=x"])
def test_a_body_without_the_token_is_not_dial_9s(body: bytes) -> None:
    for secret in (DIAL9.secret, ""):
        with pytest.raises(BadSignature):
            dial9.verify(DIAL9.message(body), secret, NOW)
