"""The fast path of numbers: it says nothing, or what `phonenumbers` says."""

import random
import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers.phonemetadata import PhoneMetadata

from calls.numbers import _HOMES, _PLANS, WITHHELD_KEYPADS, _ask_library, _read_fast

REGIONS = sorted(_HOMES)
# The trunk prefixes of which a national number in `_PLANS` must not be able to begin, as the library writes them.
TRUNKS = {"44": "0|180020", "1": "1", "353": "0", "33": "0", "49": "0", "34": None, "31": "0"}


def judge(text: str, region: str) -> str | None:
    """The library itself, asked in the plainest way."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def agrees(text: str, region: str) -> bool:
    """Whether the fast path stays silent or agrees; true says that it spoke."""
    fast = _read_fast(text, region)
    if fast is None:
        return False
    assert fast == judge(text, region) == _ask_library(text, region), f"a form of {len(text)} characters in {region}"
    return True


@pytest.mark.parametrize("code", sorted(_PLANS))
def test_the_plans_are_within_the_librarys_metadata(code: str) -> None:
    """Why the fast path is equal: full lengths only, and nothing that could be taken for a trunk prefix."""
    region = phonenumbers.region_code_for_country_code(int(code))
    facts = PhoneMetadata.metadata_for_region(region, None)
    assert facts is not None
    assert facts.general_desc is not None
    assert facts.national_prefix_for_parsing == TRUNKS[code]
    assert facts.national_prefix_transform_rule is None
    counted = re.fullmatch(r"\[([0-9])-9\]\[0-9\]\{([0-9]+)(?:,([0-9]+))?\}", _PLANS[code])
    assert counted is not None
    shortest, longest = int(counted[2]) + 1, int(counted[3] or counted[2]) + 1
    assert set(range(shortest, longest + 1)) <= set(facts.general_desc.possible_length)
    trunk = TRUNKS[code]
    assert trunk is None or int(counted[1]) > int(trunk[0])


@pytest.mark.parametrize("region", REGIONS)
def test_it_agrees_on_a_sample_of_every_form(region: str) -> None:
    chance = random.Random(f"{region} 20260105")
    home = _HOMES[region][0][1:]
    spoken = 0
    for _ in range(4000):
        code = chance.choice([home, home, *_PLANS])
        national = "".join(chance.choice("0123456789") for _ in range(chance.randint(6, 12)))
        prefix = chance.choice(
            ["+" + code, "+" + code, "00" + code, "011" + code, code, "0", "1", "", "+" + code + "0"]
        )
        spoken += agrees(prefix + national, region)
    assert spoken > 150


@pytest.mark.parametrize("region", REGIONS)
def test_it_agrees_on_every_beginning_at_every_length(region: str) -> None:
    """All beginnings of three digits behind every prefix, at every length: where trunk codes and lengths meet."""
    chance = random.Random(region)
    home = _HOMES[region][0][1:]
    for prefix in ("+" + home, home, "0", "", "1", "00" + home, "011" + home):
        for start in range(1000):
            for length in range(8, 12):
                digits = f"{start:03d}" + "".join(chance.choice("0123456789") for _ in range(length - 3))
                agrees(prefix + digits, region)


@settings(max_examples=500)
@given(st.text("0123456789+", max_size=18), st.sampled_from(REGIONS))
def test_it_agrees_on_any_digits(text: str, region: str) -> None:
    agrees(text, region)


@settings(max_examples=500, deadline=None)
@given(st.from_regex(r"(?:\+|00|011|0|1)?(?:44|1|353|33|49|34|31)?[0-9]{7,12}", fullmatch=True))
def test_it_agrees_on_what_nearly_is_one(text: str) -> None:
    for region in REGIONS:
        agrees(text, region)


@pytest.mark.parametrize(
    "text", ["+44 7700 900123", "07700900123 ", "+447700900123\n", "\uff0b447700900123", "+44770090012\u0663"]
)
def test_it_leaves_everything_but_plain_digits_to_the_library(text: str) -> None:
    assert _read_fast(text, "GB") is None


@pytest.mark.parametrize("region", [*REGIONS, "XX"])
def test_it_knows_no_word_typed_on_keys(region: str) -> None:
    for digits in WITHHELD_KEYPADS:
        assert _read_fast(digits, region) is None
        assert _read_fast("+" + digits, region) is None
        assert _read_fast("00" + digits, region) is None


def test_the_common_spellings_take_it() -> None:
    for text, region in (
        ("+447700900123", "GB"), ("07700900123", "GB"), ("447700900123", "GB"), ("00447700900123", "GB"),
        ("+12125550123", "US"), ("2125550123", "US"), ("12125550123", "US"), ("+447700900123", "US"),
        ("0851234567", "IE"), ("+353851234567", "GB"),
    ):  # fmt: skip
        assert _read_fast(text, region) is not None
