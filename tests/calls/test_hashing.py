"""Hashes, ids and names of callers; identifiers and labels that give a number away."""

import hashlib
import hmac
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import hashing
from calls.hashing import call_id, caller_hash, caller_name, can_tell, contains_number, label_tells, looks_like_number

KEY = bytes(range(32))
CLINIC = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
OTHER = uuid.UUID("00112233-4455-6677-8899-aabbccddee00")


def test_the_caller_hash_has_known_answers() -> None:
    assert caller_hash(KEY, CLINIC, "+447700900123").hex() == (
        "e4c7ad078dde2df5b5e02bf31fd1fd68b91170ae3418aaee6e505730525ef764"
    )
    assert caller_hash(KEY, CLINIC, "+12125550123").hex() == (
        "7447da4b72deb4982abf7d9fed8d81cb8a13a48f640937b1075c30e10bb26946"
    )


def test_the_caller_hash_is_the_documented_one() -> None:
    message = b"ringback/caller/v1" + b"\x00" + CLINIC.bytes + b"\x00" + b"+447700900123"
    assert caller_hash(KEY, CLINIC, "+447700900123") == hmac.new(KEY, message, hashlib.sha256).digest()


def test_a_number_means_nothing_under_another_key_or_in_another_clinic() -> None:
    hashes = {
        caller_hash(KEY, CLINIC, "+447700900123"),
        caller_hash(KEY, OTHER, "+447700900123"),
        caller_hash(bytes(32), CLINIC, "+447700900123"),
        caller_hash(KEY, CLINIC, "+447700900124"),
    }
    assert len(hashes) == 4


@pytest.mark.parametrize("e164", ["07700900123", "", "447700900123", "anonymous"])
def test_it_hashes_nothing_but_e164(e164: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164") as caught:
        caller_hash(KEY, CLINIC, e164)
    assert "7700" not in str(caught.value)


def test_it_refuses_a_short_key() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        caller_hash(KEY[:31], CLINIC, "+447700900123")
    with pytest.raises(ValueError, match="32 bytes"):
        call_id(KEY[:31], CLINIC, "csv", "1")


def test_the_call_id_has_known_answers() -> None:
    assert call_id(KEY, CLINIC, "twilio", "CA" + "0" * 32) == uuid.UUID("f89ac95c-f3f8-8eee-89c2-73c3ea922f61")
    assert call_id(KEY, CLINIC, "csv", "1") == uuid.UUID("b76dc25a-90d7-85b2-9c3f-85073c15e0b7")


def test_a_call_id_is_of_its_clinic_source_and_key() -> None:
    ids = {
        call_id(KEY, CLINIC, "csv", "1"), call_id(KEY, OTHER, "csv", "1"), call_id(bytes(32), CLINIC, "csv", "1"),
        call_id(KEY, CLINIC, "api", "1"), call_id(KEY, CLINIC, "csv", "2"), call_id(KEY, CLINIC, "csv1", ""),
        call_id(KEY, CLINIC, "cs", "v1"), call_id(KEY, CLINIC, "csv", "\ud800"),
    }  # fmt: skip
    assert len(ids) == 8


@given(st.text(max_size=40))
def test_a_call_id_is_a_uuid_of_version_8(call_key: str) -> None:
    made = call_id(KEY, CLINIC, "csv", call_key)
    assert (made.version, made.variant) == (8, uuid.RFC_4122)
    message = b"ringback/call/v1\x00" + CLINIC.bytes + b"\x00csv\x00" + call_key.encode()
    digest = int.from_bytes(hmac.new(KEY, message, hashlib.sha256).digest()[:16])
    fixed = (0xF << 76) | (0b11 << 62)
    assert made.int & ~fixed == digest & ~fixed


def test_a_callers_name_stays_the_same() -> None:
    assert caller_name(CLINIC) == "Walnut Swan 46"
    assert caller_name(uuid.UUID(int=0)) == "Amber Avocet 10"
    assert caller_name(uuid.UUID(int=0b000001_000000 + (89 << 12))) == "Amber Badger 99"
    assert caller_name(uuid.UUID(int=63)) == "Walnut Avocet 10"


def test_names_are_many() -> None:
    assert len(set(hashing._ADJECTIVES)) == len(hashing._ADJECTIVES) == 64
    assert len(set(hashing._ANIMALS)) == len(hashing._ANIMALS) == 64
    names = {caller_name(uuid.UUID(int=0x1234_5678_9ABC_DEF0 * step)) for step in range(1, 1000)}
    assert len(names) > 980


@given(st.uuids(version=4))
def test_a_name_is_two_words_and_a_number(caller: uuid.UUID) -> None:
    adjective, animal, number = caller_name(caller).split(" ")
    assert adjective in hashing._ADJECTIVES
    assert animal in hashing._ANIMALS
    assert 10 <= int(number) <= 99


NUMBER = "+447700900123"


@pytest.mark.parametrize("identifier", [
    "07700900123", "447700900123", "call-07700900123-1", "7700900", "0900123", "x0900123y", "07700 900 123",
    "07700-900-123", "0770.0900.123", "(07700) 900123", "07700_900_123", "07700/900/123",
    "2026-01-05T10:00/+447700900123",
    "id:4477009", "\uff10\uff17\uff17\uff10\uff10\uff19\uff10\uff10\uff11\uff12\uff13", "07700\u2013900123",
])  # fmt: skip
def test_an_identifier_with_seven_of_its_digits_gives_it_away(identifier: str) -> None:
    assert contains_number(identifier, NUMBER)
    assert contains_number(identifier, "+44 (0)7700 900-123") or "44" in identifier or "0770090" not in identifier


@pytest.mark.parametrize("identifier", [
    "", "1", "abc", "770090", "900123", "1497952162.0", "CA" + "0123456789abcdef" * 2, "2026-01-05T10:00:00",
    "7700x900123", "321009007744", "07700 90a0123", "20260105100000", "8d5b7f6e-0c1d-4e2f-8a3b-112233445566",
])  # fmt: skip
def test_an_identifier_with_fewer_does_not(identifier: str) -> None:
    assert not contains_number(identifier, NUMBER)


def test_a_short_number_cannot_be_given_away() -> None:
    assert not contains_number("101101101101", "101")
    assert not contains_number("1234567", "")


@given(st.text("0123456789", min_size=7, max_size=15), st.data())
def test_any_seven_in_a_row_are_found(number: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(number) - 7))
    separators = data.draw(st.lists(st.sampled_from(["", "-", " ", ".", "_", "/"]), min_size=7, max_size=7))
    run = "".join(digit + mark for digit, mark in zip(number[start : start + 7], separators, strict=True))
    assert contains_number(f"a{run}b", number)


