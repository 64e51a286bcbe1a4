"""Events hold numbers and do not let go of them by accident."""

import copy
import dataclasses
import json
import logging
import pickle
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from calls.domain import AppointmentEvent, CallEvent, Direction, Message, Outcome, RefusalReason, Refused, VerifiedBody

AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
SECRET = "+447700900123"
EVENT = CallEvent("csv", f"key-{SECRET}", Direction.INBOUND, Outcome.MISSED, AT, SECRET, line="Front desk")
APPOINTMENT = AppointmentEvent(f"key-{SECRET}", AT, (SECRET, SECRET), "checkup", Decimal(60), "booked")
HOLDERS = [
    EVENT,
    APPOINTMENT,
    VerifiedBody(SECRET.encode(), "text/plain"),
    Message(SECRET.encode(), {"x": SECRET}, SECRET, "text/plain"),
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_it_does_not_show_what_it_holds(holder: object, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").error("%s %r", holder, [holder])
    for text in (repr(holder), str(holder), f"{holder}", f"{[holder]}", caplog.text):
        assert "7700" not in text


def test_it_shows_what_is_of_use() -> None:
    assert "Front desk" in repr(EVENT)
    assert "MISSED" in repr(EVENT)
    assert "checkup" in repr(APPOINTMENT)


@pytest.mark.parametrize("event", [EVENT, APPOINTMENT], ids=["call", "appointment"])
def test_it_does_not_leave_the_process(event: object) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="stays in this process"):
            pickle.dumps(event, protocol)
    with pytest.raises(TypeError, match="stays in this process"):
        copy.deepcopy([event])
    with pytest.raises(TypeError):
        json.dumps(event)
    with pytest.raises(TypeError):
        json.dumps([event])
    with pytest.raises(TypeError):
        vars(event)


def test_a_call_event_is_no_dataclass() -> None:
    assert not dataclasses.is_dataclass(EVENT)
    with pytest.raises(TypeError):
        hash(EVENT)


def test_events_are_equal_by_what_they_say() -> None:
    same = CallEvent("csv", f"key-{SECRET}", Direction.INBOUND, Outcome.MISSED, AT, SECRET, line="Front desk")
    assert same == EVENT
    assert CallEvent("csv", f"key-{SECRET}", Direction.INBOUND, Outcome.MISSED, AT, SECRET) != EVENT
    assert EVENT != SECRET


def test_a_refusal_says_reason_and_detail() -> None:
    refused = Refused(RefusalReason.TOO_OLD, "started_at is too old", "started_at")
    assert (str(refused), refused.field_name) == ("too_old: started_at is too old", "started_at")
