"""Options of formats, and the lines of a file."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calls.domain import Refused
from calls.formats import COMMON_OPTIONS, BadOption, Options, asterisk, calls_csv, make_options, split_lines
from calls.formats.lines import MAX_LINE, Labels, LocalTimes, decode_line

LONDON = ZoneInfo("Europe/London")


def make(*pairs: str) -> Options:
    return make_options(asterisk.OPTIONS, pairs, LONDON, "GB")


def test_without_options_the_clinics_zone_and_region_count() -> None:
    assert make() == Options(LONDON, "GB", {})


def test_options_are_read() -> None:
    options = make("timezone=America/New_York", " region = us ", "inbound=a,b", "outbound=c")
    assert options == Options(ZoneInfo("America/New_York"), "US", {"inbound": "a,b", "outbound": "c"})
    assert make("utc=yes").values == {"utc": "yes"}
    assert make("inbound=a=b").values == {"inbound": "a=b"}


@pytest.mark.parametrize(
    ("pairs", "detail"),
    [
        (["zone=x"], 'unknown option "zone"; known are: inbound, outbound, region, timezone, utc'),
        (["inbound"], "an option is written name=value"),
        (["inbound="], "an option is written name=value"),
        (["inbound=a", "inbound=b"], 'option "inbound" stands twice'),
        (["utc=1"], 'option "utc" is yes or no'),
        (["utc=yes", "timezone=Europe/London"], 'options "utc" and "timezone" exclude each other'),
        (["inbound=a,b,", "outbound=c,,b"], "contexts that are both inbound and outbound: b"),
        (["timezone=Mars/Olympus"], 'unknown time zone "Mars/Olympus"; use a name like Europe/London'),
        (["timezone=../../etc/passwd"], 'unknown time zone "../../etc/passwd"; use a name like Europe/London'),
        (["timezone=/etc/localtime"], 'unknown time zone "/etc/localtime"; use a name like Europe/London'),
        (["timezone=Europe"], 'unknown time zone "Europe"; use a name like Europe/London'),
        (["region=UK"], 'unknown region "UK"; use two letters like GB or US'),
    ],
)
def test_bad_options_are_refused_clearly(pairs: list[str], detail: str) -> None:
    with pytest.raises(BadOption) as caught:
        make(*pairs)
    assert str(caught.value) == detail


def test_csv_has_the_common_options_only() -> None:
    assert make_options(calls_csv.OPTIONS, ["region=US"], LONDON, "GB").region == "US"
    with pytest.raises(BadOption, match="known are: region, timezone"):
        make_options(calls_csv.OPTIONS, ["utc=yes"], LONDON, "GB")
    assert set(COMMON_OPTIONS) == {"timezone", "region"}


def test_lines_are_split_and_long_ones_cut() -> None:
    long = b"x" * (3 * MAX_LINE + 10)
    lines = list(split_lines(io.BytesIO(b"a\r\n\n" + long + b"\nb\n" + long)))
    assert [line[:3] for line in lines] == [b"a\r\n", b"\n", b"xxx", b"b\n", b"xxx"]
    assert max(map(len, lines)) == MAX_LINE + 2
    with pytest.raises(Refused):
        decode_line(lines[2])
    fits = b"y" * (MAX_LINE - 1) + b"\n"
    assert list(split_lines(io.BytesIO(fits * 2))) == [fits, fits]
    assert decode_line(fits) == "y" * (MAX_LINE - 1)


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
def test_local_times_agree_with_the_zone_all_year(zone: str) -> None:
    """Every half hour of a year, there and back."""
    times = LocalTimes(ZoneInfo(zone))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    repeated = 0
    while at.year == 2026:
        local = at.astimezone(ZoneInfo(zone))
        read, notes = times.read(local.replace(tzinfo=None).isoformat(), "x")
        first = local.replace(fold=0).astimezone(UTC)
        assert read == first
        assert bool(notes) == (local.replace(fold=1).astimezone(UTC) != first)
        repeated += first != at
        at += timedelta(minutes=30)
    assert repeated == {"Europe/London": 2, "America/New_York": 2, "Australia/Lord_Howe": 1}.get(zone, 0)


def test_labels_are_checked_beyond_what_is_remembered() -> None:
    labels = Labels("line")
    for place in range(1100):
        assert labels.read(f" Desk {place}") == f"Desk {place}"
    with pytest.raises(Refused):
        labels.read("020 7946 0018")
