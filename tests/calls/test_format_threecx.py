"""3CX's call data records: any order of fields, the history id, who answered, and what stays unknown."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.domain import CallEvent, Direction, Outcome, Refused
from calls.formats import Options, ReadRow, make_options, threecx

LONDON = ZoneInfo("Europe/London")
CALLER = "07700900123"
TEN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
BASE = {
    "historyid": "Call 612504", "callid": "00000C21DE5C2470_6531", "duration": "00:05:36",
    "time-start": "2026/01/05 10:00:00", "time-answered": "2026/01/05 10:00:12", "time-end": "2026/01/05 10:05:48",
    "reason-terminated": "TerminatedBySrc", "from-no": CALLER, "to-no": "Ext.960", "from-dn": "10021", "to-dn": "960",
    "dial-no": "960", "final-number": "Ext.101", "final-dn": "101", "chain": f"Chain: {CALLER};Ext.960;Ext.101;",
    "from-type": "Line", "to-type": "Queue", "final-type": "Extension", "to-dispname": "Front desk",
    "final-dispname": "Alice Archer",
}  # fmt: skip
OUTBOUND = {
    "from-no": "Ext.101", "to-no": CALLER, "dial-no": f"9{CALLER}", "from-type": "Extension",
    "to-type": "external_line", "final-type": "external_line", "to-dispname": "",
}  # fmt: skip
NO_TYPES = tuple(name for name in threecx.COLUMNS if not name.endswith("-type"))


def record(columns: Sequence[str] = threecx.COLUMNS, delimiter: str = ",", **values: str) -> bytes:
    cells = BASE | {name.replace("_", "-"): value for name, value in values.items()}
    return delimiter.join(cells.get(name, "") for name in columns).encode() + b"\r\n"


def read(*lines: bytes, pairs: Sequence[str] = ()) -> list[ReadRow[CallEvent]]:
    return list(threecx.read(lines, make_options(threecx.OPTIONS, pairs, LONDON, "GB")))


def call(*lines: bytes, pairs: Sequence[str] = ()) -> CallEvent:
    (row,) = read(*lines, pairs=pairs)
    assert isinstance(row.event, CallEvent), row.event
    return row.event


def going_out(**values: str) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in OUTBOUND.items()} | values


def test_it_reads_a_record() -> None:
    event = CallEvent("3cx", "612504", IN, Outcome.ANSWERED, TEN, CALLER, True, 12, 336, "Front desk")
    assert read(record()) == [ReadRow(1, event)]


@pytest.mark.parametrize("delimiter", [",", "|", "\t"])
def test_the_first_line_may_name_the_fields(delimiter: str) -> None:
    columns = tuple(reversed(threecx.COLUMNS))
    names = delimiter.join(columns).encode() + b"\n"
    expected = call(record())
    for header in (names, names.upper(), names.replace(b"-", b"_"), b"\xef\xbb\xbf" + names):
        (row,) = read(header, record(columns, delimiter))
        assert (row.line, row.event) == (2, expected)


def test_a_long_chain_in_semicolons_parts_no_fields() -> None:
    assert call(record(chain="Chain: " + "Ext.101;" * 60)).call_key == "612504"
    assert call(record(delimiter=";", chain="")).call_key == "612504"


def test_an_option_may_name_the_fields() -> None:
    columns = ("time-start", "from-no", "to-no", "time-answered", "historyid", "-", "duration", "final-type")
    told = f"columns={','.join(columns)}"
    event = call(record(columns), pairs=[told])
    assert (event.call_key, event.outcome, event.talk_seconds) == ("612504", Outcome.ANSWERED, 336)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("time-start,from-no", "missing columns: time-answered, to-no"),
        (f"time-start,time-answered,from-no,to-no,{CALLER}", "columns that 3CX does not write, at place 5"),
    ],
)
def test_columns_that_are_not_3cx_s_are_refused(columns: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        read(record(), pairs=[f"columns={columns}"])
    assert caught.value.detail == words


def test_records_of_one_history_are_one_call() -> None:
    queue = record(time_answered="2026/01/05 10:00:00", final_type="Queue", duration="00:00:20", callid="a")
    desk = record(time_start="2026/01/05 10:00:20", time_answered="2026/01/05 10:00:32", callid="b")
    for records in ((queue, desk), (desk, queue)):
        event = call(*records)
        assert (event.started_at, event.outcome, event.ring_seconds) == (TEN, Outcome.ANSWERED, 32)
    assert len(read(queue, record(historyid="Call 612505"))) == 2


def test_an_id_is_found_or_made() -> None:
    assert call(record(historyid="")).call_key == BASE["callid"]
    made = call(record(historyid="", callid="")).call_key
    assert made.isalpha()
    assert call(record(historyid="", callid="", duration="00:00:01")).call_key == made


@pytest.mark.parametrize(
    ("final", "answered", "outcome"),
    [
        ("Extension", True, Outcome.ANSWERED), ("extension", True, Outcome.ANSWERED),
        ("ExternalLine", True, Outcome.ANSWERED), ("external_line", True, Outcome.ANSWERED),
        ("Queue", True, Outcome.MISSED), ("Ivr", True, Outcome.MISSED), ("RingGroup", True, Outcome.MISSED),
        ("script", True, Outcome.MISSED), ("VoiceMail", True, Outcome.VOICEMAIL),
        ("voice_mail", True, Outcome.VOICEMAIL), ("VoiceMail", False, Outcome.VOICEMAIL),
        ("Extension", False, Outcome.MISSED), ("", False, Outcome.MISSED), ("Unheard", True, Outcome.UNKNOWN),
        ("", True, Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_who_answered(final: str, answered: bool, outcome: Outcome) -> None:
    line = record(final_type=final) if answered else record(final_type=final, time_answered="")
    (row,) = read(line)
    assert isinstance(row.event, CallEvent)
    assert row.event.outcome is outcome
    assert row.event.talk_seconds == (336 if outcome is Outcome.ANSWERED else 0)
    assert bool(row.notes) == (outcome is Outcome.UNKNOWN)


def test_without_types_who_answered_an_incoming_call_is_unknown() -> None:
    pairs = [f"columns={','.join(NO_TYPES)}"]
    assert call(record(NO_TYPES), pairs=pairs).outcome is Outcome.UNKNOWN
    assert call(record(NO_TYPES, time_answered=""), pairs=pairs).outcome is Outcome.MISSED
    assert call(record(NO_TYPES, **going_out()), pairs=pairs).outcome is Outcome.ANSWERED
    # A leg that rang in vain does not make a missed call of one that somebody may have answered.
    both = (record(NO_TYPES, time_answered=""), record(NO_TYPES))
    assert call(*both, pairs=pairs).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, (IN, CALLER)),
        ({"from_no": ""}, (IN, "")),
        (going_out(), (OUT, CALLER)),
        (going_out(from_type=""), (OUT, CALLER)),
        (going_out(to_no="Ext.102", dial_no="102"), (OUT, "102")),
        (going_out(to_no=""), (OUT, f"9{CALLER}")),
        ({"from_no": f"Alice ({CALLER})"}, (IN, CALLER)),
    ],
)
def test_which_way_a_call_went(values: dict[str, str], expected: tuple[Direction, str]) -> None:
    event = call(record(**values))
    assert (event.direction, event.number) == expected


@pytest.mark.parametrize(
    ("text", "pairs", "hour"),
    [
        ("2026/07/05 10:00:00", (), 9), ("2026.07.05 10:00:00", ("utc=yes",), 10), ("2026-07-05T10:00:00Z", (), 10),
        ("05/07/26 10:00:00", ("dates=dmy",), 9), ("07/05/2026 10:00:00", ("dates=mdy",), 9),
    ],
)  # fmt: skip
def test_times(text: str, pairs: Sequence[str], hour: int) -> None:
    event = call(record(time_start=text, time_answered="", time_end=""), pairs=pairs)
    assert event.started_at == datetime(2026, 7, 5, hour, tzinfo=UTC)


def test_how_long_a_caller_waited() -> None:
    assert call(record()).ring_seconds == 12
    assert call(record(time_answered="", time_end="2026/01/05 10:00:40", duration="")).ring_seconds == 40
    assert call(record(time_answered="", time_end="", duration="00:00:30")).ring_seconds == 30
    assert call(record(time_answered="", time_end="2026/01/05 09:00:40")).ring_seconds == 0


def test_only_a_queue_gives_its_name_to_the_line() -> None:
    assert call(record(to_type="Extension")).line == ""
    assert call(record(to_dispname="02079460018")).line == ""


def test_fields_that_older_releases_leave_out() -> None:
    short = b",".join(record().strip().split(b",")[:20])
    assert call(short).outcome is Outcome.UNKNOWN
    assert call(record().strip() + b",,").outcome is Outcome.ANSWERED
    (row,) = read(b",".join(record().strip().split(b",")[:14]))
    assert isinstance(row.event, Refused)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"time_start": CALLER}, "time-start"), ({"time_start": "05/01/2026 10:00:00"}, "time-start"),
        ({"time_answered": "soon"}, "time-answered"), ({"duration": CALLER}, "duration"),
        ({"historyid": "x" * 201}, "historyid"), ({"from_no": "7.7009E+9"}, "from-no"),
    ],
)  # fmt: skip
def test_a_record_that_is_wrong_is_named_without_its_values(values: dict[str, str], field: str) -> None:
    (row,) = read(record(**values))
    assert isinstance(row.event, Refused)
    assert (row.event.__traceback__, row.event.__context__) == (None, None)
    assert row.event.field_name == field
    assert CALLER not in row.event.detail


def test_empty_lines_and_files() -> None:
    assert read() == []
    assert [row.line for row in read(b"\n", record())] == [2]


CELLS = st.one_of(
    st.text(max_size=20), st.sampled_from([*BASE.values(), "VoiceMail", '"', "99:99:99", "historyid"]),
    st.from_regex(r"[0-9]{1,14}", fullmatch=True),
)  # fmt: skip


@given(st.lists(st.lists(CELLS, max_size=28), max_size=5), st.booleans(), st.binary(max_size=60))
def test_no_file_breaks_it(rows: list[list[str]], has_header: bool, junk: bytes) -> None:
    lines = [",".join(row).replace("\n", " ").encode("utf-8", "surrogatepass") + b"\n" for row in rows] + [junk]
    header = [",".join(threecx.COLUMNS).encode()] if has_header else []
    try:
        for row in threecx.read([*header, *lines], Options(LONDON, "GB", {})):
            assert CALLER not in repr(row.event) + str(row.event) + "".join(row.notes)
    except Refused as refused:
        assert CALLER not in refused.detail


@given(st.sampled_from(threecx.COLUMNS), st.from_regex(r"[0-9]{11,13}", fullmatch=True))
def test_no_cell_is_ever_said(column: str, secret: str) -> None:
    for row in read(record(**{column.replace("-", "_"): secret})):
        assert secret not in repr(row.event) + str(row.event)
