"""Spellings of numbers: one caller each, none for who is withheld or not a person."""

import json
import pickle

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calls.domain import CallerKind
from calls.numbers import MAX_LENGTH, NORM_VERSION, NOT_A_PERSON, WITHHELD, WITHHELD_KEYPADS, Number, read_number

# (E.164, region, spellings): each is one caller. The numbers are of ranges kept for drama, or of shops' directories.
SPELLINGS = [
    ("+441202901222", "GB", [
        "01202901222", "441202901222", "+441202901222", "+44 1202 901222", "00441202901222", "+44 (0)1202 901222",
        "+44 (0) 1202 901222", "0044 (0)1202 901222", "+4401202901222", "4401202901222", "(01202) 901222",
        "01202-901-222", "01202.901.222", "01202/901222", " 01202 901222 ", "01202\u00a0901222", "01202\u2013901222",
        "\uff10\uff11\uff12\uff10\uff12\uff19\uff10\uff11\uff12\uff12\uff12", "\uff0b44 1202 901222",
        "\u0660\u0661\u0662\u0660\u0662\u0669\u0660\u0661\u0662\u0662\u0662", "\u202a+44 1202 901222\u202c",
        "++441202901222", "(+44) 1202 901222", "1202901222", "tel:+441202901222", "tel:+44-1202-901222;ext=12",
        "tel:01202901222", "tel:901222;phone-context=+441202",
        "tel:+441202901222;phone-context=+1", "TEL:+441202901222", "sip:+441202901222@example.org",
        "sip:+441202901222@10.0.0.1:5060;user=phone", "sips:01202901222@example.org;transport=tls",
        "sip:%2B441202901222@example.org", "sip:+441202901222;phone-context=x@example.org",
        "sip:+441202901222:secret@example.org", "<sip:+441202901222@example.org>;tag=1928", "01202901222@example.org",
        '"Front Desk" <01202901222>', '"" <+441202901222>', '"A <b>" <01202901222>', "'01202901222", '"01202901222"',
        "01202901222 ext. 12", "01202901222 ext 12", "01202901222x12", "01202901222 x 12", "01202901222 extension 12",
        "01202901222;ext=12", "01202901222#12", "01202901222#12#", "01202901222,,12", "01202901222;12",
        "+44 1202 901222 EXT: 12", "+441202901222x12",
    ]),
    ("+447700900123", "GB", ["07700 900123", "+447700900123", "7700900123", "00 44 7700 900123"]),
    ("+447700900123", "US", ["+44 7700 900123", "011 44 7700 900123", "011447700900123", "tel:+447700900123"]),
    ("+447700900123", "DE", ["00447700900123", "+44(0)7700900123"]),
    ("+17914459811", "US", ["791-445-9811", "17914459811", "+1 (791) 445-9811", "7914459811", "1-791-445-9811"]),
    ("+11905900260", "US", ["190-590-0260", "1905900260"]),
    ("+12125550123", "CA", ["(212) 555-0123", "2125550123", "12125550123", "+12125550123", "01112125550123"]),
    ("+12125550123", "GB", ["0012125550123", "+1 212 555 0123"]),
    ("+35315550123", "IE", ["01 555 0123", "+353 1 555 0123", "35315550123", "+353 (0)1 5550123", "0035315550123"]),
    ("+4930123456", "DE", ["030 123456", "+49 30 123456", "+49 (0)30 / 123456", "0049 30 123456"]),
    ("+33199001234", "FR", ["01 99 00 12 34", "+33 1 99 00 12 34", "0033199001234", "33199001234"]),
    ("+390612345678", "IT", ["06 1234 5678", "+39 06 1234 5678", "0039 06 12345678", "390612345678"]),
    ("+34912345678", "ES", ["912 345 678", "+34 912 345 678", "34912345678", "0034912345678"]),
    ("+61291234567", "AU", ["(02) 9123 4567", "+61 2 9123 4567", "0011 61 2 9123 4567"]),
]  # fmt: skip

WITHHELD_SPELLINGS = [
    None, "", " ", "\t", "anonymous", "Anonymous", "ANONYMOUS", " anonymous ", "unknown", "unavailable", "restricted",
    "Restricted", "private", "withheld", "blocked", "private number", "Private  Number", "PRIVATE_NUMBER",
    "private-number", "no caller id", "No Caller ID", "s", "S", "<unknown>", '"" <>', "<>", '""', '"Anonymous" <>',
    '"Anonymous" <anonymous>', '"unknown" <unknown>', "sip:anonymous@anonymous.invalid", "sip:anonymous@10.0.0.1",
    '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1928', "sip:thisis@anonymous.invalid",
    "sip:restricted@x.example",
    "sips:unavailable@unknown.invalid", "anonymous@anonymous.invalid", "SIP:Anonymous@Anonymous.Invalid",
    "sip:@x.example",
    *sorted(WITHHELD_KEYPADS), *("+" + digits for digits in sorted(WITHHELD_KEYPADS)),
    "+266 696 687", "sip:+266696687@x.example", "tel:+266696687", "-", "--", "sip:", "null", "None", "not available",
    "Unknown Caller",
]  # fmt: skip

