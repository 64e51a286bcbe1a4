"""The reader that all adapters share: types, bounds, names of lines; and the samples hold drama numbers only."""

import json
import pickle
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from calls.domain import Refused
from calls.providers.fields import MAX_SECONDS, Fields, read_object, seconds_between
from tests.calls.phone_systems import PATIENT, PAYLOADS, TEN

DRAMA = re.compile(r"(44|0)?(7700900\d{3}|2079460\d{3})|1?20255501\d\d")
NUMBERED = re.compile(r"number|digits|phone|^value$|^from$|^to$")


def test_it_shows_nothing_of_what_it_holds() -> None:
    fields = read_object(f'{{"from": "{PATIENT}", "to": {{"number": "{PATIENT}"}}}}'.encode())
    for text in (repr(fields), str(fields), repr(fields.part("to")), str([fields])):
        assert "7700" not in text
    assert not hasattr(fields, "__dict__")
    with pytest.raises(TypeError, match="stays in this process"):
        pickle.dumps(fields)


def test_missing_null_and_empty_are_the_same() -> None:
    for fields in (Fields({}), Fields({"a": None}), Fields({"a": ""})):
        assert (fields.text("a"), fields.key("a"), fields.number("a"), fields.line("a")) == ("", "", "", "")
        assert (fields.seconds("a"), fields.epoch("a"), fields.instant("a")) == (None, None, None)
        assert fields.is_empty("a")
    assert (Fields({}).flag("a"), Fields({"a": None}).part("a").is_empty("b")) == (False, True)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Front desk", "Front desk"), (" Front desk ", "Front desk"), ("+44 20 7946 0018", ""),
        ("Desk 02079460018", ""),
        ("Hours 08:30-17:30", "Hours 08:30-17:30"), ("x" * 60, "x" * 40), ("x" * 39 + " y", "x" * 39), ("", ""),
    ],
)  # fmt: skip
def test_a_line_is_named_unless_its_name_is_its_number(name: str, line: str) -> None:
    assert Fields({"name": name}).line("name") == line


@pytest.mark.parametrize(
    ("value", "seconds"), [(0, 0), ("0", 0), (95, 95), ("95", 95), (Decimal("95.9"), 95), (MAX_SECONDS, MAX_SECONDS)]
)
def test_seconds_are_whole(value: object, seconds: int) -> None:
    assert Fields({"a": value}).seconds("a") == seconds


@pytest.mark.parametrize(
    "value", [-1, MAX_SECONDS + 1, "9" * 8, "-1", "1.5", " 1", True, [], {}, Decimal("1E999999999")]
)
def test_other_seconds_are_refused(value: object) -> None:
    with pytest.raises(Refused, match="a is not a number of seconds"):
        Fields({"a": value}).seconds("a")


@pytest.mark.parametrize(
    ("value", "a_second", "at"),
    [
        (1767607200, 1, TEN), ("1767607200", 1, TEN), (1767607200000, 1000, TEN), (0, 1, None),
        (Decimal("1767607200000.5"), 1000, TEN + timedelta(microseconds=500)),
    ],
)  # fmt: skip
def test_counts_from_1970_are_times(value: object, a_second: int, at: datetime | None) -> None:
    assert Fields({"a": value}).epoch("a", a_second) == at


@pytest.mark.parametrize(
    "value", [1, -1, 1767607200000, 4102444800, True, "x", "\u0661" * 10, [], Decimal("1E99999999")]
)
def test_other_times_are_refused(value: object) -> None:
    with pytest.raises(Refused, match="a is not a time"):
        Fields({"a": value}).epoch("a")


def test_an_instant_has_its_offset() -> None:
    for text in (
        "2026-01-05T10:00:00Z",
        "2026-01-05t10:00:00.000z",
        "2026-01-05 05:00:00-05:00",
        "2026-01-05T11:00+0100",
    ):
        at = Fields({"a": text}).instant("a")
        assert at == TEN
        assert at is not None and at.tzinfo is UTC
    for text in ("2026-01-05T10:00:00", "2026-02-30T10:00:00Z", "2026-W01-1T10:00:00Z", "2100-01-01T00:00:00Z"):
        with pytest.raises(Refused, match="a is not a time with its offset"):
            Fields({"a": text}).instant("a")


def test_seconds_between_two_times_are_bounded() -> None:
    assert seconds_between(TEN, TEN + timedelta(seconds=9, milliseconds=900)) == 9
    assert seconds_between(TEN, TEN + timedelta(days=8)) == MAX_SECONDS
    assert seconds_between(TEN, TEN - timedelta(seconds=1)) is None
    assert seconds_between(None, TEN) is None
    assert seconds_between(TEN, None) is None


def test_a_field_within_is_named_by_its_way() -> None:
    fields = Fields({"data": {"number": {"name": 7}, "list": [{"a": 7}]}})
    with pytest.raises(Refused, match=r"data\.number\.name is not"):
        fields.part("data").part("number").line("name")
    with pytest.raises(Refused, match=r"data\.list\[\]\.a is not"):
        fields.part("data").parts("list")[0].word("a")


def numbers_in(value: object, name: str = "") -> Iterator[str]:
    """What stands where a number may stand, of at least seven digits."""
    if isinstance(value, dict):
        for inner, child in value.items():
            yield from numbers_in(child, inner)
    elif isinstance(value, list):
        for child in value:
            yield from numbers_in(child, name)
    elif NUMBERED.search(name) and sum(letter.isdigit() for letter in str(value)) >= 7:
        yield re.sub(r"[^0-9]", "", str(value))


def test_the_samples_hold_drama_numbers_only() -> None:
    found = [number for path in PAYLOADS.rglob("*.json") for number in numbers_in(json.loads(path.read_text()))]
    assert [number for number in found if not DRAMA.fullmatch(number)] == []
    assert len(found) > 200
