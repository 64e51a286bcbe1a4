"""Asterisk's call detail records: the real sample, every width, legs, directions, and what is refused."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import calls
from calls.domain import CallerKind, CallEvent, Direction, Outcome, Refused
from calls.formats import CALL_FORMATS, Options, ReadRow, asterisk, make_options
from calls.numbers import read_number

SAMPLE = Path(calls.__file__).parent / "samples" / "asterisk_master.csv"
LONDON = ZoneInfo("Europe/London")
CALLER, DESK = "07700900123", "101"
TEN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
COLUMNS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
BASE = {
    "src": CALLER, "dst": DESK, "dcontext": "from-pstn", "clid": f'"A Patient" <{CALLER}>',
    "channel": "PJSIP/trunk-0001",
    "dstchannel": "PJSIP/101-0002", "lastapp": "Dial", "lastdata": "PJSIP/101,20", "start": "2026-01-05 10:00:00",
    "answer": "2026-01-05 10:00:08", "end": "2026-01-05 10:01:00", "duration": "60", "billsec": "52",
    "disposition": "ANSWERED", "amaflags": "DOCUMENTATION",
}  # fmt: skip
UNIQUE, LINKED = "1767607200.17", "1767607200.11"


def options(*pairs: str) -> Options:
    return make_options(asterisk.OPTIONS, pairs, LONDON, "GB")


def line(*ends: str, **values: str) -> bytes:
    """A line as Asterisk writes it: text in quotes, numbers bare."""
    text = io.StringIO()
    fields = BASE | values
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow([fields.get(name, "") for name in COLUMNS] + list(ends))
    return text.getvalue().encode()


def read(lines: Iterable[bytes], *pairs: str) -> list[ReadRow[CallEvent]]:
    return list(asterisk.read(lines, options(*pairs)))


def call(*lines: bytes, pairs: Iterable[str] = ()) -> CallEvent:
    (row,) = read(lines, *pairs)
    assert isinstance(row.event, CallEvent), row.event
    assert row.lines == len(lines)
    return row.event


def refusals(rows: Iterable[ReadRow[CallEvent]]) -> list[tuple[int, str]]:
    return [(row.line, row.event.detail) for row in rows if isinstance(row.event, Refused)]


def test_it_reads_the_real_sample() -> None:
    lines = SAMPLE.read_bytes().splitlines(keepends=True)
    rows = read(lines, "inbound=hq,support,door", "outbound=production", "region=US")
    events = [row.event for row in rows if isinstance(row.event, CallEvent)]
    assert (len(lines), sum(row.lines for row in rows), len(events)) == (218, 218, 174)
    assert Counter((event.direction, event.outcome) for event in events) == {
        (IN, Outcome.ANSWERED): 62, (IN, Outcome.MISSED): 38, (OUT, Outcome.ANSWERED): 39, (OUT, Outcome.MISSED): 35,
    }  # fmt: skip
    assert Counter(event.line for event in events) == {"hq": 91, "production": 74, "door": 4, "support": 5}
    numbers = [read_number(event.number, "US") for event in events]
    assert {number.kind for number in numbers} == {CallerKind.CALLER}
    assert len({number.e164 for number in numbers}) == 71
    assert len({event.call_key for event in events}) == 174
    assert rows[0].event == CallEvent(
        "asterisk", "1497952162.0", IN, Outcome.ANSWERED, datetime(2017, 6, 20, 8, 49, 22, tzinfo=UTC),
        "791-445-9811", True, 10, 514, "hq",
    )  # fmt: skip


def test_without_options_the_sample_says_what_is_missing() -> None:
    rows = read(SAMPLE.read_bytes().splitlines())
    assert len(rows) == 218
    assert rows[0].line == 1
    wanted = 'calls of the context "hq" go neither in nor out: set the option inbound or outbound'
    assert refusals(rows)[0] == (1, wanted)


@pytest.mark.parametrize(
    ("ends", "key"),
    [
        ((UNIQUE,), UNIQUE), ((UNIQUE, "a note"), UNIQUE), ((UNIQUE, "", "", LINKED, "5"), LINKED),
        ((UNIQUE, "", LINKED, "5"), LINKED), (("a note", "", LINKED, "5"), LINKED), (("", LINKED, "5"), LINKED),
        ((UNIQUE, "a note", "", "", "5"), UNIQUE), (("pbx-" + UNIQUE,), "pbx-" + UNIQUE),
    ],
)  # fmt: skip
def test_every_width_that_asterisk_writes(ends: tuple[str, ...], key: str) -> None:
    assert call(line(*ends)) == CallEvent("asterisk", key, IN, Outcome.ANSWERED, TEN, CALLER, True, 8, 52, "from-pstn")


def test_files_without_ids_get_a_key_that_tells_nothing() -> None:
    legs = (line(dstchannel="PJSIP/101-1"), line(dstchannel="PJSIP/102-2"))
    key = call(*legs).call_key
    assert key.isalpha()
    assert len(key) == 40
    assert call(line("a note")).call_key == key
    others = [line(src="07700900124"), line(start="2026-01-05 10:00:01"), line(channel="PJSIP/trunk-0002")]
    assert len({call(other).call_key for other in others} | {key}) == 4


@pytest.mark.parametrize("width", [1, 9, 15, 22, 25])
def test_other_widths_are_refused(width: int) -> None:
    assert refusals(read([b",".join([b"x"] * width)])) == [
        (1, f"the line has {width} fields, Asterisk writes 16 to 21")
    ]


@pytest.mark.parametrize(
    ("values", "outcome", "talk"),
    [
        ({}, Outcome.ANSWERED, 52),
        ({"lastapp": "Queue"}, Outcome.ANSWERED, 52),
        ({"lastapp": "FollowMe"}, Outcome.ANSWERED, 52),
        ({"billsec": "0"}, Outcome.ANSWERED, 0),
        ({"lastapp": "Dial", "dstchannel": ""}, Outcome.MISSED, 0),
        ({"lastapp": "Queue", "dstchannel": ""}, Outcome.MISSED, 0),
        ({"lastapp": "VoiceMail"}, Outcome.VOICEMAIL, 0),
        ({"lastapp": "VoiceMail", "disposition": "NO ANSWER"}, Outcome.MISSED, 0),
        *(({"lastapp": app}, Outcome.MISSED, 0) for app in ("Hangup", "Wait", "Playback", "Answer", "BackGround", "")),
        *(
            ({"disposition": word}, Outcome.MISSED, 0)
            for word in ("NO ANSWER", "BUSY", "FAILED", "CONGESTION", "CANCEL", "no answer")
        ),
        ({"disposition": "UNKNOWN"}, Outcome.UNKNOWN, 0),
    ],
)
def test_what_counts_as_answered(values: dict[str, str], outcome: Outcome, talk: int) -> None:
    event = call(line(UNIQUE, **values))
    assert (event.outcome, event.talk_seconds) == (outcome, talk)


def test_legs_of_a_ring_group_are_one_call() -> None:
    missed = line(UNIQUE, duration="10", billsec="0", answer="", disposition="NO ANSWER")
    answered = line(UNIQUE, start="2026-01-05 10:00:05", duration="60", billsec="52")
    for legs in ((missed, answered), (answered, missed)):
        event = call(*legs)
        assert (event.outcome, event.talk_seconds) == (Outcome.ANSWERED, 52)
        assert (event.started_at, event.ring_seconds) == (TEN, 13)  # 5 s until the leg began, 8 s on it
    assert call(missed, missed).ring_seconds == 10
    longer = line(UNIQUE, duration="25", billsec="0", answer="", disposition="NO ANSWER")
    assert call(missed, longer).ring_seconds == 25


def test_an_answer_wins_over_the_voicemail_that_came_first() -> None:
    assert call(line(UNIQUE, lastapp="VoiceMail"), line(UNIQUE)).outcome is Outcome.ANSWERED


def test_the_first_channel_says_who_called_and_which_way() -> None:
    origin = line(LINKED, "", "", LINKED, "1", start="2026-01-05 10:00:01")
    transfer = line(UNIQUE, "", "", LINKED, "2", src="101", dst="102", dcontext="from-internal")
    for legs in ((origin, transfer), (transfer, origin)):
        event = call(*legs)
        assert (event.direction, event.number, event.line) == (IN, CALLER, "from-pstn")
        assert event.started_at == TEN


def test_a_leg_in_a_context_of_its_own_still_counts() -> None:
    event = call(line(UNIQUE, disposition="NO ANSWER"), line(UNIQUE, dcontext="desk-phones"))
    assert (event.direction, event.outcome) == (IN, Outcome.ANSWERED)


@pytest.mark.parametrize(
    ("context", "direction"),
    [
        ("from-pstn", IN), ("from-trunk", IN), ("from-did-direct", IN), ("ext-group", IN), ("ext-queues", IN),
        ("ivr-3", IN),
        ("from-trunk-sip-acme", IN), ("from-internal", OUT), ("from-internal-xfer", OUT), ("outbound-allroutes", OUT),
        ("practice", IN), ("north-1", IN), ("north-", IN), ("dialler", OUT), ("ivr-out", OUT),
    ],
)  # fmt: skip
def test_contexts_say_the_direction(context: str, direction: Direction) -> None:
    event = call(line(UNIQUE, dcontext=context), pairs=["inbound=practice, north-*", "outbound=dialler,ivr-out"])
    assert event.direction is direction
    assert event.number == (CALLER if direction is IN else DESK)


@pytest.mark.parametrize("context", ["default", "", "From-Pstn", "my-pstn", "hq"])
def test_other_contexts_are_refused_by_name(context: str) -> None:
    ((number, detail),) = refusals(read([line(UNIQUE, dcontext=context)]))
    assert number == 1
    assert "set the option inbound or outbound" in detail
    assert (f'"{context}"' in detail) == bool(context)


def test_contexts_named_after_a_number_are_never_shown() -> None:
    assert call(line(UNIQUE, dcontext="from-did-02079460018")).line == ""
    ((_, detail),) = refusals(read([line(UNIQUE, dcontext="did-02079460018")]))
    assert "7946" not in detail


def test_a_caller_without_src_is_looked_for_in_clid() -> None:
    assert read_number(call(line(UNIQUE, src="")).number, "GB").e164 == "+447700900123"
    assert read_number(call(line(UNIQUE, src="", clid='"" <>')).number, "GB").kind is CallerKind.WITHHELD


def test_times_are_the_servers() -> None:
    summer = line(UNIQUE, start="2026-07-05 10:00:00")
    assert call(summer).started_at == datetime(2026, 7, 5, 9, 0, tzinfo=UTC)
    assert call(summer, pairs=["utc=yes"]).started_at == datetime(2026, 7, 5, 10, 0, tzinfo=UTC)
    assert call(summer, pairs=["utc=no"]).started_at == datetime(2026, 7, 5, 9, 0, tzinfo=UTC)
    berlin = call(summer, pairs=["timezone=Europe/Berlin"])
    assert berlin.started_at == datetime(2026, 7, 5, 8, 0, tzinfo=UTC)


def test_the_repeated_hour_is_reported_and_the_missing_one_refused() -> None:
    (row,) = read([line(UNIQUE, start="2026-10-25 01:30:00"), line(UNIQUE, start="2026-10-25 01:30:00")])
    assert row.notes == ("start is in the hour that came twice: taken as the first",)
    ((_, detail),) = refusals(read([line(UNIQUE, start="2026-03-29 01:30:00")]))
    assert "check the time zone" in detail


def test_names_in_any_encoding_are_fine() -> None:
    name = '"Zo\u00eb" <07700900123>'
    for encoding in ("utf-8", "latin-1"):
        assert call(line(UNIQUE, clid=name).decode().encode(encoding)).number == CALLER


@pytest.mark.parametrize(
    ("values", "detail"),
    [
        ({"start": ""}, "start is not a time"), ({"start": "07700900123"}, "start is not a time"),
        ({"duration": ""}, "duration is not a whole number"), ({"billsec": "1.5"}, "billsec is not a whole number"),
        ({"disposition": "07700900123"}, "disposition is none"), ({"disposition": ""}, "disposition is none"),
    ],
)  # fmt: skip
def test_it_refuses_a_value_by_its_column(values: dict[str, str], detail: str) -> None:
    ((_, found),) = refusals(read([line(UNIQUE, **values)]))
    assert found.startswith(detail)
    assert "77009" not in found


def test_bad_lines_are_reported_and_reading_goes_on() -> None:
    lines = [line(UNIQUE), b"\n", b'"garbage', b"\x00\xff\xfe", b"x" * 5000, line("1767607300.1")]
    rows = read(lines)
    assert refusals(rows) == [
        (3, "a quote is not closed, or closed too early"),
        (4, "the line has 1 fields, Asterisk writes 16 to 21"),
        (5, "the line has more than 4096 octets"),
    ]
    assert [row.line for row in rows if isinstance(row.event, CallEvent)] == [1, 6]


def test_an_id_that_is_none_is_refused() -> None:
    ((_, detail),) = refusals(read([line("x" * 201, "")]))
    assert detail.startswith("uniqueid ")


def test_legs_far_apart_are_two_events_of_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.formats.legs.WINDOW", 3)
    others = [line(f"1767607300.{place}") for place in range(3)]
    near = read([line(UNIQUE), *others[:2], line(UNIQUE)])
    assert [row.lines for row in near if row.line == 1] == [2]
    assert [row.lines for row in read([line(UNIQUE)] * 8)] == [8]
    far = read([line(UNIQUE), *others, line(UNIQUE)])
    keys = [row.event.call_key for row in far if isinstance(row.event, CallEvent)]
    assert keys.count(UNIQUE) == 2
    assert [row.line for row in far][0] == 1


def test_a_call_of_endless_legs_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.formats.legs.MAX_LEGS", 5)
    assert [row.lines for row in read([line(UNIQUE)] * 12)] == [5, 5, 2]


def test_it_waits_for_no_more_lines_than_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.formats.legs.WINDOW", 50)
    taken = 0

    def lines() -> Iterable[bytes]:
        nonlocal taken
        for taken in range(1, 1001):
            yield line(f"{1_767_607_200 + taken}.1")

    rows = iter(asterisk.read(lines(), options()))
    for seen in range(1, 900):
        next(rows)
        assert taken <= seen + 51


def test_a_call_that_goes_on_does_not_hold_the_others_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.formats.legs.WINDOW", 10)
    lines = [line(UNIQUE if place % 2 else f"{1_767_607_200 + place}.1") for place in range(100)]
    rows = read(lines)
    assert rows[-1].line == 2  # touched last, so let go last
    assert [row.line for row in rows[:45]] == list(range(1, 90, 2))


def test_more_contexts_than_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.formats.dialplan.MAX_CONTEXTS", 2)
    lines = [line(f"1767607300.{place}", dcontext=f"ivr-{place % 5}") for place in range(20)]
    assert all(isinstance(row.event, CallEvent) for row in read(lines))


FREESWITCH = (
    b'"A Patient","07700900123","101","public","2026-01-05 10:00:00","2026-01-05 10:00:08",'
    b'"2026-01-05 10:01:00","60","52","NORMAL_CLEARING","7b2c1a0e-0f4d-4c6b-9a51-0c2f6f3f1a11","","","PCMA","PCMA"\n'
)


def test_freeswitchs_file_of_the_same_name_is_recognised() -> None:
    with pytest.raises(Refused, match="FreeSWITCH") as caught:
        asterisk.read([FREESWITCH], options())
    assert "77009" not in str(caught.value)
    with pytest.raises(Refused, match="FreeSWITCH"):
        asterisk.read([FREESWITCH.strip() + b',"x","y"\n'], options())


def test_an_empty_file_has_no_calls() -> None:
    assert read([]) == []
    assert read([b"\n", b"\n"]) == []


FIELD = st.one_of(st.text(max_size=10), st.sampled_from([*BASE.values(), UNIQUE, "07700900123"]))


@given(st.lists(st.lists(FIELD, min_size=15, max_size=22), max_size=4), st.binary(max_size=40))
def test_any_lines_are_read_or_refused(table: list[list[str]], junk: bytes) -> None:
    lines = [",".join(fields).encode("utf-8", "replace") for fields in table]
    for row in read([b"\n", *lines, junk], "inbound=*"):
        assert isinstance(row.event, CallEvent | Refused)
        assert "77009" not in repr(row)


@given(st.permutations(range(6)))
def test_the_order_of_near_lines_does_not_matter(order: list[int]) -> None:
    lines = [
        line(f"176760730{place // 3}.1", start=f"2026-01-05 10:00:0{place}", disposition=disposition)
        for place, disposition in enumerate(["BUSY", "BUSY", "BUSY", "BUSY", "ANSWERED", "BUSY"])
    ]
    events = {
        event.call_key: event
        for event in (row.event for row in read([lines[place] for place in order]))
        if isinstance(event, CallEvent)
    }
    assert [events[key].outcome for key in sorted(events)] == [Outcome.MISSED, Outcome.ANSWERED]
    assert events["1767607300.1"].started_at == TEN
    assert events["1767607301.1"].started_at == TEN + timedelta(seconds=3)


def test_the_registry_knows_it() -> None:
    assert CALL_FORMATS["asterisk"].TITLE == "Asterisk Master.csv"
