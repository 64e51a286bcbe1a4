"""Calls in our own CSV format: every form of it, and every way in which a line can be wrong."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.domain import CallEvent, Direction, Outcome, RefusalReason, Refused
from calls.formats import CALL_FORMATS, Options, ReadRow, calls_csv
from calls.formats.lines import MAX_LINE

LONDON = Options(ZoneInfo("Europe/London"), "GB", {})
HEADER = "external_id,direction,outcome,started_at,number,line,ring_seconds,talk_seconds"
GOOD = "c-1,inbound,answered,2026-01-05T10:00:00+00:00,07700 900123,Front desk,12,184"
TEN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
EVENT = CallEvent("csv", "c-1", Direction.INBOUND, Outcome.ANSWERED, TEN, "07700 900123", True, 12, 184, "Front desk")


def read(*lines: str | bytes, options: Options = LONDON) -> list[ReadRow[CallEvent]]:
    octets = [line if isinstance(line, bytes) else line.encode() + b"\n" for line in lines]
    return list(calls_csv.read(octets, options))


def read_with(**values: str) -> ReadRow[CallEvent]:
    fields = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | values
    (row,) = read(HEADER, ",".join(fields.values()))
    return row


def event_of(row: ReadRow[CallEvent]) -> CallEvent:
    assert isinstance(row.event, CallEvent), row.event
    return row.event


def refusal_of(row: ReadRow[CallEvent]) -> Refused:
    assert isinstance(row.event, Refused)
    assert row.event.__traceback__ is None
    assert row.event.__context__ is None
    return row.event


def header_refusal(*lines: str | bytes) -> str:
    with pytest.raises(Refused) as caught:
        read(*lines)
    assert caught.value.__context__ is None
    return caught.value.detail


def test_it_reads_a_line() -> None:
    assert read(HEADER, GOOD) == [ReadRow(2, EVENT)]


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("\ufeff" + HEADER, GOOD),
        (HEADER.replace(",", ";"), GOOD.replace(",", ";")),
        (HEADER.upper(), GOOD),
        (HEADER.replace(",", " , "), GOOD),
        (",".join(f'"{name}"' for name in HEADER.split(",")), ",".join(f'"{value}"' for value in GOOD.split(","))),
        (HEADER + "\r", GOOD + "\r"),
        (",".join(reversed(HEADER.split(","))), ",".join(reversed(GOOD.split(",")))),
        (HEADER, " c-1 , Inbound , ANSWERED , 2026-01-05T10:00:00Z ,07700 900123, Front desk , 12 , 184 "),
    ],
    ids=["bom", "semicolon", "upper", "spaces", "quoted", "crlf", "order", "values"],
)
def test_it_reads_the_forms_that_programs_write(header: str, line: str) -> None:
    assert [row.event for row in read(header, line)] == [EVENT]


def test_lines_may_end_without_a_newline() -> None:
    assert read(HEADER, GOOD.encode()) == [ReadRow(2, EVENT)]


def test_columns_that_may_be_left_out() -> None:
    short = "external_id;direction;outcome;started_at;number"
    (row,) = read(short, "c-1;outbound;missed;2026-01-05T10:00:00Z;anonymous")
    assert row.event == CallEvent("csv", "c-1", Direction.OUTBOUND, Outcome.MISSED, TEN, "anonymous")
    assert event_of(read_with(ring_seconds="", talk_seconds="", line="")).ring_seconds is None


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.MISSED, Outcome.VOICEMAIL])
@pytest.mark.parametrize("direction", [Direction.INBOUND, Direction.OUTBOUND])
def test_the_words(direction: Direction, outcome: Outcome) -> None:
    event = event_of(read_with(direction=direction.name.lower(), outcome=outcome.name.title()))
    assert (event.direction, event.outcome) == (direction, outcome)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-01-05T10:00", 10), ("2026-01-05 10:00:00", 10), ("2026-01-05T10:00:00.000", 10),
        ("2026-07-05T10:00:00", 9),
        ("2026-07-05T10:00:00Z", 10), ("2026-07-05T10:00:00+02:00", 8), ("2026-07-05T10:00:00-0500", 15),
        ("2026-03-29T00:59:59", 0), ("2026-03-29T02:00:00", 1), ("2026-10-25T00:59:59", -1), ("2026-10-25T02:00:00", 2),
    ],
)  # fmt: skip
def test_times_with_an_offset_or_local(text: str, hour: int) -> None:
    row = read_with(started_at=text)
    started_at = event_of(row).started_at
    day = datetime.fromisoformat(text[:10]).replace(tzinfo=UTC)
    assert started_at.tzinfo is not None
    assert (started_at - day) // timedelta(hours=1) == hour
    assert row.notes == ()


def test_the_hour_that_comes_twice_is_the_first_and_reported() -> None:
    for text in ("2026-10-25T01:00:00", "2026-10-25T01:59:59"):
        row = read_with(started_at=text)
        assert event_of(row).started_at == datetime.fromisoformat(text + "+01:00")
        assert row.notes == ("started_at is in the hour that came twice: taken as the first",)


def test_the_hour_that_is_left_out_is_refused() -> None:
    for text in ("2026-03-29T01:00:00", "2026-03-29T01:59:59"):
        assert "clocks left out" in refusal_of(read_with(started_at=text)).detail
    assert event_of(read_with(started_at="2026-03-29T01:30:00Z"))


def test_local_means_the_zone_of_the_options() -> None:
    new_york = Options(ZoneInfo("America/New_York"), "US", {})
    (row,) = read(HEADER, GOOD.replace("+00:00", ""), options=new_york)
    assert event_of(row).started_at == datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"external_id": ""}, "external_id"), ({"external_id": "x" * 201}, "external_id"),
        ({"external_id": "a\x00"}, "external_id"),
        ({"external_id": "a\rb"}, "external_id"), ({"external_id": " "}, "external_id"),
        ({"direction": ""}, "direction"), ({"direction": "in"}, "direction"), ({"outcome": ""}, "outcome"),
        ({"outcome": "ringing"}, "outcome"), ({"outcome": "no answer"}, "outcome"),
        ({"started_at": ""}, "started_at"), ({"started_at": "2026-01-05"}, "started_at"),
        ({"started_at": "05/01/2026 10:00"}, "started_at"),
        ({"started_at": "07700900123"}, "started_at"), ({"started_at": "2026-01-05T25:00:00"}, "started_at"),
        ({"started_at": "1999-12-31T23:59:59Z"}, "started_at"),
        ({"started_at": "9999-12-31T23:59:59-12:00"}, "started_at"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at"),
        ({"started_at": "2026-02-30T10:00:00"}, "started_at"),
        ({"number": "4.47701E+11"}, "number"), ({"number": "4E+11"}, "number"), ({"number": "7.7009e9"}, "number"),
        ({"ring_seconds": "-1"}, "ring_seconds"), ({"ring_seconds": "1.5"}, "ring_seconds"),
        ({"ring_seconds": "00:12"}, "ring_seconds"),
        ({"talk_seconds": "604801"}, "talk_seconds"), ({"talk_seconds": "9" * 300}, "talk_seconds"),
        ({"talk_seconds": "\u00b2"}, "talk_seconds"), ({"talk_seconds": "\u0661"}, "talk_seconds"),
        ({"line": "x" * 41}, "line"), ({"line": "a@b.example"}, "line"), ({"line": "a\x07"}, "line"),
    ],
)  # fmt: skip
def test_it_refuses_a_value_by_its_column(values: dict[str, str], field: str) -> None:
    refused = refusal_of(read_with(**values))
    assert (refused.reason, refused.field_name) == (RefusalReason.UNREADABLE, field)
    assert refused.detail.startswith(field + " ")


def test_a_line_named_by_a_number_is_refused() -> None:
    for _ in range(2):
        refused = refusal_of(read_with(line="Line 020 7946 0018"))
        assert (refused.reason, refused.field_name) == (RefusalReason.LABEL_CONTAINS_NUMBER, "line")
        assert "7946" not in str(refused)


def test_withheld_and_strange_numbers_are_passed_on_as_they_are() -> None:
    for number in ("", "anonymous", "sip:joe+1@x.example", "0" * 100, "Reception"):
        assert event_of(read_with(number=number)).number == number


def test_bad_lines_are_reported_and_reading_goes_on() -> None:
    lines: Sequence[str | bytes] = [
        HEADER, GOOD, "", "c-2,inbound", GOOD + ",x", 'c-3,"inbound', '"c-3"x,inbound', b"c-\xff,inbound\n",
        "x" * (MAX_LINE + 1), ",,,,,,,", " ", GOOD,
    ]  # fmt: skip
    rows = read(*lines)
    details = [(row.line, row.event.detail if isinstance(row.event, Refused) else "") for row in rows]
    assert details == [
        (2, ""),
        (4, "the line has 2 fields, the header has 8"),
        (5, "the line has 9 fields, the header has 8"),
        (6, "a quote is not closed, or closed too early"),
        (7, "a quote is not closed, or closed too early"),
        (8, "the line is not UTF-8"),
        (9, "the line has more than 4096 octets"),
        (11, "the line has 1 fields, the header has 8"),
        (12, ""),
    ]


def test_a_stray_quote_does_not_swallow_the_file() -> None:
    assert [isinstance(row.event, Refused) for row in read(HEADER, '"' + GOOD, GOOD, GOOD)] == [True, False, False]


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (HEADER + ",notes", 'unknown columns: "notes"; known are: external_id, direction, outcome'),
        (HEADER + ",", "unknown columns: column 9, whose name is not one"),
        (HEADER + ",x,name of patient", 'unknown columns: "x", "name of patient"'),
        (HEADER.replace("number", "07700900123"), "unknown columns: column 5, whose name is not one"),
        (HEADER + ",a07700900123", "unknown columns: column 9, whose name is not one"),
        (GOOD, "the first line names none of the columns: external_id, direction, outcome"),
        (HEADER.replace("number,", ""), "missing columns: number"),
        ("external_id,line", "missing columns: direction, outcome, started_at, number"),
        (HEADER + ",line", "columns that stand twice: line"),
        ("", "the file is empty, or does not begin with a header"),
        ("\ufeff", "the file is empty, or does not begin with a header"),
        (HEADER.replace(",", "\t"), "the first line names none of the columns: external_id"),
        ('"' + HEADER, "a quote is not closed, or closed too early"),
    ],
)
def test_it_refuses_a_header_that_is_not_ours(header: str, detail: str) -> None:
    found = header_refusal(header, GOOD)
    assert found.startswith(detail)
    assert "77009" not in found


def test_it_refuses_files_that_are_something_else() -> None:
    with pytest.raises(Refused, match="empty"):
        calls_csv.read([], LONDON)
    assert header_refusal(HEADER.encode("utf-16")) == "the line is not UTF-8"
    assert header_refusal(b"x" * 5000) == "the line has more than 4096 octets"


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_any_lines_are_read_or_refused(lines: list[bytes]) -> None:
    for row in read(HEADER, *lines):
        assert isinstance(row.event, CallEvent | Refused)


FIELD = st.one_of(
    st.text(max_size=12), st.sampled_from([*GOOD.split(","), "+447700900123", '"07700900123"', "2026-10-25T01:30"])
)


@given(st.lists(FIELD, min_size=8, max_size=8))
def test_any_fields_are_read_or_refused(fields: list[str]) -> None:
    for row in read(HEADER, ",".join(fields).encode("utf-8", "replace")):
        if isinstance(row.event, Refused):
            assert not any(char.isdigit() and row.event.detail.count(char * 5) for char in row.event.detail)
            assert "77009" not in str(row.event)
        else:
            assert row.event.started_at.tzinfo is not None


def test_the_registry_knows_it() -> None:
    assert (CALL_FORMATS["csv"].NAME, CALL_FORMATS["csv"].TITLE) == ("csv", "CSV")
    assert all(name == each.NAME for name, each in CALL_FORMATS.items())