@pytest.mark.parametrize("label", [
    "01202901222", "Line 01202 901222", "1-800-555-0123", "(01202) 901222", "+44.1202.901222", "1234567",
    "1 2 3 4 5 6 7",
    "[0120] {2901}", "01202\u2013901222",
])  # fmt: skip
def test_a_label_with_seven_digits_looks_like_a_number(label: str) -> None:
    assert looks_like_number(label)


@pytest.mark.parametrize(
    "label", ["", "Front desk", "Line 2", "123456", "Mon-Fri 08:30-17:30", "Room 12, 13, 14, 15", "1a2b3c4d5e6f7"]
)
def test_a_label_with_fewer_does_not(label: str) -> None:
    assert not looks_like_number(label)


@pytest.mark.parametrize("label", ["Main 07700,900,123", "07700*900*123", "07700/900#123", "0 7 7 0 0 9 0"])
def test_nothing_between_the_digits_hides_a_number_in_a_label(label: str) -> None:
    assert looks_like_number(label)


@pytest.mark.parametrize(
    ("label", "number", "tells"),
    [
        ("794600", "+441202794600", True),  # a local number
        ("Desk 79 46-00", "+441202794600", True),
        ("Desk 79460", "+441202794600", False),
        ("Line 946001", "+441202794600", False),
        ("New patients", "+441202794600", False),
        ("٧٩٤٦٠٠", "01202 794600", True),
        ("794600", "anonymous", False),
    ],
)
def test_a_label_that_tells_the_number_of_its_own_call(label: str, number: str, tells: bool) -> None:
    assert label_tells(label, number) is tells
    assert can_tell(label) or not tells