NOT_PERSONS = [
    "1", "12", "101", "2001", "12345", "123456", "999", "+12345", "+123456", "88222", "*97", "*671202901222", "#31#",
    "h",
    "client:alice", "client:07700900123", "sip:alice@clinic.example", "sip:101@clinic.example", "sips:bob@x.example",
    "alice@clinic.example", "Dr Smith", "Reception", "0800FLOWERS", "1-800-FLOWERS", "caller 07700900123",
    "07700900123abc", "07700 900123 / 07700 900124", "+", "++", "()", "x12", "ext 12", "\x00", "07700900123\x00",
    "\u00b2\u00b2\u00b2\u00b2\u00b2\u00b2\u00b2\u00b2\u00b2\u00b2\u00b2", "+999123456789", "+7700900123", "12345678",
    "+44123456789012345", "1" * 40, "0" * 11, "012345678", "+44012345678", "+07700900123", "NaN", "4.47E+11", "tel:",
    "tel:101",
    "07700900123" + " " * MAX_LENGTH, "+447700900123;" + "x" * MAX_LENGTH, "\ud800", "\ud8007700900123",
]  # fmt: skip


@pytest.mark.parametrize(
    ("e164", "region", "spelling"), [(e164, region, text) for e164, region, texts in SPELLINGS for text in texts]
)
def test_it_reads_every_spelling_as_one_caller(e164: str, region: str, spelling: str) -> None:
    number = read_number(spelling, region)
    assert (number.kind, number.e164) == (CallerKind.CALLER, e164)


@pytest.mark.parametrize("region", ["GB", "US", "DE", "IT", "XX"])
@pytest.mark.parametrize("spelling", WITHHELD_SPELLINGS)
def test_it_makes_no_caller_of_who_is_withheld(spelling: str | None, region: str) -> None:
    assert read_number(spelling, region) == WITHHELD


@pytest.mark.parametrize("spelling", NOT_PERSONS)
def test_it_makes_no_caller_of_what_is_not_a_number(spelling: str) -> None:
    assert read_number(spelling, "GB") == NOT_A_PERSON


def test_numbers_that_are_possible_but_not_in_use_are_callers() -> None:
    for spelling, region in (("07700 900123", "GB"), ("791-445-9811", "US"), ("190-590-0260", "US")):
        assert not phonenumbers.is_valid_number(phonenumbers.parse(spelling, region))
        assert read_number(spelling, region).kind is CallerKind.CALLER


def test_a_number_without_its_area_code_is_nobodys() -> None:
    assert read_number("901222", "GB") == NOT_A_PERSON
    assert read_number("555-0123", "US") == NOT_A_PERSON


def test_short_numbers_are_nobodys_even_where_numbers_are_short() -> None:
    assert phonenumbers.is_possible_number(phonenumbers.parse("123456", "DE"))
    for spelling in ("123456", "12 34 56", "sip:123456@x.example", "+49301", "0049 30"):
        assert read_number(spelling, "DE") == NOT_A_PERSON
    assert read_number("1234567", "DE").e164 == "+491234567"


def test_an_unknown_region_reads_what_names_its_country() -> None:
    assert read_number("+447700900123", "XX").e164 == "+447700900123"
    assert read_number("07700900123", "XX") == NOT_A_PERSON
    assert read_number("07700900123", "") == NOT_A_PERSON


def test_a_number_does_not_show_itself() -> None:
    number = read_number("+447700900123", "GB")
    assert "7700" not in f"{number} {number!r} {[number]}"
    with pytest.raises(TypeError, match="stays in this process"):
        pickle.dumps(number)
    with pytest.raises(TypeError):
        json.dumps(number)
    with pytest.raises(TypeError):
        hash(number)
    assert number == Number(CallerKind.CALLER, "+447700900123")
    assert number != Number(CallerKind.CALLER, "+447700900124")
    assert number != "+447700900123"


def test_the_version_is_part_of_the_vectors() -> None:
    # When a vector above has to change, hashes of old rows and new ones do not meet: raise NORM_VERSION and say so.
    assert NORM_VERSION == 1


@given(st.text(max_size=MAX_LENGTH + 10), st.sampled_from(["GB", "US", "DE", "IT", "XX"]))
@example("+" * MAX_LENGTH, "GB")
def test_any_text_has_an_answer(text: str, region: str) -> None:
    number = read_number(text, region)
    assert (number.kind is CallerKind.CALLER) == bool(number.e164)
    if number.e164:
        assert number.e164[0] == "+"
        assert number.e164[1:].isascii()
        assert 7 <= len(number.e164[1:]) <= 17
        assert number.e164[1:].isdecimal()


ALPHABET = "0123456789+ -()./x;=,#@:<>\"'sipteland*\uff11\u0661\u200b"


@given(st.text(ALPHABET, max_size=24), st.sampled_from(["GB", "US", "FR"]))
def test_any_text_that_looks_like_one_has_an_answer(text: str, region: str) -> None:
    number = read_number(text, region)
    assert (number.kind is CallerKind.CALLER) == bool(number.e164)
    if number.e164:  # reading what was read changes nothing
        assert read_number(number.e164, region) == number


@given(
    st.sampled_from(["7700900", "1202901", "2079460"]),
    st.integers(0, 999),
    st.lists(st.sampled_from(["", " ", "-", ".", "(", ")", "\u00a0", "\u200b"]), min_size=12, max_size=12),
    st.sampled_from(["0", "+44", "0044", "44", "+44(0)", "+440"]),
)
def test_separators_and_prefixes_make_no_difference(start: str, end: int, between: list[str], prefix: str) -> None:
    digits = f"{start}{end:03d}"
    spelling = prefix + "".join(space + digit for space, digit in zip(between, digits, strict=False)) + between[-1]
    assert read_number(spelling, "GB").e164 == "+44" + digits
