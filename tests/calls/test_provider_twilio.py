"""What Twilio's messages mean: legs, dials, voicemail, staff calling out; and what is refused."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.domain import CallerKind, CallEvent, Direction, Outcome, RefusalReason, Refused, VerifiedBody
from calls.numbers import read_number
from calls.providers import PROVIDERS, twilio

PAYLOADS = Path(__file__).parents[1] / "payloads" / "twilio"
NOW = datetime(2026, 1, 5, 10, 5, tzinfo=UTC)
TEN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
PARENT, CHILD = "CA" + "a1" * 16, "CA" + "c2" * 16
PATIENT, LINE, DESK = "+447700900123", "+442079460018", "+447700900777"
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


def parse_body(body: bytes) -> CallEvent:
    (event,) = twilio.parse(VerifiedBody(body, "application/x-www-form-urlencoded"), NOW)
    return event


def parse_file(name: str) -> CallEvent:
    return parse_body((PAYLOADS / f"{name}.form").read_bytes())


def parse_form(**fields: str) -> CallEvent:
    form = {"CallSid": PARENT, "CallStatus": "completed", "Direction": "inbound", "From": PATIENT, "To": LINE}
    return parse_body(urlencode(form | fields).encode())


def refusal(body: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        parse_body(body)
    assert caught.value.reason is RefusalReason.UNREADABLE
    assert caught.value.__context__ is None  # a context would carry the body along
    return caught.value


def after(seconds: int) -> datetime:
    return TEN + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("name", "direction", "outcome", "number", "talk", "started_at"),
    [
        ("parent_ringing", IN, Outcome.RINGING, PATIENT, 0, NOW),
        ("parent_completed", IN, Outcome.MISSED, PATIENT, 0, TEN),
        ("dial_no_answer", IN, Outcome.MISSED, PATIENT, 0, NOW),
        ("dial_completed", IN, Outcome.ANSWERED, PATIENT, 31, NOW - timedelta(seconds=31)),
        ("record_left", IN, Outcome.VOICEMAIL, PATIENT, 0, NOW),
        ("child_ringing", IN, Outcome.RINGING, None, 0, after(4)),
        ("child_answered", IN, Outcome.ANSWERED, None, 31, after(10)),
        ("child_no_answer", IN, Outcome.RINGING, None, 0, after(24)),
        ("staff_parent_completed", OUT, Outcome.MISSED, PATIENT, 0, TEN),
        ("staff_child_completed", OUT, Outcome.ANSWERED, PATIENT, 33, after(15)),
        ("api_busy", OUT, Outcome.MISSED, PATIENT, 0, after(9)),
        ("withheld_completed", IN, Outcome.MISSED, "+266696687", 0, TEN),
    ],
)
def test_it_reads_the_messages(
    name: str, direction: Direction, outcome: Outcome, number: str | None, talk: int, started_at: datetime
) -> None:
    assert parse_file(name) == CallEvent(
        "twilio", PARENT, direction, outcome, started_at, number, number is not None, None, talk, "",
        PARENT if number is not None else None,
    )  # fmt: skip


def merge(events: list[CallEvent]) -> tuple[Direction, Outcome, int, str | None]:
    """The rules of `domain`, in their plainest form."""
    direction, number = events[0].direction, None
    for event in events:
        if event.number_known:
            direction, number = event.direction, number or event.number
    return direction, max(e.outcome for e in events), max(e.talk_seconds for e in events), number


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ("parent_ringing", "child_ringing", "child_answered", "parent_completed"),
            (IN, Outcome.ANSWERED, 31, PATIENT),
        ),
        (("parent_ringing", "child_ringing", "child_no_answer", "parent_completed"), (IN, Outcome.MISSED, 0, PATIENT)),
        (("child_no_answer", "dial_no_answer", "record_left", "parent_completed"), (IN, Outcome.VOICEMAIL, 0, PATIENT)),
        (("child_no_answer", "child_answered", "dial_completed"), (IN, Outcome.ANSWERED, 31, PATIENT)),
        (("child_ringing", "staff_parent_completed", "staff_child_completed"), (OUT, Outcome.ANSWERED, 33, PATIENT)),
    ],
)
def test_messages_of_a_call_mean_the_same_in_any_order(
    names: tuple[str, ...], expected: tuple[Direction, Outcome, int, str | None]
) -> None:
    for order in permutations(names):
        assert merge([parse_file(name) for name in order]) == expected


@pytest.mark.parametrize(
    ("status", "parent", "child", "staff_child", "api"),
    [
        ("queued", *[Outcome.RINGING] * 4),
        ("initiated", *[Outcome.RINGING] * 4),
        ("ringing", *[Outcome.RINGING] * 4),
        ("in-progress", Outcome.RINGING, *[Outcome.ANSWERED] * 3),
        ("completed", Outcome.MISSED, *[Outcome.ANSWERED] * 3),
        ("busy", Outcome.MISSED, Outcome.RINGING, Outcome.MISSED, Outcome.MISSED),
        ("no-answer", Outcome.MISSED, Outcome.RINGING, Outcome.MISSED, Outcome.MISSED),
        ("failed", Outcome.MISSED, Outcome.RINGING, Outcome.MISSED, Outcome.MISSED),
        ("canceled", Outcome.MISSED, Outcome.RINGING, Outcome.MISSED, Outcome.MISSED),
        ("transmogrified", *[Outcome.UNKNOWN] * 4),
    ],
)
def test_every_status_of_every_kind_of_leg(
    status: str, parent: Outcome, child: Outcome, staff_child: Outcome, api: Outcome
) -> None:
    leg = {"CallStatus": status, "CallSid": CHILD, "ParentCallSid": PARENT, "Direction": "outbound-dial"}
    assert parse_form(CallStatus=status).outcome is parent
    assert parse_form(**leg).outcome is child
    assert parse_form(**leg, From="client:alice", To=PATIENT).outcome is staff_child
    assert parse_form(CallStatus=status, Direction="outbound-api").outcome is api


@pytest.mark.parametrize(
    ("dial", "outcome"),
    [
        ("completed", Outcome.ANSWERED), ("answered", Outcome.ANSWERED), ("busy", Outcome.MISSED),
        ("no-answer", Outcome.MISSED), ("failed", Outcome.MISSED), ("canceled", Outcome.MISSED),
        ("transmogrified", Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_every_outcome_of_a_dial(dial: str, outcome: Outcome) -> None:
    event = parse_form(DialCallStatus=dial, DialCallDuration="31", CallDuration="50")
    assert (event.outcome, event.talk_seconds) == (outcome, 31 if outcome is Outcome.ANSWERED else 0)
    assert event.started_at == NOW - timedelta(seconds=50)
    left = parse_form(DialCallStatus=dial, RecordingUrl="x").outcome
    assert left is (Outcome.ANSWERED if outcome is Outcome.ANSWERED else Outcome.VOICEMAIL)


def test_picked_up_but_not_connected_is_not_answered() -> None:
    event = parse_form(DialCallStatus="completed", DialBridged="false", DialCallDuration="31")
    assert (event.outcome, event.talk_seconds) == (Outcome.MISSED, 0)


@pytest.mark.parametrize(
    "machine", ["machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax"]
)
def test_a_machine_is_not_a_person(machine: str) -> None:
    leg = {"ParentCallSid": PARENT, "Direction": "outbound-dial", "AnsweredBy": machine, "CallDuration": "20"}
    for fields, outcome in (
        (leg, Outcome.RINGING),
        (leg | {"From": "sip:alice@x.example", "To": PATIENT}, Outcome.MISSED),
        ({"Direction": "outbound-api", "AnsweredBy": machine, "CallDuration": "20"}, Outcome.MISSED),
        ({"DialCallStatus": "completed", "AnsweredBy": machine, "DialCallDuration": "20"}, Outcome.MISSED),
    ):
        event = parse_form(**fields)
        assert (event.outcome, event.talk_seconds) == (outcome, 0)


@pytest.mark.parametrize("person", ["human", "unknown", ""])
def test_all_else_is_one(person: str) -> None:
    event = parse_form(Direction="outbound-api", AnsweredBy=person, CallDuration="20")
    assert (event.outcome, event.talk_seconds) == (Outcome.ANSWERED, 20)


@pytest.mark.parametrize("staff", ["client:alice", "CLIENT:alice", "sip:alice@x.example", "sips:101@x.example"])
def test_staff_who_dial_call_out(staff: str) -> None:
    event = parse_form(From=staff, To=PATIENT, DialCallStatus="completed", DialCallDuration="5", RecordingUrl="x")
    assert (event.direction, event.number, event.outcome) == (OUT, PATIENT, Outcome.ANSWERED)
    assert parse_form(From=staff, To=PATIENT, RecordingUrl="x").outcome is Outcome.MISSED


@pytest.mark.parametrize(
    "caller", ["sip:+447700900123@10.0.0.1", "sip:%2B447700900123@10.0.0.1", PATIENT, "anonymous", ""]
)
def test_a_number_that_comes_by_sip_calls_in(caller: str) -> None:
    event = parse_form(From=caller)
    assert (event.direction, event.number) == (IN, caller)


@pytest.mark.parametrize("fields", [{"From": LINE}, {"From": DESK, "ForwardedFrom": DESK}])
def test_the_clinics_own_number_is_no_caller(fields: dict[str, str]) -> None:
    event = parse_form(**fields)
    assert event.number_known
    assert read_number(event.number, "GB").kind is CallerKind.WITHHELD


def test_the_line_stays_unnamed_for_twilio_only_knows_its_number() -> None:
    assert parse_form(CalledCity="London", CallerName="A PATIENT").line == ""


def test_times_are_those_of_the_message() -> None:
    assert parse_form(CallStatus="ringing").started_at == NOW
    assert parse_form(Timestamp="Mon, 05 Jan 2026 10:00:00 -0000").started_at == TEN
    assert parse_form(Timestamp="Mon, 05 Jan 2026 12:00:00 +0200").started_at == TEN
    assert parse_form(Timestamp="Mon, 05 Jan 2026 12:00:00 +0200").started_at.tzinfo is UTC
    ringing = parse_form(CallStatus="ringing", CallDuration="30", Timestamp="Mon, 05 Jan 2026 10:00:00 +0000")
    assert ringing.started_at == TEN


GOOD = {"CallSid": PARENT, "CallStatus": "completed", "Direction": "inbound", "From": PATIENT, "To": LINE}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"CallSid": ""}, "CallSid"), ({"CallSid": "CA1"}, "CallSid"), ({"CallSid": "XX" + "a" * 32}, "CallSid"),
        ({"CallSid": PARENT + "0"}, "CallSid"), ({"CallSid": PARENT + "\n"}, "CallSid"),
        ({"CallSid": "CA" + "g" * 32}, "CallSid"),
        ({"ParentCallSid": PATIENT}, "ParentCallSid"), ({"Direction": "outbound-dial"}, "ParentCallSid"),
        ({"CallStatus": ""}, "CallStatus"), ({"Direction": ""}, "Direction"), ({"Direction": "sideways"}, "Direction"),
        ({"CallDuration": "-1"}, "CallDuration"), ({"CallDuration": "1.5"}, "CallDuration"),
        ({"CallDuration": "x"}, "CallDuration"),
        ({"CallDuration": "604801"}, "CallDuration"), ({"CallDuration": "9" * 5000}, "CallDuration"),
        ({"CallDuration": "\u0661"}, "CallDuration"), ({"CallDuration": " 1"}, "CallDuration"),
        ({"DialCallStatus": "completed", "DialCallDuration": PATIENT}, "DialCallDuration"),
        ({"Timestamp": "yesterday"}, "Timestamp"), ({"Timestamp": "Mon, 05 Jan 1026 10:00:00 +0000"}, "Timestamp"),
        ({"Timestamp": "Mon, 05 Jan 9999 23:00:00 -2300"}, "Timestamp"),
        ({"Timestamp": "Mon, 32 Jan 2026 10:00:00 +0000"}, "Timestamp"),
        ({"Timestamp": PATIENT}, "Timestamp"), ({"From": PATIENT + "\x00"}, "From"), ({"To": "a\nb"}, "To"),
        ({"CallSid": "CA\u0661"}, "CallSid"),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(fields: dict[str, str], name: str) -> None:
    refused = refusal(urlencode(GOOD | fields).encode())
    assert refused.field_name == name
    assert refused.detail.startswith(name + " ")
    assert "77009" not in str(refused)


@pytest.mark.parametrize("name", ["CallSid", "From", "CallStatus", "Timestamp"])
def test_it_refuses_a_field_that_stands_twice(name: str) -> None:
    assert refusal(urlencode([*GOOD.items(), (name, "x"), (name, "x")]).encode()).field_name == name


def test_it_refuses_octets_that_are_not_text() -> None:
    body = urlencode(GOOD | {"From": ""}).encode()
    for octets in (b"%FF%FE", b"\xff\xfe", b"%ED%A0%80", b"%00"):
        assert refusal(body.replace(b"From=", b"From=" + octets)).field_name == "From"
        assert parse_body(body + b"&CallerName=" + octets + b"&" + octets + b"=1").number == ""


def test_it_refuses_a_form_that_is_too_large() -> None:
    body = urlencode(GOOD).encode()
    assert parse_body(body + b"&x=1" * (200 - len(GOOD))).outcome is Outcome.MISSED
    assert refusal(body + b"&x=1" * (201 - len(GOOD))).field_name is None
    assert "200" in refusal(b"&" * 60_000).detail


def test_fields_that_are_not_read_change_nothing() -> None:
    body = (PAYLOADS / "parent_completed.form").read_bytes()
    kept = [(name, value) for name, value in parse_qsl(body.decode()) if name in twilio._FIELDS]
    more = urlencode([*kept, ("Notes", "x"), ("Notes", "y"), ("SpeechResult", PATIENT), ("FromCity", "\x00")])
    assert parse_body(more.encode()) == parse_body(body)


FIELD = st.sampled_from([*twilio._FIELDS, "Extra"])
VALUE = st.one_of(
    st.text(max_size=12),
    st.sampled_from([PARENT, CHILD, PATIENT, "completed", "inbound", "outbound-api", "client:a", "7", "machine_start"]),
)


@given(st.dictionaries(FIELD, VALUE), st.binary(max_size=20))
def test_it_raises_nothing_but_refusals(fields: dict[str, str], junk: bytes) -> None:
    for body in (urlencode(GOOD | fields).encode("utf-8", "replace"), urlencode(fields).encode() + junk, junk):
        try:
            event = parse_body(body)
        except Refused as refused:
            assert refused.reason is RefusalReason.UNREADABLE
            assert not any(len(value) >= 5 and value in str(refused) and value.isdigit() for value in fields.values())
        else:
            assert event.started_at.tzinfo is not None
            assert event.talk_seconds >= 0
            assert event.line == ""


def test_the_registry_knows_it() -> None:
    provider = PROVIDERS["twilio"]
    assert (provider.NAME, provider.TITLE, provider.MAKES_SECRET) == ("twilio", "Twilio", False)
    assert provider.CONTENT_TYPES == ("application/x-www-form-urlencoded",)
    assert all(name == each.NAME for name, each in PROVIDERS.items())
