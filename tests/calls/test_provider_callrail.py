"""What CallRail's messages mean, which carry no name; and signatures by the wrong recipes that are about."""

import base64
import hmac

import pytest

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, RefusalReason, Refused
from calls.providers import callrail
from tests.calls.phone_systems import NOW, SYSTEMS, TEN

CALLRAIL = SYSTEMS["callrail"]
KEY = "CAL018e6a0000000000000000000000000"
CALLER = "+12025550123"
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


@pytest.mark.parametrize(
    ("name", "key", "direction", "outcome", "number", "talk"),
    [
        ("pre_call", KEY + "1", IN, Outcome.RINGING, CALLER, 0),
        ("answered", KEY + "1", IN, Outcome.ANSWERED, CALLER, 95),
        ("answered_modified", KEY + "1", IN, Outcome.ANSWERED, CALLER, 95),
        ("missed", KEY + "2", IN, Outcome.MISSED, CALLER, 0),
        ("abandoned", KEY + "3", IN, Outcome.MISSED, CALLER, 0),
        ("voicemail", KEY + "4", IN, Outcome.VOICEMAIL, CALLER, 0),
        ("withheld", KEY + "5", IN, Outcome.MISSED, "Anonymous", 0),
        ("outbound", KEY + "6", OUT, Outcome.ANSWERED, CALLER, 60),
        ("outbound_missed", KEY + "7", OUT, Outcome.MISSED, CALLER, 0),
        ("forwarded_own_number", KEY + "8", IN, Outcome.MISSED, "", 0),
    ],
)
def test_it_reads_the_messages(
    name: str, key: str, direction: Direction, outcome: Outcome, number: str, talk: int
) -> None:
    expected = CallEvent("callrail", key, direction, outcome, TEN, number, True, None, talk)
    assert CALLRAIL.read_named(name) == [expected]


def test_texts_are_no_calls() -> None:
    assert CALLRAIL.read_named("text_received") == []


def test_a_voicemail_that_staff_reach_is_a_call_not_answered() -> None:
    [event] = CALLRAIL.parse(CALLRAIL.changed("outbound", voicemail=True))
    assert (event.outcome, event.talk_seconds) == (Outcome.MISSED, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"resource_id": None}, "resource_id"), ({"resource_id": 7.5}, "resource_id"),
        ({"direction": "x"}, "direction"),
        ({"start_time": None}, "start_time"), ({"start_time": "2026-01-05 05:00"}, "start_time"),
        ({"answered": "yes"}, "answered"), ({"voicemail": 1}, "voicemail"), ({"duration": -1}, "duration"),
        ({"duration": 604_801}, "duration"), ({"customer_phone_number": 5.5}, "customer_phone_number"),
        ({"customer_phone_number": ["x"]}, "customer_phone_number"),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as caught:
        CALLRAIL.parse(CALLRAIL.changed("missed", **change))
    assert (caught.value.reason, caught.value.field_name) == (RefusalReason.UNREADABLE, field)
    assert caught.value.__context__ is None


def test_only_the_documented_recipe_passes() -> None:
    body, key = CALLRAIL.payload("missed"), CALLRAIL.secret.encode()
    good = base64.b64encode(hmac.new(key, body, "sha1").digest()).decode()
    assert callrail.verify(Message(body, {"signature": good}, "", "application/json"), CALLRAIL.secret, NOW)
    for name, signature in (
        ("x-callrail-signature", good),
        ("signature", hmac.new(key, body, "sha1").hexdigest()),
        ("signature", base64.b64encode(hmac.new(key, body, "sha256").digest()).decode()),
        ("signature", "sha1=" + good),
    ):
        with pytest.raises(BadSignature):
            callrail.verify(Message(body, {name: signature}, "", "application/json"), CALLRAIL.secret, NOW)
