"""Column mappings: what is suggested for real exports' headers, what they become in JSON, what a header's key is."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from calls.domain import Refused
from calls.formats.mapping import (
    BadMapping,
    ColumnMapping,
    find_faults,
    from_json,
    header_key,
    read_mapping,
    read_sample,
    suggest_mapping,
    to_json,
)

RING_CENTRAL = """Direction,Type,From,To,Extension,Forwarded To,Name,Date,Time,Action,Action Result,Note,Duration
Incoming,Voice,(020) 7946 0018,+442079460100,101 - Front,,Alice,Wed 06/03/2026,10:22 AM,Phone Call,Missed,,0:00:00
Outgoing,Voice,+442079460100,07700 900123,101 - Front,,Alice,Sat 06/13/2026,3:22 PM,Phone Call,Call connected,,0:01:20
"""
THREE_CX = """Call Time,Caller ID,Destination,Status,Ringing,Talking,Cost,Call Activity Details
2026-11-02T09:12:45,Alice Archer (07700900123),100,Answered,00:00:05,00:01:00,0,
2026-11-02T09:14:45,Bob Fox (101),07700900124,Unanswered,00:00:05,00:00:00,0,
"""
EIGHT = """Call ID;Leg ID;Start Time;Answer Time;Stop Time;Talk Time;Caller;Callee;Direction;Cause;Status;Caller Name
1761;1;13/11/2026 09:12:45;13/11/2026 09:12:51;13/11/2026 09:14:45;00:01:54;07700900123;100;Incoming;Normal;Completed;A
1762;1;13/11/2026 09:15:45;;13/11/2026 09:16:05;00:00:00;07700900123;100;Incoming;Normal;Completed;A
"""
DIALPAD = """call_id,date_started,date_connected,direction,external_number,internal_number,category,talk_duration
55001,2026-11-02 09:12:45,2026-11-02 09:12:50,inbound,+14155550123,+14155550100,incoming,1.9
55002,2026-11-02 09:22:45,,inbound,+14155550124,+14155550100,missed,0.0
"""
OURS = """external_id,direction,outcome,started_at,number,line,ring_seconds,talk_seconds
A1,inbound,missed,2026-11-02T09:12:45Z,07700 900123,Front desk,12,0
"""


def suggest(text: str, region: str = "GB") -> ColumnMapping:
    sample = read_sample(text.encode().splitlines(keepends=True))
    return suggest_mapping(sample.header, sample.rows, region, sample.delimiter)


@pytest.mark.parametrize(
    ("text", "columns", "facts"),
    [
        (
            RING_CENTRAL,
            {
                "date": "Date", "time": "Time", "direction": "Direction", "outcome": "Action Result",
                "from_number": "From", "to_number": "To", "talk_seconds": "Duration",
            },
            {"dates": "mdy", "direction_from": "column", "delimiter": ","},
        ),
        (
            THREE_CX,
            {
                "started_at": "Call Time", "outcome": "Status", "from_number": "Caller ID",
                "to_number": "Destination", "ring_seconds": "Ringing", "talk_seconds": "Talking",
            },
            {"dates": "iso", "direction_from": "numbers"},
        ),
        (
            EIGHT,
            {
                "external_id": "Call ID", "started_at": "Start Time", "answered_at": "Answer Time",
                "talk_seconds": "Talk Time", "from_number": "Caller", "to_number": "Callee", "direction": "Direction",
                "outcome": "Status",
            },
            {"dates": "dmy", "delimiter": ";"},
        ),
        (
            DIALPAD,
            {
                "external_id": "call_id", "started_at": "date_started", "answered_at": "date_connected",
                "direction": "direction", "number": "external_number", "outcome": "category",
                "talk_seconds": "talk_duration",
            },
            {"dates": "iso", "durations": "minutes"},
        ),
        (
            OURS,
            {
                "external_id": "external_id", "direction": "direction", "outcome": "outcome",
                "started_at": "started_at", "number": "number", "line": "line", "ring_seconds": "ring_seconds",
                "talk_seconds": "talk_seconds",
            },
            {"dates": "iso"},
        ),
    ],
    ids=["ringcentral", "3cx report", "8x8", "dialpad", "ours"],
)  # fmt: skip
def test_common_exports_need_no_help(text: str, columns: Mapping[str, str], facts: Mapping[str, str]) -> None:
    mapping = suggest(text)
    assert dict(mapping.columns) == columns
    assert {name: getattr(mapping, name) for name in facts} == facts
    assert find_faults(mapping) == {}
    assert from_json(to_json(mapping)) == mapping


@pytest.mark.parametrize(
    ("days", "region", "order"),
    [
        (("5/1/2026 10:00", "13/1/2026 10:00"), "US", "dmy"), (("5/1/2026 10:00", "1/13/2026 10:00"), "GB", "mdy"),
        (("5/1/2026 10:00",), "GB", "dmy"), (("5/1/2026 10:00",), "US", "mdy"), (("5.1.2026 10:00",), "DE", "dmy"),
        (("1767607200",), "GB", "unix"), (("1767607200000",), "GB", "unix_ms"), (("2026-01-05 10:00",), "US", "iso"),
        (("5 Jan 2026 10:00",), "US", "iso"),
    ],
)  # fmt: skip
def test_the_order_of_days_and_months(days: tuple[str, ...], region: str, order: str) -> None:
    rows = [(day, "07700900123", "in") for day in days]
    assert suggest_mapping(("Start Time", "Number", "Direction"), rows, region).dates == order


def test_a_column_is_not_taken_for_its_name_alone() -> None:
    text = "Start Time,Direction,Number,Line,Duration,Status\nlater,up,07700900123,02079460018,blue,green\n"
    assert dict(suggest(text).columns) == {"number": "Number"}
    assert {"started_at", "direction", "outcome"} <= find_faults(suggest(text)).keys()


def test_columns_of_the_same_name_are_nobody_s_guess() -> None:
    text = "Date Time,Direction,Number,Number,Status\n2026-01-05 10:00,in,07700900123,07700900124,missed\n"
    assert "number" not in suggest(text).columns


@pytest.mark.parametrize(
    "first",
    ["2026-01-05 10:00,in,07700900123,missed", "x,in,07700900123,missed", "5/1/2026,10:00,in,missed", "1,in,a,missed"],
)
def test_a_line_of_data_is_no_header(first: str) -> None:
    sample = read_sample([f"{first}\n".encode()] * 3)
    assert (sample.header, len(sample.rows)) == ((), 3)
    assert header_key(sample.key_header) == header_key(("",) * 4)


def test_what_stands_above_a_header_is_left_out() -> None:
    text = f"Call report\n\nFrom 1 Nov to 2 Nov\n{THREE_CX}"
    sample = read_sample(text.encode().splitlines(keepends=True))
    assert sample.header[0] == "Call Time"
    assert len(sample.rows) == 2


@pytest.mark.parametrize("text", [b"", b"\n\n", b"hello\nworld\n", "a,b\n1,2\n".encode("utf-16")])
def test_what_is_no_table_is_said(text: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_sample(text.splitlines(keepends=True))
    assert caught.value.__context__ is None


def test_words_of_a_column_for_a_person_to_translate() -> None:
    rows = "".join(f"2026-01-05 10:00,{word},07700900123\n" for word in ("in", "In", "07700900124", "in", "", "x" * 50))
    sample = read_sample(("When,Way,Number\n" + rows).encode().splitlines(keepends=True))
    assert sample.words("Way") == ("in", "In")
    assert sample.words("Number") == sample.words(2) == ()


def test_a_sample_shows_no_row() -> None:
    sample = read_sample(THREE_CX.encode().splitlines(keepends=True))
    assert "07700900123" not in repr(sample)
    assert "Caller ID" in repr(sample)


def test_the_key_of_a_header_is_the_same_for_the_same_columns() -> None:
    assert header_key(("Start Time", "From")) == header_key(("\ufeffstart  time ", "FROM"))
    keys = {header_key(names) for names in (("a", "b"), ("b", "a"), ("a b",), ("a", "b", ""), ("", ""), ())}
    assert len(keys) == 6
    assert len(header_key(())) == 32


GOOD: Mapping[str, Any] = {
    "columns": {"started_at": "Start", "direction": "Way", "outcome": "End", "number": "Number"},
    "directions": {"Hinein": "inbound"},
    "outcomes": {"Weg": "missed"},
    "direction_from": "column",
    "dates": "dmy",
    "durations": "minutes",
    "delimiter": ";",
}


def test_json_comes_back_as_it_was() -> None:
    assert to_json(from_json(GOOD)) == GOOD
    assert read_mapping(json.dumps(GOOD)) == from_json(GOOD)
    assert from_json({"columns": {"number": 3}}).columns == {"number": 3}


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"}, {"columns": None}, {"columns": {"colour": "Start"}}, {"columns": {"number": -1}},
        {"columns": {"number": True}}, {"columns": {"number": 1.5}}, {"columns": {"number": ""}},
        {"columns": {"number": "x" * 81}}, {"columns": {"number": "07700900123"}}, {"columns": {"number": "a\nb"}},
        {"columns": {"number": "0770/0900/123"}}, {"columns": {"number": 200}}, {"directions": {"in": "up"}},
        {"directions": {"in": None}}, {"directions": ["in"]}, {"outcomes": {"07700 900123": "missed"}},
        {"outcomes": {str(n) + "x": "missed" for n in range(101)}}, {"dates": "ymd"}, {"dates": ["dmy"]},
        {"durations": "hours"}, {"delimiter": "x"}, {"direction_from": "moon"},
    ],
)  # fmt: skip
def test_json_that_is_none_is_refused_without_its_value(change: Mapping[str, Any]) -> None:
    with pytest.raises(BadMapping) as caught:
        from_json({**GOOD, **change})
    assert "0770" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"columns": {}, "columns": {}}', "07700900123", "\ud800"])
def test_text_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(BadMapping) as caught:
        read_mapping(text.encode("utf-8", "surrogatepass"))
    assert "0770" not in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "direction_from", "faults"),
    [
        ({}, "column", {"started_at", "direction", "outcome", "number"}),
        ({"date": "D", "number": "N", "talk_seconds": "T"}, "inbound", {"started_at"}),
        ({"date": "D", "time": "T", "number": "N", "answered_at": "A"}, "outbound", set()),
        ({"started_at": "S", "from_number": "F", "outcome": "O"}, "inbound", set()),
        ({"started_at": "S", "from_number": "F", "outcome": "O"}, "outbound", {"number"}),
        ({"started_at": "S", "from_number": "F", "outcome": "O"}, "numbers", {"from_number", "number"}),
        ({"started_at": "S", "from_number": "F", "to_number": "T", "outcome": "O"}, "numbers", set()),
        ({"started_at": "S", "number": 1, "outcome": "O"}, "inbound", {"columns"}),
    ],
)
def test_what_is_missing_is_said_by_field(columns: Any, direction_from: str, faults: set[str]) -> None:
    assert find_faults(ColumnMapping(columns, direction_from=direction_from)).keys() == faults
