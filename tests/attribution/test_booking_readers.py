"""The readers by themselves: the office's clock, null dates, shards, and answers that are nonsense."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from attribution.bookings import POLLED, BadAnswer, Booking, cliniko, open_dental
from attribution.bookings.records import linked_id, read_amount
from calls.domain import Refused
from calls.providers.fields import Fields
from tests.attribution.booking_systems import payload

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
CURSOR = datetime(2026, 11, 20, 10, tzinfo=UTC)


def dental(zone: ZoneInfo, **fields: Any) -> Booking | Refused:
    row = {**payload("open_dental/appointments")[0], **fields}
    question = open_dental.first_questions(CURSOR, zone)[0]
    [item] = open_dental.read_page(json.dumps([row]).encode(), question, CURSOR, zone).items
    return item


def booked_at(zone: ZoneInfo, text: str) -> datetime:
    booking = dental(zone, SecDateTEntry=text)
    assert isinstance(booking, Booking)
    return booking.booked_at


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        (LONDON, "2026-11-20 10:00:00", "2026-11-20T10:00:00+00:00"),
        (LONDON, "2026-07-20 10:00:00", "2026-07-20T09:00:00+00:00"),
        (NEW_YORK, "2026-11-20 10:00:00", "2026-11-20T15:00:00+00:00"),
        (LONDON, "2026-10-25 01:30:00", "2026-10-25T00:30:00+00:00"),  # comes twice: the first
        (LONDON, "2026-03-29 01:30:00", "2026-03-29T01:30:00+00:00"),  # no clock showed it
        (LONDON, "2026-11-20T10:00:00.123", "2026-11-20T10:00:00+00:00"),
    ],
)
def test_a_time_of_the_office_is_read_by_its_own_clock(zone: ZoneInfo, text: str, expected: str) -> None:
    assert booked_at(zone, text).isoformat() == expected


@pytest.mark.parametrize(
    "text", ["0001-01-01 00:00:00", "0001-01-01", "", None, "soon", "2026-13-01 10:00:00", "1999-01-01 10:00:00", 7]
)
def test_a_null_date_is_no_time(text: Any) -> None:
    item = dental(LONDON, SecDateTEntry=text)
    assert isinstance(item, Refused)
    assert item.field_name == "SecDateTEntry"


def test_nothing_is_lost_in_the_hour_that_comes_twice() -> None:
    """Read at 01:50 by summer time; changed at 01:10 by winter time, twenty minutes later and earlier by the text."""
    read_at = open_dental.local_time(_fields(serverDateTime="2026-10-25 01:50:00"), "serverDateTime", LONDON)
    assert read_at is not None
    [question] = open_dental.first_questions(read_at, LONDON)
    assert "DateTStamp=2026-10-25+00%3A35%3A00" in question
    assert question < "/appointments?DateTStamp=2026-10-25+01%3A10%3A00"


def _fields(**values: Any) -> Any:
    return Fields(values)


def test_open_dental_goes_on_by_offsets_and_only_after_a_full_page() -> None:
    row = payload("open_dental/appointments")[0]
    [question] = open_dental.first_questions(CURSOR, LONDON)
    full = open_dental.read_page(json.dumps([row] * 100).encode(), question, CURSOR, LONDON)
    assert full.next is not None
    assert full.next.endswith("&Offset=100")
    last = open_dental.read_page(json.dumps([row] * 99).encode(), full.next, CURSOR, LONDON)
    assert last.next is None
    assert open_dental.read_page(b"[]", question, CURSOR, LONDON).reached == CURSOR


def test_a_list_of_open_dental_without_an_end_is_odd_and_not_over() -> None:
    """What comes after it would be left out for good."""
    body = json.dumps([payload("open_dental/appointments")[0]] * 100).encode()
    [question] = open_dental.first_questions(CURSOR, LONDON)
    late = question.replace("Offset=0", f"Offset={open_dental.MOST_ROWS - 100}")
    with pytest.raises(BadAnswer):
        open_dental.read_page(body, late, CURSOR, LONDON)
    assert open_dental.read_page(b"[]", late, CURSOR, LONDON).next is None


def test_an_unknown_status_is_refused_and_not_guessed() -> None:
    item = dental(LONDON, AptStatus="Postponed")
    assert isinstance(item, Refused)


@pytest.mark.parametrize(
    ("key", "url"),
    [("abc-uk1", "https://api.uk1.cliniko.com"), ("abc-au4", "https://api.au4.cliniko.com"),
     ("abc", "https://api.au1.cliniko.com"), ("abc-evil.example/", "https://api.au1.cliniko.com")],
)  # fmt: skip
def test_the_end_of_a_key_says_where_the_account_is(key: str, url: str) -> None:
    assert cliniko.base_url({"key": key}) == url


@pytest.mark.parametrize(
    ("link", "found"),
    [("https://api.uk1.cliniko.com/v1/patients/82", "82"), ("https://x/patients/..", ""), ("https://x/a?b=/c d", ""),
     ("82", ""), ("", ""), ("https://x/patients/82/", "82"), ("https://x/%2e%2e", "")],
)  # fmt: skip
def test_of_a_link_its_last_part_is_taken_if_it_is_an_id(link: str, found: str) -> None:
    assert linked_id(link) == found


@pytest.mark.parametrize(
    ("value", "amount"),
    [("65.5", "65.50"), (130, "130.00"), ("130.00", "130.00"), ("-1", None), ("NaN", None), ("Infinity", None),
     ("1e9", None), ("a", None), (True, None), (None, None), ({}, None), ("9" * 30, None), ("999999.99", "999999.99")],
)  # fmt: skip
def test_an_amount_is_one_that_an_appointment_can_have(value: Any, amount: str | None) -> None:
    found = read_amount(value)
    assert (None if found is None else str(found)) == amount


NAMES = st.sampled_from(
    ["id", "appointments", "individual_appointments", "meta", "links", "next", "current_page", "total_pages", "state",
     "created_at", "updated_at", "patient", "patient_id", "patient_phone_numbers", "number", "mobile_phone", "AptNum",
     "AptStatus", "SecDateTEntry", "serverDateTime", "PatNum", "reason", "appointment_type", "self"]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(
    ["07700 900123", "+447700900123", "Scheduled", "2026-11-20T10:00:00Z", "2026-11-20 10:00:00", "https://x/y/1", "1"]
) | st.text(max_size=10)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)


@pytest.mark.parametrize("kind", POLLED)
@limits(max_examples=400, deadline=None)
@given(value=ANYTHING)
def test_whatever_is_answered_is_read_or_refused_without_a_value(kind: str, value: Any) -> None:
    reader, body = POLLED[kind], json.dumps(value).encode()
    shown = ""
    for question in reader.first_questions(CURSOR, LONDON):
        try:
            page = reader.read_page(body, question, CURSOR, LONDON)
        except BadAnswer as error:
            shown += f"{error} {error.__cause__}"
        else:
            shown += repr(page) + "".join(str(item) for item in page.items)
    for read in (reader.read_patient,):
        try:
            assert len(read(body)) <= 5
        except BadAnswer as error:
            shown += str(error)
    assert "7700900123" not in shown
    assert "07700 900123" not in shown


@pytest.mark.parametrize("kind", POLLED)
@limits(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200))
def test_bytes_are_odd(kind: str, body: bytes) -> None:
    reader = POLLED[kind]
    question = reader.first_questions(CURSOR, LONDON)[0]
    try:
        page = reader.read_page(body, question, CURSOR, LONDON)
    except BadAnswer:
        return
    assert page.items == []


def test_the_page_is_asked_for_since_the_cursor() -> None:
    for kind, reader in POLLED.items():
        for question in reader.first_questions(CURSOR + timedelta(seconds=1), NEW_YORK):
            assert question.startswith("/"), kind
            assert question.isascii()
