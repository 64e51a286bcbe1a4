"""What Aircall's messages mean: the whole call each time, taken by a person or not; tags and numbers are no calls."""

from datetime import timedelta

import pytest

from calls.domain import BadSignature, CallEvent, Direction, Outcome, RefusalReason, Refused
from calls.providers import aircall
from tests.calls.phone_systems import NOW, PATIENT, SYSTEMS, TEN

AIRCALL = SYSTEMS["aircall"]
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
SPELT = "+44 7700 900123"


@pytest.mark.parametrize(
    ("name", "key", "direction", "outcome", "number", "ring", "talk", "line"),
    [
        ("created", "812", IN, Outcome.RINGING, SPELT, None, 0, "Front desk"),
        ("ring_group_first", "812", IN, Outcome.RINGING, SPELT, None, 0, "Front desk"),
        ("ring_group_declined", "812", IN, Outcome.RINGING, SPELT, None, 0, "Front desk"),
        ("ring_group_second", "812", IN, Outcome.RINGING, SPELT, None, 0, "Front desk"),
        ("answered", "812", IN, Outcome.ANSWERED, SPELT, 9, 0, "Front desk"),
        ("transfer", "812", IN, Outcome.ANSWERED, SPELT, 9, 0, "Front desk"),
        ("answered_ended", "812", IN, Outcome.ANSWERED, SPELT, 9, 95, "Front desk"),
        ("missed_hungup", "813", IN, Outcome.MISSED, SPELT, None, 0, "Front desk"),
        ("missed", "813", IN, Outcome.MISSED, SPELT, None, 0, "Front desk"),
        ("voicemail", "813", IN, Outcome.VOICEMAIL, SPELT, None, 0, "Front desk"),
        ("abandoned", "815", IN, Outcome.MISSED, SPELT, None, 0, "Front desk"),
        ("withheld", "816", IN, Outcome.MISSED, "anonymous", None, 0, "Front desk"),
        ("outbound", "817", OUT, Outcome.ANSWERED, SPELT, 7, 60, "Front desk"),
        ("outbound_missed", "818", OUT, Outcome.MISSED, SPELT, None, 0, "Front desk"),
        ("line_is_number", "819", IN, Outcome.MISSED, SPELT, None, 0, ""),
    ],
)
def test_it_reads_the_messages(
    name: str, key: str, direction: Direction, outcome: Outcome, number: str, ring: int | None, talk: int, line: str
) -> None:
    expected = CallEvent("aircall", key, direction, outcome, TEN, number, True, ring, talk, line, key)
    assert AIRCALL.read_named(name) == [expected]


@pytest.mark.parametrize("name", ["tagged", "number_opened"])
def test_other_messages_are_no_calls(name: str) -> None:
    assert AIRCALL.read_named(name) == []


def test_the_clinics_own_number_is_no_caller() -> None:
    [event] = AIRCALL.parse(AIRCALL.changed("missed", data__raw_digits="+44 20 7946 0018"))
    assert (event.number, event.number_known) == ("", True)


def test_a_status_that_is_not_known_is_not_guessed() -> None:
    [event] = AIRCALL.parse(AIRCALL.changed("missed", data__status="teleported"))
    assert event.outcome is Outcome.UNKNOWN


def test_a_voicemail_that_staff_leave_is_a_call_not_answered() -> None:
    [event] = AIRCALL.parse(AIRCALL.changed("outbound_missed", data__voicemail="https://x.example/1"))
    assert event.outcome is Outcome.MISSED


def test_without_a_start_the_message_has_to_do() -> None:
    [event] = AIRCALL.parse(AIRCALL.changed("missed", data__started_at=None))
    assert event.started_at == TEN + timedelta(minutes=5) == NOW


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": None}, "event"), ({"event": 7}, "event"), ({"data": []}, "data"), ({"data": {}}, "data.id"),
        ({"data__id": None}, "data.id"), ({"data__id": {"a": 1}}, "data.id"), ({"data__id": PATIENT + " "}, "data.id"),
        ({"data__direction": "up"}, "data.direction"), ({"data__status": None}, "data.status"),
        ({"data__started_at": "yesterday"}, "data.started_at"), ({"data__started_at": 1}, "data.started_at"),
        ({"data__ended_at": 1e23}, "data.ended_at"), ({"data__answered_at": True}, "data.answered_at"),
        ({"data__raw_digits": "\x00"}, None), ({"data__raw_digits": "x" * 256}, "data.raw_digits"),
        ({"data__number": "main"}, "data.number"), ({"data__number": {"name": 5}}, "data.number.name"),
    ],
)  # fmt: skip
def test_it_refuses_a_field_by_its_name(change: dict[str, object], field: str | None) -> None:
    with pytest.raises(Refused) as caught:
        AIRCALL.parse(AIRCALL.changed("missed", **change))
    assert (caught.value.reason, caught.value.field_name) == (RefusalReason.UNREADABLE, field)
    assert caught.value.__context__ is None
    assert "77009" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"token": null}', b'{"token": ["45aa67bb89cc"]}'])
def test_a_body_without_the_token_is_not_aircalls(body: bytes) -> None:
    for secret in (AIRCALL.secret, ""):
        with pytest.raises(BadSignature):
            aircall.verify(AIRCALL.message(body), secret, NOW)


def test_a_token_that_stands_twice_is_none() -> None:
    body = AIRCALL.payload("missed").replace(b'"resource"', b'"token": "45aa67bb89cc", "resource"', 1)
    with pytest.raises(BadSignature):
        aircall.verify(AIRCALL.message(body), AIRCALL.secret, NOW)
