"""What RingCentral's messages mean, party by party; and the question that it asks first."""

from datetime import timedelta

import pytest

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, RefusalReason, Refused
from calls.providers import ringcentral
from tests.calls.phone_systems import NOW, SYSTEMS, TEN

RINGCENTRAL = SYSTEMS["ringcentral"]
CALLER = "+12025550123"
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


@pytest.mark.parametrize(
    ("name", "key", "direction", "outcome", "number"),
    [
        ("setup", "s-1111", IN, Outcome.RINGING, CALLER),
        ("menu_answered", "s-1111", IN, Outcome.RINGING, CALLER),
        ("ring_group_first", "s-1111", IN, Outcome.RINGING, CALLER),
        ("ring_group_missed", "s-1111", IN, Outcome.MISSED, CALLER),
        ("answered", "s-1111", IN, Outcome.ANSWERED, CALLER),
        ("hold", "s-1111", IN, Outcome.ANSWERED, CALLER),
        ("transfer", "s-1111", IN, Outcome.RINGING, CALLER),
        ("caller_disconnected", "s-1111", IN, Outcome.MISSED, CALLER),
        ("missed", "s-aaaa", IN, Outcome.MISSED, CALLER),
        ("abandoned", "s-aaaa", IN, Outcome.MISSED, CALLER),
        ("voicemail", "s-aaaa", IN, Outcome.VOICEMAIL, CALLER),
        ("voicemail_screening", "s-aaaa", IN, Outcome.RINGING, CALLER),
        ("withheld", "s-bbbb", IN, Outcome.MISSED, ""),
        ("outbound_proceeding", "s-cccc", OUT, Outcome.RINGING, CALLER),
        ("outbound", "s-cccc", OUT, Outcome.ANSWERED, CALLER),
        ("outbound_disconnected", "s-cccc", OUT, Outcome.MISSED, CALLER),
        ("internal", "s-eeee", IN, Outcome.ANSWERED, "103"),
        ("unknown_code", "s-ffff", IN, Outcome.UNKNOWN, CALLER),
    ],
)
def test_it_reads_the_messages(name: str, key: str, direction: Direction, outcome: Outcome, number: str) -> None:
    [event] = RINGCENTRAL.read_named(name)
    key_of_call = event.call_key
    expected = CallEvent(
        "ringcentral", key_of_call, direction, outcome, event.started_at, number, provider_call_id=key_of_call
    )
    assert event == expected
    assert event.call_key.startswith(key)
    assert TEN <= event.started_at < NOW


def test_each_party_speaks_for_itself() -> None:
    events = RINGCENTRAL.read_named("two_parties")
    assert [event.outcome for event in events] == [Outcome.RINGING, Outcome.ANSWERED]
    assert {(event.direction, event.number) for event in events} == {(IN, CALLER)}


@pytest.mark.parametrize("name", ["fax", "renewal"])
def test_other_messages_are_no_calls(name: str) -> None:
    assert RINGCENTRAL.read_named(name) == []


@pytest.mark.parametrize("code", ["Setup", "Proceeding", "Answered", "Hold", "Parked", "Gone", "VoiceMail"])
def test_a_caller_who_is_put_through_to_something_is_not_answered_yet(code: str) -> None:
    [event] = RINGCENTRAL.parse(RINGCENTRAL.changed("setup", body__parties__0__status={"code": code}))
    assert event.outcome is Outcome.RINGING


@pytest.mark.parametrize("reason", ["AgentAnswered", "Pickup", "BlindTransfer", "CallRedirected", "CallFlip"])
def test_a_party_that_left_while_the_call_went_on_did_not_miss_it(reason: str) -> None:
    status = {"code": "Disconnected", "reason": reason}
    for name in ("missed", "abandoned", "outbound_disconnected"):
        [event] = RINGCENTRAL.parse(RINGCENTRAL.changed(name, body__parties__0__status=status))
        assert event.outcome is Outcome.RINGING


def test_the_clinics_own_number_is_no_caller() -> None:
    own = {"phoneNumber": "+12025550100"}
    [event] = RINGCENTRAL.parse(RINGCENTRAL.changed("missed", body__parties__0__from=own))
    assert (event.number, event.number_known) == ("", True)


def test_a_colleague_whose_rules_began_to_run_has_not_answered() -> None:
    to = {"phoneNumber": "102", "extensionId": "400144455009"}
    [event] = RINGCENTRAL.parse(RINGCENTRAL.changed("outbound", body__parties__0__to=to))
    assert (event.direction, event.outcome, event.number) == (OUT, Outcome.RINGING, "102")


def test_the_patients_own_party_of_a_call_out_says_the_same() -> None:
    changes: dict[str, object] = {"body__parties__0__direction": "Inbound", "body__parties__0__extensionId": None}
    [event] = RINGCENTRAL.parse(RINGCENTRAL.changed("outbound", **changes))
    assert (event.direction, event.outcome, event.number) == (OUT, Outcome.ANSWERED, CALLER)


def test_without_a_time_the_message_has_to_do() -> None:
    [event] = RINGCENTRAL.parse(RINGCENTRAL.changed("missed", body__eventTime=None))
    assert event.started_at == NOW == TEN + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": None}, "event"), ({"body": None}, "body.telephonySessionId"), ({"body": []}, "body"),
        ({"body__telephonySessionId": ""}, "body.telephonySessionId"), ({"body__eventTime": "now"}, "body.eventTime"),
        ({"body__parties": None}, "body.parties"), ({"body__parties": [7]}, "body.parties"),
        ({"body__parties": [{}] * 101}, "body.parties"), ({"body__parties": [{}]}, "body.parties[].status.code"),
        ({"body__parties__0__direction": "Up"}, "body.parties[].direction"),
        ({"body__parties__0__from": "x"}, "body.parties[].from"),
        ({"body__parties__0__from": {"phoneNumber": [CALLER]}}, "body.parties[].from.phoneNumber"),
        ({"body__parties__0__missedCall": "no"}, "body.parties[].missedCall"),
        ({"body__parties__0__status": {"code": 7}}, "body.parties[].status.code"),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as caught:
        RINGCENTRAL.parse(RINGCENTRAL.changed("missed", **change))
    assert (caught.value.reason, caught.value.field_name) == (RefusalReason.UNREADABLE, field)
    assert caught.value.__context__ is None


def ask(**headers: str) -> Message:
    return Message(b"", {name.replace("_", "-"): value for name, value in headers.items()}, "", "")


def test_the_question_gets_its_token_back() -> None:
    answer = ringcentral.answer_challenge(ask(validation_token="91ff9b86-2c3e"), RINGCENTRAL.secret, NOW)
    assert answer is not None
    assert (answer.headers, answer.body) == ({"Validation-Token": "91ff9b86-2c3e"}, {})


def test_a_message_is_no_question() -> None:
    for message in (ask(), ask(verification_token="x"), ask(verification_token="x", validation_token="y")):
        assert ringcentral.answer_challenge(message, RINGCENTRAL.secret, NOW) is None


@pytest.mark.parametrize("token", ["x" * 513, "a\r\nSet-Cookie: b", "\u00e9", "a\x00"])
def test_a_token_that_could_do_harm_does_not_come_back(token: str) -> None:
    with pytest.raises(BadSignature):
        ringcentral.answer_challenge(ask(validation_token=token), RINGCENTRAL.secret, NOW)
