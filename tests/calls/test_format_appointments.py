"""Appointments in our own CSV format."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.domain import AppointmentEvent, RefusalReason, Refused
from calls.formats import APPOINTMENT_FORMATS, Options, ReadRow, appointments_csv

LONDON = Options(ZoneInfo("Europe/London"), "GB", {})
HEADER = "external_id,booked_at,numbers,type,value,status"
GOOD = "a-1,2026-01-05T10:00:00Z,07700 900123|+44 1202 901222,checkup,60.50,booked"
TEN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


def read(*lines: str) -> list[ReadRow[AppointmentEvent]]:
    return list(appointments_csv.read([line.encode() + b"\r\n" for line in lines], LONDON))


def read_with(**values: str) -> AppointmentEvent | Refused:
    fields = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | values
    (row,) = read(HEADER, ",".join(fields.values()))
    return row.event


def event_with(**values: str) -> AppointmentEvent:
    event = read_with(**values)
    assert isinstance(event, AppointmentEvent), event
    return event


def test_it_reads_a_line() -> None:
    assert read(HEADER, GOOD) == [
        ReadRow(
            2, AppointmentEvent("a-1", TEN, ("07700 900123", "+44 1202 901222"), "checkup", Decimal("60.50"), "booked")
        )
    ]


def test_columns_that_may_be_left_out() -> None:
    (row,) = read("status;numbers;booked_at;external_id", "Cancelled;;2026-01-05T10:00;a-1")
    assert row.event == AppointmentEvent("a-1", TEN, ("",), "", None, "cancelled")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ("",)), (" ", ("",)), ("|", ("",)), ("anonymous", ("anonymous",)), (" 1 | 2 |", ("1", "2")),
        ("1|2|3|4|5", ("1", "2", "3", "4", "5")),
    ],
)  # fmt: skip
def test_one_to_five_numbers(text: str, numbers: tuple[str, ...]) -> None:
    assert event_with(numbers=text).numbers == numbers


@pytest.mark.parametrize("text", ["0", "0.00", "1", "60", "60.5", "60.50", "999999.99", "000001", " 12.30 "])
def test_values_are_exact(text: str) -> None:
    value = event_with(value=text).value
    assert value == Decimal(text.strip())
    assert isinstance(value, Decimal)


def test_without_a_value_there_is_none() -> None:
    assert event_with(value="").value is None


@pytest.mark.parametrize("text", [
    "-1", "-0", "+1", "1000000", "999999.999", "60.505", "NaN", "Infinity", "1e3", "1E5", "£60", "60 GBP", ".5", "5.",
    "0x1",
    "1_000", "\u0661", "six", "60;50", "1 000",
])  # fmt: skip
def test_it_refuses_what_is_no_amount(text: str) -> None:
    refused = read_with(value=text)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.field_name) == (RefusalReason.UNREADABLE, "value")


def test_it_refuses_a_decimal_comma_that_would_be_another_amount() -> None:
    (row,) = read(HEADER.replace(",", ";"), "a-1;2026-01-05T10:00:00Z;;checkup;60,50;booked")
    assert isinstance(row.event, Refused)
    assert row.event.field_name == "value"


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"external_id": ""}, "external_id", RefusalReason.UNREADABLE),
        ({"external_id": "x" * 65}, "external_id", RefusalReason.UNREADABLE),
        ({"booked_at": "tomorrow"}, "booked_at", RefusalReason.UNREADABLE),
        ({"booked_at": "2026-03-29T01:30"}, "booked_at", RefusalReason.UNREADABLE),
        ({"numbers": "1|2|3|4|5|6"}, "numbers", RefusalReason.UNREADABLE),
        ({"numbers": "1|4.47E+11"}, "numbers", RefusalReason.UNREADABLE),
        ({"type": "call 07700 900123"}, "type", RefusalReason.LABEL_CONTAINS_NUMBER),
        ({"type": "pat@x.example"}, "type", RefusalReason.UNREADABLE),
        ({"type": "x" * 41}, "type", RefusalReason.UNREADABLE),
        ({"status": ""}, "status", RefusalReason.UNREADABLE),
        ({"status": "done"}, "status", RefusalReason.UNREADABLE),
    ],
)
def test_it_refuses_a_value_by_its_column(values: dict[str, str], field: str, reason: RefusalReason) -> None:
    refused = read_with(**values)
    assert isinstance(refused, Refused)
    assert (refused.field_name, refused.reason) == (field, reason)
    assert "77009" not in str(refused)


def test_the_repeated_hour_is_reported() -> None:
    (row,) = read(HEADER, GOOD.replace("2026-01-05T10:00:00Z", "2026-10-25T01:30"))
    assert row.notes == ("booked_at is in the hour that came twice: taken as the first",)


@pytest.mark.parametrize("column", ["notes", "diagnosis", "patient_name"])
def test_columns_for_what_we_must_not_know_are_refused_by_name(column: str) -> None:
    with pytest.raises(Refused, match=f'unknown columns: "{column}"'):
        read(f"{HEADER},{column}", GOOD + ",x")


@given(st.lists(st.text(max_size=12), min_size=6, max_size=6))
def test_any_fields_are_read_or_refused(fields: list[str]) -> None:
    for row in appointments_csv.read([HEADER.encode(), ",".join(fields).encode("utf-8", "replace")], LONDON):
        assert isinstance(row.event, AppointmentEvent | Refused)


def test_the_registry_knows_it() -> None:
    assert all(name == each.NAME for name, each in APPOINTMENT_FORMATS.items())
