"""FreePBX's exports: with a header and without, in every order of days, legs, directions, mailboxes."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import calls
from calls.domain import CallEvent, Direction, Outcome, Refused
from calls.formats import CALL_FORMATS, BadOption, Options, ReadRow, freepbx, make_options, split_lines

LONDON = ZoneInfo("Europe/London")
CALLER, CLINIC = "07700900123", "442079460100"
TEN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
UNIQUE, LINKED = "1767607200.17", "1767607200.11"
BASE = {
    "calldate": "2026-01-05 10:00:00", "clid": f'"A Patient" <{CALLER}>', "src": CALLER, "dst": "600",
    "dcontext": "ext-queues", "channel": "PJSIP/trunk-0001", "dstchannel": "PJSIP/101-0002", "lastapp": "Queue",
    "lastdata": "600,t", "duration": "60", "billsec": "52", "disposition": "ANSWERED", "amaflags": "3",
    "accountcode": "", "uniqueid": UNIQUE, "userfield": "",
}  # fmt: skip
# The same table as the CDR report of release 17 writes it, and as a dump of an older one does.
NEW = (*freepbx.COLUMNS, "did", "cnum", "cnam", "outbound_cnum", "outbound_cnam", "dst_cnam", "recordingfile",
       "linkedid", "peeraccount", "sequence")  # fmt: skip
OLD = (*freepbx.COLUMNS, "did", "recordingfile", "cnum", "cnam", "outbound_cnum", "outbound_cnam", "linkedid",
       "peeraccount", "sequence")  # fmt: skip
LATE = {"did": CLINIC, "linkedid": LINKED, "sequence": "9"}


def line(columns: Sequence[str] = freepbx.COLUMNS, delimiter: str = ",", **values: str) -> bytes:
    text = io.StringIO()
    fields = BASE | (LATE if "linkedid" in columns else {}) | values
    csv.writer(text, delimiter=delimiter).writerow([fields.get(name, "") for name in columns])
    return text.getvalue().encode()


def header(columns: Sequence[str], delimiter: str = ",") -> bytes:
    return delimiter.join(columns).encode() + b"\n"


def read(*lines: bytes, pairs: Sequence[str] = (), region: str = "GB") -> list[ReadRow[CallEvent]]:
    how = make_options(freepbx.OPTIONS, pairs, LONDON, region)
    return list(freepbx.read(lines, how))


def call(*lines: bytes, pairs: Sequence[str] = (), region: str = "GB") -> CallEvent:
    (row,) = read(*lines, pairs=pairs, region=region)
    assert isinstance(row.event, CallEvent), row.event
    return row.event


def refusal(*lines: bytes) -> str:
    (row,) = read(*lines)
    assert isinstance(row.event, Refused)
    assert (row.event.__traceback__, row.event.__context__) == (None, None)
    return row.event.detail


def test_it_reads_the_report_of_old_releases() -> None:
    event = CallEvent("freepbx", UNIQUE, IN, Outcome.ANSWERED, TEN, CALLER, True, 8, 52, "ext-queues")
    assert read(line()) == [ReadRow(1, event)]


@pytest.mark.parametrize("columns", [freepbx.COLUMNS, NEW, OLD, tuple(reversed(NEW))], ids=["16", "26", "25", "mixed"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_it_reads_a_header_of_any_order(columns: Sequence[str], delimiter: str) -> None:
    (row,) = read(header(columns, delimiter).upper(), line(columns, delimiter))
    assert isinstance(row.event, CallEvent)
    assert (row.line, row.event.call_key) == (2, LINKED if "linkedid" in columns else UNIQUE)
    assert (row.event.direction, row.event.number, row.event.started_at) == (IN, CALLER, TEN)


@pytest.mark.parametrize("columns", [NEW, OLD], ids=["26", "25"])
def test_the_linked_id_is_found_without_a_header(columns: Sequence[str]) -> None:
    assert call(line(columns), line(columns, uniqueid=LINKED)).call_key == LINKED


def test_legs_of_a_ring_group_are_one_call() -> None:
    legs = [
        line(OLD, uniqueid=LINKED, disposition="NO ANSWER", billsec="0", duration="20"),
        line(OLD, uniqueid="1767607200.12", disposition="NO ANSWER", billsec="0", duration="20"),
        line(OLD, uniqueid="1767607200.13", calldate="2026-01-05 10:00:20", duration="70", billsec="60"),
    ]
    event = call(*legs)
    assert (event.outcome, event.talk_seconds, event.ring_seconds) == (Outcome.ANSWERED, 60, 30)
    assert call(*reversed(legs)).outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("text", "region", "pairs", "at"),
    [
        ("5/1/2026 10:00:00", "GB", (), TEN), ("05/01/2026 10:00", "GB", (), TEN), ("1/5/2026 10:00:00", "US", (), TEN),
        ("1/5/2026 10:00:00", "GB", ("dates=mdy",), TEN), ("5/1/2026 10:00:00", "US", ("dates=dmy",), TEN),
        ("2026-01-05 10:00:00", "US", (), TEN), ("2026/01/05 10:00:00", "GB", (), TEN),
        ("5/1/2026 10:00:00", "GB", ("utc=yes",), TEN),
        ("5/7/2026 10:00:00", "GB", (), datetime(2026, 7, 5, 9, 0, tzinfo=UTC)),
        ("5/7/2026 10:00:00", "GB", ("utc=yes",), datetime(2026, 7, 5, 10, 0, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_dates_of_every_country(text: str, region: str, pairs: Sequence[str], at: datetime) -> None:
    assert call(line(calldate=text), pairs=pairs, region=region).started_at == at


def test_an_order_that_is_none_is_refused() -> None:
    with pytest.raises(BadOption, match="dmy or mdy"):
        read(line(), pairs=["dates=ymd"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, (IN, CALLER)),
        ({"dcontext": "from-internal", "src": "101", "dst": CALLER}, (OUT, CALLER)),
        ({"dcontext": "from-internal", "src": "101", "dst": "102"}, (OUT, "102")),
        ({"dcontext": "from-pstn", "src": "", "clid": f'"A" <{CALLER}>'}, (IN, CALLER)),
        ({"dcontext": "from-pstn", "src": "", "clid": "anonymous"}, (IN, "anonymous")),
    ],
)
def test_which_way_a_call_went(values: dict[str, str], expected: tuple[Direction, str]) -> None:
    event = call(line(**values))
    assert (event.direction, event.number) == expected


def test_a_dialled_number_says_that_a_call_came_in() -> None:
    values = {"dcontext": "somewhere-of-ours", "linkedid": UNIQUE}
    assert call(header(NEW), line(NEW, **values)).direction is IN
    assert "set the option inbound or outbound" in refusal(header(NEW), line(NEW, did="", **values))


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({}, Outcome.ANSWERED), ({"disposition": "NO ANSWER"}, Outcome.MISSED),
        ({"disposition": "BUSY"}, Outcome.MISSED), ({"lastapp": "VoiceMail", "dst": "600"}, Outcome.VOICEMAIL),
        ({"lastapp": "Dial", "dst": "vmu101"}, Outcome.VOICEMAIL),
        ({"lastapp": "Hangup", "dst": "vmb600"}, Outcome.VOICEMAIL),
        ({"lastapp": "Playback"}, Outcome.MISSED), ({"dstchannel": ""}, Outcome.MISSED),
        ({"disposition": "NO ANSWER", "dst": "vmu101"}, Outcome.MISSED), ({"disposition": "UNKNOWN"}, Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_how_a_call_ended(values: dict[str, str], outcome: Outcome) -> None:
    assert call(line(**values)).outcome is outcome


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([b"a,b,c\n"], "has 3 fields"),
        ([header(("calldate", "src"))], "missing columns: dst, dcontext"),
        ([b"name," * 15 + b"name\n"], "neither with FreePBX's columns"),
        ([line().decode().encode("utf-16")], "UTF-16"),
    ],
)
def test_another_program_s_file_is_refused(lines: list[bytes], words: str) -> None:
    with pytest.raises(Refused) as caught:
        read(*lines)
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"calldate": "13/13/2026 10:00:00"}, "calldate "), ({"calldate": CALLER}, "calldate "),
        ({"duration": CALLER}, "duration "), ({"billsec": "-1"}, "billsec "), ({"disposition": CALLER}, "disposition "),
        ({"uniqueid": "x" * 201}, "uniqueid "),
    ],
)  # fmt: skip
def test_a_line_that_is_wrong_is_named_without_its_values(values: dict[str, str], words: str) -> None:
    detail = refusal(header(freepbx.COLUMNS), line(**values))
    assert detail.startswith(words)
    assert CALLER not in detail


def test_a_line_of_another_width_and_empty_ones() -> None:
    rows = read(line(), b"\n", b"1,2\n", line(NEW))
    assert [row.line for row in rows if isinstance(row.event, Refused)] == [3, 4]
    assert read() == []


def test_an_asterisk_file_in_freepbx_s_order_is_the_same_calls() -> None:
    """The real company's records, with their columns moved: both formats find the same calls in them."""
    sample = Path(calls.__file__).parent / "samples" / "asterisk_master.csv"
    pairs = ("region=US", "inbound=hq,support,door", "outbound=production")
    how = make_options(freepbx.OPTIONS, pairs, LONDON, "GB")
    text = io.StringIO()
    for row in csv.reader(sample.open(newline="")):
        acct, src, dst, ctx, clid, chan, dchan, app, data, start, _, _, dur, bill, disp, ama, unique, user = row
        moved = [start, clid, src, dst, ctx, chan, dchan, app, data, dur, bill, disp, ama, acct, unique, user]
        csv.writer(text).writerow(moved)
    with sample.open("rb") as file:
        theirs = list(CALL_FORMATS["asterisk"].read(split_lines(file), how))
    ours = list(freepbx.read(text.getvalue().encode().splitlines(keepends=True), how))
    assert len(ours) == len(theirs) == 174

    def facts(rows: list[ReadRow[CallEvent]]) -> set[tuple[object, ...]]:
        events = [row.event for row in rows if isinstance(row.event, CallEvent)]
        return {
            (one.call_key, one.direction, one.outcome, one.started_at, one.number, one.talk_seconds, one.line)
            for one in events
        }

    assert facts(ours) == facts(theirs)


CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from([*BASE.values(), UNIQUE, "calldate", '"', "vmu101", "5/1/2026 10:00"]),
    st.from_regex(r"[0-9]{1,14}", fullmatch=True),
)


@given(st.lists(st.lists(CELLS, max_size=27), max_size=5), st.booleans(), st.binary(max_size=60))
def test_no_file_breaks_it(rows: list[list[str]], has_header: bool, junk: bytes) -> None:
    lines = [",".join(row).replace("\n", " ").encode("utf-8", "surrogatepass") + b"\n" for row in rows] + [junk]
    how = Options(LONDON, "GB", {})
    try:
        for row in freepbx.read([header(NEW), *lines] if has_header else lines, how):
            assert CALLER not in repr(row.event) + str(row.event)
    except Refused as refused:
        assert CALLER not in refused.detail


@given(st.sampled_from(sorted(set(NEW) - {"dcontext"})), st.from_regex(r"[0-9]{11,13}", fullmatch=True))
def test_no_cell_is_ever_said(column: str, secret: str) -> None:
    for row in read(header(NEW), line(NEW, **{column: secret})):
        assert secret not in repr(row.event) + str(row.event)
