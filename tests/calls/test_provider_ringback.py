"""Our own webhook: the published vector of Standard Webhooks, several signatures, and the object of the API."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from calls import intake
from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, RefusalReason, Refused
from calls.providers import ringback
from calls.signatures import is_fresh, is_signed_by_standard, sign_standard, standard_key
from tests.calls.phone_systems import PATIENT, SYSTEMS, TEN

OURS = SYSTEMS["ringback"]
# From the test suites of the Standard Webhooks libraries.
SECRET, MESSAGE_ID, STAMP = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
BODY, SIGNATURE = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
THEN = datetime.fromtimestamp(int(STAMP), UTC)
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


def vector(signatures: str = SIGNATURE, message_id: str = MESSAGE_ID, stamp: str = STAMP) -> Message:
    headers = {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signatures}
    return Message(BODY, headers, "", "application/json")


def test_the_published_vector_holds() -> None:
    key = standard_key(SECRET)
    assert sign_standard(key, MESSAGE_ID, STAMP, BODY) == SIGNATURE
    assert is_signed_by_standard(key, MESSAGE_ID, STAMP, BODY, SIGNATURE)
    for secret in (SECRET, SECRET.removeprefix("whsec_")):
        assert ringback.verify(vector(), secret, THEN).body == BODY


@pytest.mark.parametrize(
    "signatures",
    [
        f"v1,AAAA {SIGNATURE}", f"{SIGNATURE} v1,AAAA", f"v1a,AAAA {SIGNATURE} v2,BBBB", f"  {SIGNATURE}",
    ],
)  # fmt: skip
def test_one_good_signature_of_several_is_enough(signatures: str) -> None:
    assert ringback.verify(vector(signatures), SECRET, THEN)


@pytest.mark.parametrize(
    "message",
    [
        vector(""), vector(SIGNATURE.removeprefix("v1,")), vector("v2," + SIGNATURE[3:]), vector(SIGNATURE + "x"),
        vector("v1," + SIGNATURE), vector("v1,AAAA " * 10 + SIGNATURE), vector(message_id=""),
        vector(message_id=MESSAGE_ID + "x"), vector(stamp=""), vector(stamp="1614265331"), vector(stamp=STAMP + ".0"),
        vector(stamp="+" + STAMP), vector(stamp="9" * 40), vector(stamp="\u0661" * 10), vector("v1,\u00e9"),
    ],
)  # fmt: skip
def test_it_refuses_everything_else(message: Message) -> None:
    with pytest.raises(BadSignature):
        ringback.verify(message, SECRET, THEN)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", "whsec_\u00e9", "whsec_AAAA", SECRET[:-1]])
def test_a_secret_that_is_none_signs_nothing(secret: str) -> None:
    forged = sign_standard(b"", MESSAGE_ID, STAMP, BODY)
    with pytest.raises(BadSignature):
        ringback.verify(vector(f"{SIGNATURE} {forged}"), secret, THEN)


def test_a_message_without_an_id_is_refused_even_when_it_is_signed() -> None:
    signature = sign_standard(standard_key(SECRET), "", STAMP, BODY)
    with pytest.raises(BadSignature):
        ringback.verify(vector(signature, message_id=""), SECRET, THEN)


def test_the_window_is_five_minutes_on_both_sides() -> None:
    for seconds, holds in ((300, True), (-300, True), (301, False), (-301, False)):
        assert is_fresh(STAMP, THEN + timedelta(seconds=seconds)) is holds


@pytest.mark.parametrize(
    ("name", "direction", "outcome", "number", "ring", "talk", "line"),
    [
        ("answered", IN, Outcome.ANSWERED, PATIENT, 8, 95, "Front desk"),
        ("missed", IN, Outcome.MISSED, PATIENT, 24, 0, "Front desk"),
        ("voicemail", IN, Outcome.VOICEMAIL, PATIENT, 24, 0, "Front desk"),
        ("abandoned", IN, Outcome.MISSED, PATIENT, 3, 0, "Front desk"),
        ("withheld", IN, Outcome.MISSED, "", 24, 0, "Front desk"),
        ("outbound", OUT, Outcome.ANSWERED, "07700 900123", 24, 40, "Front desk"),
        ("minimal", IN, Outcome.MISSED, "anonymous", None, 0, ""),
    ],
)
def test_it_reads_the_messages(
    name: str, direction: Direction, outcome: Outcome, number: str, ring: int | None, talk: int, line: str
) -> None:
    [event] = OURS.read_named(name)
    at = TEN + timedelta(milliseconds=250) if name == "outbound" else TEN
    assert event == CallEvent("ringback", f"visit-{name}", direction, outcome, at, number, True, ring, talk, line)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("external_id", None), ("external_id", ""), ("external_id", "x" * 65), ("external_id", " x"),
        ("external_id", 7), ("external_id", "a\nb"), ("direction", "sideways"), ("direction", None),
        ("outcome", "ringing"), ("outcome", "Answered"), ("outcome", ["missed"]), ("started_at", None),
        ("started_at", "2026-01-05T10:00:00"), ("started_at", "2026-01-05"), ("started_at", "2026-13-05T10:00:00Z"),
        ("started_at", "1026-01-05T10:00:00Z"), ("started_at", "9999-12-31T23:59:59-10:00"), ("started_at", 1767607200),
        ("number", 447700900123), ("number", "x" * 256), ("number", "\x07"), ("number", {"a": PATIENT}),
        ("line", " desk"), ("line", 7), ("ring_seconds", -1), ("ring_seconds", 604_801), ("ring_seconds", True),
        ("ring_seconds", "soon"), ("talk_seconds", 5),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(field: str, value: object) -> None:
    with pytest.raises(Refused) as caught:
        OURS.parse(OURS.changed("missed", **{field: value}))
    assert (caught.value.reason, caught.value.field_name) == (RefusalReason.UNREADABLE, field)
    assert caught.value.__context__ is None  # a context would carry the body along
    assert "77009" not in str(caught.value)


def test_no_number_at_all_is_not_a_withheld_one() -> None:
    call = json.loads(OURS.payload("missed"))
    del call["number"]
    with pytest.raises(Refused, match="number is missing"):
        OURS.parse(json.dumps(call).encode())


def test_fields_that_are_not_read_change_nothing() -> None:
    more = OURS.changed("missed", note={"patient": "A", "deep": [[PATIENT]]}, Number="1")
    assert OURS.parse(more) == OURS.read_named("missed")


def test_its_calls_are_those_of_the_api_and_of_files() -> None:
    assert intake.SHARED_KEYS["ringback"] == intake.SHARED_KEYS["api"] == intake.SHARED_KEYS["csv"]
    assert OURS.provider.MAKES_SECRET
