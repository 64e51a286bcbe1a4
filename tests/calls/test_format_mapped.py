"""Calls of anybody's CSV with a mapping: what cells become, what is made where there is no id, what a preview shows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.domain import CallEvent, Direction, Outcome, Refused
from calls.formats import CALL_FORMATS, Options, ReadRow
from calls.formats.mapping import FIELDS, ColumnMapping, preview
from calls.formats.mapping.cells import pick_number, read_duration, to_iso
from calls.hashing import contains_number

TEN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
COLUMNS = {
    "external_id": "Id", "started_at": "Start", "direction": "Way", "outcome": "End", "number": "Number",
    "line": "Queue", "ring_seconds": "Ring", "talk_seconds": "Talk",
}  # fmt: skip
HEADER = "Id,Start,Way,End,Number,Queue,Ring,Talk"
GOOD = "c-1,05/01/2026 10:00:00,In,ANSWERED,07700 900123,Front desk,0:12,0:03:04"
NUMBER = "07700900123"


def mapping_of(columns: Mapping[str, Any] = COLUMNS, **facts: Any) -> ColumnMapping:
    return ColumnMapping(columns, **{"dates": "dmy", **facts})


def options_of(mapping: ColumnMapping) -> Options:
    return Options(ZoneInfo("Europe/London"), "GB", {}, mapping)


def read(*lines: str | bytes, mapping: ColumnMapping | None = None) -> list[ReadRow[CallEvent]]:
    octets = [line if isinstance(line, bytes) else line.encode() + b"\n" for line in lines]
    return list(CALL_FORMATS["csv"].read(octets, options_of(mapping or mapping_of())))


def read_with(mapping: ColumnMapping | None = None, **cells: str) -> ReadRow[CallEvent]:
    values = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | cells
    (row,) = read(HEADER, ",".join(values.values()), mapping=mapping)
    return row


def event_of(row: ReadRow[CallEvent]) -> CallEvent:
    assert isinstance(row.event, CallEvent), row.event
    return row.event


def refusal_of(row: ReadRow[CallEvent]) -> Refused:
    assert isinstance(row.event, Refused)
    assert (row.event.__traceback__, row.event.__context__) == (None, None)
    return row.event


def test_it_reads_a_row() -> None:
    event = CallEvent(
        "csv", "c-1", Direction.INBOUND, Outcome.ANSWERED, TEN, "07700 900123", True, 12, 184, "Front desk"
    )
    assert read(HEADER, GOOD) == [ReadRow(2, event)]


@pytest.mark.parametrize(
    ("header", "line", "facts"),
    [
        ("\ufeff" + HEADER, GOOD, {}),
        (HEADER.upper(), GOOD, {}),
        (HEADER.replace(",", " , "), GOOD.replace(",", " , "), {}),
        (HEADER.replace(",", ";"), GOOD.replace(",", ";"), {"delimiter": ";"}),
        (HEADER.replace(",", "\t"), GOOD.replace(",", "\t"), {"delimiter": "\t"}),
        (",".join(reversed(HEADER.split(","))), ",".join(reversed(GOOD.split(","))), {}),
        (HEADER + ",Extra", GOOD + ",anything", {}),
        (HEADER, GOOD + ",,", {}),
        (HEADER + "\r", GOOD + "\r", {}),
        ("Calls of January\n\n" + HEADER, GOOD, {}),
    ],
)  # fmt: skip
def test_the_forms_that_programs_write(header: str, line: str, facts: dict[str, Any]) -> None:
    rows = read(*header.split("\n"), line, mapping=mapping_of(**facts))
    assert [event_of(row).call_key for row in rows] == ["c-1"]
    assert event_of(rows[0]).number == "07700 900123"


def test_columns_by_their_place_where_there_is_no_header() -> None:
    mapping = mapping_of({name: place for place, name in enumerate(COLUMNS)})
    (row,) = read(GOOD, mapping=mapping)
    assert (row.line, event_of(row)) == (1, event_of(read(HEADER, GOOD)[0]))


def test_a_name_in_another_encoding_is_read() -> None:
    (row,) = read(HEADER, GOOD.encode().replace(b"Front desk", b"Caf\xe9") + b"\n")
    assert event_of(row).line == "Café"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["a,b,c", "1,2,3"], "no line at the beginning"),
        ([HEADER.replace("Way", "Id"), GOOD], "no line at the beginning"),
        ([HEADER.replace("Queue", "Queue,Number"), GOOD], "stand twice: number"),
        ([], "no line at the beginning"),
        (["x"] * 10 + [HEADER, GOOD], "no line at the beginning"),
        (["a,b".encode("utf-16")], "save it as CSV in UTF-8"),
    ],
)
def test_a_file_that_the_mapping_does_not_fit_is_refused(lines: Sequence[str | bytes], words: str) -> None:
    with pytest.raises(Refused) as caught:
        read(*lines)
    assert words in caught.value.detail


def test_a_mapping_that_is_not_complete_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        read(HEADER, GOOD, mapping=mapping_of({"number": "Number"}))
    assert "Choose the column of date and time" in caught.value.detail


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("5/1/2026 10:00", "dmy", "2026-01-05T10:00:00"), ("5/1/2026 10:00", "mdy", "2026-05-01T10:00:00"),
        ("05.01.26 10:00:09", "dmy", "2026-01-05T10:00:09"), ("2026/01/05 10:00", "mdy", "2026-01-05T10:00:00"),
        ("2026-01-05T10:00:00.123Z", "dmy", "2026-01-05T10:00:00+00:00"),
        ("2026-01-05T10:00:00+01:00", "iso", "2026-01-05T10:00:00+01:00"),
        ("2026-01-05 10:00 UTC", "iso", "2026-01-05T10:00:00+00:00"),
        ("Mon 01/05/2026 10:22 PM", "mdy", "2026-01-05T22:22:00"), ("1/5/2026 12:05 am", "mdy", "2026-01-05T00:05:00"),
        ("1/5/2026, 12:05:30 p.m.", "mdy", "2026-01-05T12:05:30"), ("Jan 5, 2026 9:05", "iso", "2026-01-05T09:05:00"),
        ("5 January 2026 09:05", "iso", "2026-01-05T09:05:00"), ("Monday, 5th Jan 2026 09:05", "iso", None),
        ("5-Jan-2026 09:05", "iso", "2026-01-05T09:05:00"), ("5/1/2026 10:00", "iso", None),
        ("5/1/2026", "dmy", None), ("10:00", "dmy", None), ("5/1/2026 13:00 PM", "dmy", None), ("", "dmy", None),
        ("5/1/126 10:00", "dmy", None), ("5 Foo 2026 10:00", "dmy", "2026-00-05T10:00:00"),
    ],
)  # fmt: skip
def test_times(text: str, order: str, iso: str | None) -> None:
    if text.startswith("Monday"):
        iso = "2026-01-05T09:05:00"
    assert to_iso(text, order) == iso


def test_a_date_that_does_not_exist_is_refused() -> None:
    for text in ("31/02/2026 10:00", "5 Foo 2026 10:00", "32/13/2026 10:00", "05/01/2026 25:00", "05/01/1999 10:00"):
        assert "started_at" in refusal_of(read_with(Start=text)).detail


def test_date_and_time_in_two_columns() -> None:
    columns = {"date": "Day", "time": "Time", "number": "Number", "talk_seconds": "Talk"}
    mapping = mapping_of(columns, direction_from="inbound")
    (row,) = read("Day,Time,Number,Talk", f"5/1/2026,10:00 AM,{NUMBER},0", mapping=mapping)
    assert event_of(row).started_at == TEN


@pytest.mark.parametrize("text", ["1767607200000", "9" * 13, "4102444800"])
def test_seconds_beyond_the_century_are_refused(text: str) -> None:
    refusal = refusal_of(read_with(mapping_of(dates="unix"), Start=text))
    assert refusal.detail == "started_at is not a number of seconds since 1970"


@pytest.mark.parametrize(("unit", "text"), [("unix", "1767607200"), ("unix_ms", "1767607200999")])
def test_seconds_since_1970(unit: str, text: str) -> None:
    assert event_of(read_with(mapping_of(dates=unit), Start=text)).started_at == TEN
    assert "started_at" in refusal_of(read_with(mapping_of(dates=unit), Start="yesterday")).detail


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("95", "seconds", 95), ("95.9", "seconds", 95), ("1.5", "minutes", 90), ("95400", "milliseconds", 95),
        ("0:01:35", "seconds", 95), ("1:35", "minutes", 95), ("00:01:35.250", "seconds", 95),
        ("1m 35s", "seconds", 95), ("1 min 35 sec", "seconds", 95), ("1h2m3s", "seconds", 3723),
        ("", "seconds", None), ("-", "seconds", None), ("N/A", "seconds", None),
    ],
)  # fmt: skip
def test_durations(text: str, unit: str, seconds: int | None) -> None:
    assert read_duration(text, unit, "ring_seconds") == seconds


@pytest.mark.parametrize("text", ["-5", "a while", "999:00:00", "1e5", "1:2:3:4", "0770090012345"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    assert refusal_of(read_with(Talk=text)).field_name == "talk_seconds"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (NUMBER, NUMBER), ("Alice Archer (07700 900123)", "07700 900123"), ('"Alice" <+447700900123>', "+447700900123"),
        ("Alice <tel:07700900123>", NUMBER), ('="07700900123"', NUMBER), ("'07700900123", NUMBER),
        ("+44 (0)7700 900123", "+44 (0)7700 900123"), ("(020) 7946 0018", "(020) 7946 0018"),
        ("020 7946 (0018)", "020 7946 (0018)"), ("Anonymous", "Anonymous"), ("", ""), ("Alice (home)", "Alice (home)"),
    ],
)  # fmt: skip
def test_the_number_of_a_cell(cell: str, number: str) -> None:
    assert pick_number(cell) == number


@pytest.mark.parametrize(
    ("word", "own", "direction"),
    [
        ("Incoming", {}, Direction.INBOUND), ("OUTBOUND CALL", {}, Direction.OUTBOUND), ("in", {}, Direction.INBOUND),
        ("Hinein", {"hinein": "inbound"}, Direction.INBOUND), ("In", {"In": "outbound"}, Direction.OUTBOUND),
    ],
)  # fmt: skip
def test_words_for_in_and_out(word: str, own: Mapping[str, str], direction: Direction) -> None:
    assert event_of(read_with(mapping_of(directions=own), Way=word)).direction is direction


def test_a_direction_that_nobody_translated_is_refused() -> None:
    assert refusal_of(read_with(Way="sideways")).field_name == "direction"


def test_a_call_between_colleagues_is_left_out() -> None:
    assert read(HEADER, GOOD.replace(",In,", ",Internal,")) == []


@pytest.mark.parametrize(
    ("word", "talk", "outcome"),
    [
        ("No Answer", "0:00", Outcome.MISSED), ("Missed", "0", Outcome.MISSED), ("Voice-Mail", "9", Outcome.VOICEMAIL),
        ("Completed", "0:09", Outcome.ANSWERED), ("Completed", "0", Outcome.MISSED), ("Accepted", "", Outcome.ANSWERED),
        ("Weg", "0", Outcome.UNKNOWN), ("", "9", Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_words_for_the_end(word: str, talk: str, outcome: Outcome) -> None:
    row = read_with(End=word, Talk=talk)
    assert event_of(row).outcome is outcome
    assert event_of(row).talk_seconds == (9 if (outcome, talk) == (Outcome.ANSWERED, "0:09") else 0)
    # Kept, shown and said, but never guessed.
    assert bool(row.notes) == (outcome is Outcome.UNKNOWN)
    assert event_of(read_with(mapping_of(outcomes={"weg": "missed"}), End="WEG")).outcome is Outcome.MISSED


def test_without_a_word_who_talked_or_picked_up_was_answered() -> None:
    by_talk = mapping_of({name: column for name, column in COLUMNS.items() if name != "outcome"})
    assert event_of(read_with(by_talk)).outcome is Outcome.ANSWERED
    assert event_of(read_with(by_talk, Talk="0")).outcome is Outcome.MISSED
    by_time = mapping_of({**COLUMNS, "answered_at": "End"} | {"outcome": "Way"})
    assert event_of(read_with(by_time, Talk="0")).outcome is Outcome.ANSWERED
    assert event_of(read_with(by_time, End="")).outcome is Outcome.MISSED


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (NUMBER, "101", (Direction.INBOUND, NUMBER)), ("Bob (101)", NUMBER, (Direction.OUTBOUND, NUMBER)),
        ("Ext.101", NUMBER, (Direction.OUTBOUND, NUMBER)), ("101", "102", None), (NUMBER, "+442079460018", "direction"),
        ("", "101", (Direction.INBOUND, "")),
    ],
)  # fmt: skip
def test_direction_by_who_has_an_extension(source: str, target: str, expected: Any) -> None:
    columns = {"started_at": "Start", "from_number": "From", "to_number": "To", "talk_seconds": "Talk"}
    mapping = mapping_of(columns, direction_from="numbers")
    rows = read("Start,From,To,Talk", f"05/01/2026 10:00,{source},{target},5", mapping=mapping)
    if expected is None:
        assert rows == []
    elif isinstance(expected, str):
        assert refusal_of(rows[0]).field_name == expected
    else:
        assert (event_of(rows[0]).direction, event_of(rows[0]).number) == expected


@pytest.mark.parametrize("way", [Direction.INBOUND, Direction.OUTBOUND])
def test_a_file_of_one_direction(way: Direction) -> None:
    mapping = mapping_of(direction_from=way.name.lower())
    assert event_of(read_with(mapping, Way="whatever")).direction is way


def test_a_row_of_another_width_is_refused() -> None:
    short, long = read(HEADER, GOOD.rpartition(",")[0], GOOD + ",x,y")
    assert "has 7 fields, not 8" in refusal_of(short).detail
    assert "has 10 fields, not 8" in refusal_of(long).detail


# Ids that are made.
def keys(*lines: str) -> list[str]:
    return [event_of(row).call_key for row in read(HEADER, *lines)]


NO_ID = GOOD.replace("c-1", "")
OTHER = NO_ID.replace("900123", "900124")


def test_an_id_is_made_where_there_is_none() -> None:
    first, other, again = keys(NO_ID, OTHER, NO_ID)
    assert len({first, other, again}) == 3
    # A file that overlaps with this one, in another order, meets the same calls.
    assert keys(OTHER, NO_ID) == [other, first]
    assert keys(NO_ID, NO_ID) == [first, again]
    assert not any(contains_number(key, NUMBER) for key in (first, other, again))
    assert not any(map(str.isdigit, first))


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("07700 900123", "07700-900123", True), (",0:12,0:03:04", ",5,600", True), ("ANSWERED", "missed", True),
        ("10:00:00", "10:00:01", False), ("Front desk", "Back desk", False), (",In,", ",Out,", False),
        ("900123", "900124", False),
    ],
)  # fmt: skip
def test_what_a_made_id_depends_on(before: str, after: str, is_same: bool) -> None:
    assert (keys(NO_ID) == keys(NO_ID.replace(before, after))) is is_same


def test_made_ids_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.formats.mapping.reading.WINDOW", 2)
    lines = [NO_ID.replace("10:00:00", f"10:00:0{second}") for second in (1, 2, 3, 1)]
    assert keys(*lines)[0] == keys(*lines)[3]


# What a preview shows.
def test_a_preview_says_what_rows_become() -> None:
    lines = [f"{line}\n".encode() for line in (HEADER, GOOD, "", GOOD.replace("07700 900123", "anonymous"))]
    first, second = preview(lines, mapping_of(), options_of(mapping_of()))
    assert (first.line, first.started_at, first.direction, first.outcome) == (
        2, TEN, Direction.INBOUND, Outcome.ANSWERED,
    )  # fmt: skip
    assert (first.number, first.label, first.ring_seconds, first.talk_seconds) == ("a number", "Front desk", 12, 184)
    assert (first.problems, second.line, second.number) == ({}, 4, "withheld")
    assert first.as_text() == (
        "line 2: 2026-01-05 10:00+00:00, inbound, answered, a number, Front desk, rang 12 s, talked 184 s"
    )


def test_a_preview_says_all_that_is_wrong_with_a_row() -> None:
    bad = "c-1,soon,sideways,Weg,7.7009E+9,07700900123,a while,ages"
    (row,) = preview([HEADER.encode(), bad.encode()], mapping_of(), options_of(mapping_of()))
    assert row.problems.keys() == {
        "started_at", "direction", "number", "line", "ring_seconds", "talk_seconds",
    }  # fmt: skip
    assert (row.number, row.outcome, len(row.notes)) == ("not readable", Outcome.UNKNOWN, 1)
    assert "07700900123" not in repr(row) + row.as_text()


def test_a_preview_is_as_long_as_it_is_asked_to_be() -> None:
    lines = [HEADER.encode(), *[GOOD.encode()] * 50, b"short"]
    assert len(list(preview(lines, mapping_of(), options_of(mapping_of())))) == 10
    assert len(list(preview(lines, mapping_of(), options_of(mapping_of()), limit=60))) == 51


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (NUMBER, "a number"), ("", "withheld"), ("Private", "withheld"), ("101", "an extension"),
        ("Ext. 101", "an extension"), ("Front desk", "not readable"),
    ],
)  # fmt: skip
def test_a_preview_names_the_kind_of_number(cell: str, words: str) -> None:
    line = GOOD.replace("07700 900123", cell).encode()
    (row,) = preview([HEADER.encode(), line], mapping_of(), options_of(mapping_of()))
    assert row.number == words


def test_a_preview_says_what_is_left_out() -> None:
    (row,) = preview(
        [HEADER.encode(), GOOD.replace(",In,", ",Internal,").encode()], mapping_of(), options_of(mapping_of())
    )
    assert (row.direction, row.problems, row.notes) == (None, {}, ("between colleagues: left out",))


CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["05/01/2026 10:00", "1/2/26 3:04 PM", "In", "missed", "0:12", "1h 5m", '="1"', "Bob (101)", '"']),
    st.from_regex(r"[0-9]{1,20}", fullmatch=True),
)
MAPPINGS = st.builds(
    ColumnMapping,
    st.dictionaries(st.sampled_from(sorted(FIELDS)), st.integers(0, 8)),
    direction_from=st.sampled_from(["column", "numbers", "inbound", "outbound"]),
    dates=st.sampled_from(["iso", "dmy", "mdy", "unix", "unix_ms"]),
    durations=st.sampled_from(["seconds", "minutes", "milliseconds"]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
)


@given(st.lists(st.lists(CELLS, max_size=9), max_size=6), MAPPINGS, st.binary(max_size=40))
def test_no_file_and_no_mapping_breaks_it(rows: list[list[str]], mapping: ColumnMapping, junk: bytes) -> None:
    texts = [mapping.delimiter.join(row).replace("\n", " ") for row in rows]
    lines = [text.encode("utf-8", "surrogatepass") + b"\n" for text in texts] + [junk]
    told = ""
    try:
        for read_row in CALL_FORMATS["csv"].read(lines, options_of(mapping)):
            told += str(read_row.event) if isinstance(read_row.event, Refused) else repr(read_row.event.started_at)
        for row in preview(lines, mapping, options_of(mapping)):
            told += repr(row.problems)
    except Refused as refused:
        told += refused.detail
    assert "7700900123" not in told


@given(st.from_regex(r"[0-9]{11,13}", fullmatch=True), st.sampled_from(HEADER.split(",")))
def test_no_cell_is_ever_said(secret: str, column: str) -> None:
    cells: dict[str, Any] = {column: secret}
    row = read_with(**cells)
    told = str(row.event) if isinstance(row.event, Refused) else repr(row.event)
    assert secret not in told + "".join(row.notes)


def test_the_same_calls_in_our_format_and_with_a_mapping() -> None:
    ours = b"external_id,direction,outcome,started_at,number,line,ring_seconds,talk_seconds\n"
    line = b"c-1,inbound,answered,2026-01-05T10:00:00Z,07700 900123,Front desk,12,184\n"
    (own,) = CALL_FORMATS["csv"].read([ours, line], Options(ZoneInfo("Europe/London"), "GB", {}))
    assert event_of(own) == event_of(read(HEADER, GOOD)[0])
    assert event_of(own).started_at - TEN == timedelta()
