"""Calendly's messages: signed or refused, and a booking that is moved is one, in whatever order they come."""

import itertools
import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution import services
from attribution.bookings import calendly
from attribution.models import Appointment, AppointmentCaller, BookingLink, BookingSystem
from attribution.selectors import find_hook
from calls.domain import BadSignature, Message, Refused, VerifiedBody
from tenants.scope import as_clinic
from tests.attribution.booking_systems import (
    add_system,
    calendly_body,
    invitee,
    row_of,
    sign_calendly,
    statuses,
    stored,
)
from tests.attribution.clinics import NOW, Desk, make_desk

pytestmark = pytest.mark.django_db
KEY = "made-up-signing-key"


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


class Calendly:
    """A system of the desk that sends messages."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.made = add_system(desk, "calendly")

    def tell(self, body: bytes) -> list[services.AppointmentReceipt]:
        hook = find_hook(self.made.token)
        assert hook is not None
        return services.receive_booking(hook=hook, message=self.message(body), now=NOW)

    def message(self, body: bytes, at: datetime = NOW) -> Message:
        return Message(
            body, sign_calendly(body, self.made.secret, at), "https://x/hooks/calendly/t", "application/json"
        )


@pytest.fixture
def system(desk: Desk) -> Calendly:
    return Calendly(desk)


def verify(body: bytes, headers: dict[str, str], secret: str = KEY) -> bytes:
    return calendly.verify(Message(body, headers, "https://x", "application/json"), secret, NOW).body


def test_a_signature_holds_for_three_minutes_and_for_these_bytes() -> None:
    body = calendly_body("created")
    assert verify(body, sign_calendly(body, KEY)) == body
    for at in (NOW - timedelta(seconds=180), NOW + timedelta(seconds=180)):
        assert verify(body, sign_calendly(body, KEY, at)) == body
    wrong: list[tuple[bytes, dict[str, str], str]] = [
        (body, sign_calendly(body, KEY, NOW - timedelta(seconds=181)), KEY),
        (body, sign_calendly(body, KEY, NOW + timedelta(seconds=181)), KEY),
        (body + b" ", sign_calendly(body, KEY), KEY),
        (body, sign_calendly(body, "another"), KEY),
        (body, sign_calendly(body, ""), ""),
        (body, {}, KEY),
        (body, {"calendly-webhook-signature": "t=1,v1="}, KEY),
        (body, {"calendly-webhook-signature": "v1=ü,t=ü"}, KEY),
        (body, {"calendly-webhook-signature": sign_calendly(body, KEY)["calendly-webhook-signature"].upper()}, KEY),
    ]
    for text, headers, secret in wrong:
        with pytest.raises(BadSignature):
            verify(text, headers, secret)


def test_a_booking_is_stored_with_its_numbers_and_nothing_else(desk: Desk, system: Calendly) -> None:
    system.tell(calendly_body("created"))
    [(key, row)] = stored(desk).items()
    assert (key, row.status, row.type, row.value, len(row.callers)) == ("calendly:INVITEEA", "booked", "other", None, 2)
    assert row.booked_at.isoformat() == "2026-11-20T10:00:00+00:00"
    system_row = row_of(desk, system.made)
    assert (system_row.last_new, system_row.last_read_at) == (1, NOW)


def test_numbers_are_answers_that_are_numbers_reminders_and_where_to_ring() -> None:
    def read(**fields: Any) -> tuple[str, ...]:
        [booking] = calendly.parse(VerifiedBody(calendly_body("created", **fields), "application/json"))
        return booking.numbers

    answers = [{"question": "?", "answer": text, "position": 0} for text in ("07700 900123", "Ring 07700 900123", "12")]
    ringing = {"location": {"type": "outbound_call", "location": "+1 202-555-0100"}}
    assert read(text_reminder_number=None, questions_and_answers=answers) == ("07700 900123",)
    assert read(text_reminder_number=None, questions_and_answers=[], scheduled_event=ringing) == ("+1 202-555-0100",)
    assert read(text_reminder_number=None, questions_and_answers=None, scheduled_event={}) == ()
    assert read(text_reminder_number="+44 7700 900123", questions_and_answers=[{"answer": None}]) == (
        "+44 7700 900123",
    )


def test_a_type_and_a_price_are_taken_where_they_fit(desk: Desk, system: Calendly) -> None:
    desk.estimate("NPE", "New patient examination", 90)
    paid = {"amount": 45.5, "currency": "GBP", "external_id": "ch_1", "provider": "stripe", "successful": True}
    system.tell(calendly_body("created", "A", payment=paid))
    system.tell(calendly_body("created", "B", payment={**paid, "currency": "USD"}))
    system.tell(calendly_body("created", "C", payment={**paid, "amount": "a lot"}))
    rows = stored(desk)
    assert {row.type for row in rows.values()} == {"NPE"}
    values = [rows[f"calendly:INVITEE{letter}"].value for letter in "ABC"]
    assert values == [Decimal("45.50"), None, None]


def test_who_did_not_show_up_had_not_cancelled(desk: Desk, system: Calendly) -> None:
    system.tell(calendly_body("created"))
    assert system.tell(calendly_body("no_show")) == []
    assert statuses(desk) == {"calendly:INVITEEA": "booked"}


def moved(from_: str, to: str, *, at: int, earlier: str = "") -> list[bytes]:
    """The two messages by which Calendly tells of a booking that was moved; `at` is the new one's hour."""
    old = invitee(earlier) if earlier else None
    gone = calendly_body("canceled", from_, rescheduled=True, new_invitee=invitee(to), old_invitee=old,
                         created_at=f"2026-11-20T{at - 1:02}:00:00Z")  # fmt: skip
    new = calendly_body("created", to, old_invitee=invitee(from_), created_at=f"2026-11-20T{at:02}:00:00Z")
    return [gone, new]


CREATED = calendly_body("created", "A", created_at="2026-11-20T10:00:00Z")
MOVED_ONCE = [CREATED, *moved("A", "B", at=11)]
MOVED_TWICE = [*MOVED_ONCE, *moved("B", "C", at=12, earlier="A")]


def cancel(letter: str, earlier: str, at: int) -> bytes:
    return calendly_body("canceled", letter, old_invitee=invitee(earlier), created_at=f"2026-11-20T{at}:00:00Z")


def final_state(desk: Desk) -> list[tuple[str, str]]:
    """(key, when it was booked) of what counts."""
    return [(key, f"{row.booked_at:%H}") for key, row in stored(desk).items() if row.status == "booked"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_a_booking_that_is_moved_is_one_in_every_order(desk: Desk, system: Calendly, order: tuple[int, ...]) -> None:
    for number in order:
        system.tell(MOVED_ONCE[number])
    assert final_state(desk) == [("calendly:INVITEEA", "10")]
    for number in order:  # at least once means also twice
        system.tell(MOVED_ONCE[number])
    assert final_state(desk) == [("calendly:INVITEEA", "10")]
    system.tell(cancel("B", "A", 11))
    assert final_state(desk) == []


@pytest.mark.parametrize("first", range(6))
def test_one_that_is_moved_twice_and_cancelled_is_none_in_every_order(desk: Desk, first: int) -> None:
    messages = [*MOVED_TWICE, cancel("C", "B", 12)]
    rest = [number for number in range(6) if number != first]
    for order in list(itertools.permutations(rest))[::7]:  # of 720 orders every seventh, from every beginning
        system = _another(desk)
        for number in (first, *order):
            system.tell(messages[number])
        assert final_state(system.desk) == [], (first, *order)
        _forget(system.desk)


@pytest.mark.parametrize("first", range(5))
def test_one_that_is_moved_twice_is_one_in_every_order(desk: Desk, first: int) -> None:
    rest = [number for number in range(5) if number != first]
    for order in list(itertools.permutations(rest))[::2]:
        system = _another(desk)
        for number in (first, *order):
            system.tell(MOVED_TWICE[number])
        assert final_state(system.desk) == [("calendly:INVITEEA", "10")], (first, *order)
        _forget(system.desk)


def _another(desk: Desk) -> Calendly:
    _forget(desk)
    return Calendly(desk)


def _forget(desk: Desk) -> None:
    """All that the clinic knows of bookings, but not of the callers."""
    with as_clinic(desk.clinic.id):
        for model in (AppointmentCaller, Appointment, BookingLink, BookingSystem):
            model.objects.all().delete()


def test_one_that_was_booked_before_we_listened_is_told_by_its_old_invitee(desk: Desk, system: Calendly) -> None:
    """When it was booked is known from that message only; the new invitee's tells when it was moved."""
    gone, new = moved("A", "B", at=11)
    system.tell(new)
    assert stored(desk) == {}
    system.tell(gone)
    assert final_state(desk) == [("calendly:INVITEEA", "10")]


def test_one_whose_new_invitee_does_not_name_the_old_one_is_one_in_the_end(desk: Desk, system: Calendly) -> None:
    gone, _ = moved("A", "B", at=11)
    for body in (CREATED, calendly_body("created", "B", created_at="2026-11-20T11:00:00Z"), gone):
        system.tell(body)
    assert final_state(desk) == [("calendly:INVITEEA", "10")]


def test_who_cancels_and_books_anew_has_two(desk: Desk, system: Calendly) -> None:
    system.tell(CREATED)
    system.tell(calendly_body("canceled", "A"))
    system.tell(calendly_body("created", "B", created_at="2026-11-21T09:00:00Z"))
    assert statuses(desk) == {"calendly:INVITEEA": "cancelled", "calendly:INVITEEB": "booked"}


def test_a_cancellation_that_comes_first_stays(desk: Desk, system: Calendly) -> None:
    system.tell(calendly_body("canceled", "A"))
    system.tell(CREATED)
    assert statuses(desk) == {"calendly:INVITEEA": "cancelled"}


def test_invitees_that_name_each_other_in_a_ring_end(desk: Desk, system: Calendly) -> None:
    system.tell(CREATED)
    for from_, to in (("A", "B"), ("B", "A"), ("B", "B")):
        for body in moved(from_, to, at=11):
            system.tell(body)
    assert len(final_state(desk)) == 1


def test_one_that_is_older_than_the_clinic_keeps_is_no_mistake_of_the_message(desk: Desk, system: Calendly) -> None:
    [receipt] = system.tell(calendly_body("created", created_at="2026-05-01T10:00:00Z"))
    assert (receipt.id, stored(desk), row_of(desk, system.made).last_left_out) == (None, {}, 1)


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"uri": "https://api.calendly.com/users/X"}, "payload.uri"), ({"uri": None}, "payload.uri"),
     ({"created_at": None}, "payload.created_at"), ({"created_at": "yesterday 07700 900123"}, "payload.created_at"),
     ({"old_invitee": "07700 900123"}, "payload.old_invitee"), ({"scheduled_event": 7}, "payload.scheduled_event"),
     ({"questions_and_answers": {"a": 1}}, "payload.questions_and_answers")],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_not_repeated(
    desk: Desk, system: Calendly, fields: dict[str, Any], name: str
) -> None:
    with pytest.raises(Refused) as caught:
        system.tell(calendly_body("created", **fields))
    assert caught.value.field_name == name
    assert "07700" not in str(caught.value)
    assert stored(desk) == {}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("+447700900123"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["uri", "created_at", "old_invitee", "new_invitee", "rescheduled", "questions_and_answers", "text_reminder_number",
     "scheduled_event", "payment"]
)  # fmt: skip


@limits(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changed=st.dictionaries(FIELDS, ANYTHING, max_size=4), name=st.sampled_from(["created", "canceled"]))
def test_whatever_stands_there_is_read_or_refused_without_a_value(changed: dict[str, Any], name: str) -> None:
    body = json.loads(calendly_body(name))
    body["payload"] |= changed
    try:
        bookings = calendly.parse(VerifiedBody(json.dumps(body).encode(), "application/json"))
    except Refused as refused:
        assert "7700900123" not in f"{refused} {refused.detail} {refused.__cause__} {refused.__context__}"
    else:
        assert all("7700900123" not in repr(booking) for booking in bookings)


@limits(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        calendly.parse(VerifiedBody(body, "application/json"))
