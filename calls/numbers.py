"""Reads any spelling of a phone number; refuses to make a caller of a withheld, short or unreadable one.

`phonenumbers` is the judge. A number is read when it is *possible* (its length fits its country), not when it is
valid: valid means that a range is in use today, which changes with every release of the library and is false for
numbers that real phone systems and every sample show (Ofcom's drama range, unassigned area codes). Text that
is neither a number nor a known word for "withheld" is not a person: it must never become a caller that strangers share.

Nothing here is cached: a cache would hold numbers.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, final
from urllib.parse import unquote

import phonenumbers

from calls.domain import CallerKind, InMemoryOnly

# Raised whenever the same text could be read as another number than before: hashes made by two versions do not meet.
NORM_VERSION: Final = 1

MAX_LENGTH: Final = 64
SHORTEST_E164: Final = 7  # digits; shorter ones are extensions and short codes, in every country

# Words by which phone systems say that there is no number, after `_plain_words`.
WITHHELD_WORDS: Final = frozenset(
    {
        "", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld", "blocked", "private number",
        "no caller id", "s", "null", "none", "withheld number", "number withheld", "unknown number",
        "unknown caller", "private caller", "anonymous caller", "caller id blocked", "not available",
    }
)  # fmt: skip

# The same words typed on a telephone's keys, which Twilio and others send as if they were numbers:
# ANONYMOUS, RESTRICTED, UNAVAILABLE, UNKNOWN, BLOCKED.
WITHHELD_KEYPADS: Final = frozenset({"266696687", "7378742833", "86282452253", "8656696", "2562533"})


@final
class Number(InMemoryOnly):
    """What a spelling means. `e164` is "" unless `kind` is CALLER."""

    __slots__ = ("e164", "kind")

    def __init__(self, kind: CallerKind, e164: str = "") -> None:
        self.kind: Final = kind
        self.e164: Final = e164

    def __repr__(self) -> str:
        return f"Number({self.kind!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Number):
            return NotImplemented
        return self.kind == other.kind and self.e164 == other.e164

    __hash__ = None  # type: ignore[assignment]


WITHHELD: Final = Number(CallerKind.WITHHELD)
NOT_A_PERSON: Final = Number(CallerKind.NOT_A_PERSON)


def read_number(raw: str | None, region: str) -> Number:
    """Say who `raw` is, for a clinic in `region` (two capital letters). Never raises."""
    if raw is None:
        return WITHHELD
    e164 = _read_fast(raw, region)
    return Number(CallerKind.CALLER, e164) if e164 else _read_spelling(raw, region)


def read_common(text: str, region: str) -> str | None:
    """The E.164 of a spelling in one of the most common forms; None where `read_number` has to look closer."""
    return _read_fast(text, region)


def spell_nationally(e164: str, region: str) -> str:
    """As people in `region` write it: "07700 900123", or with its country code where it is from abroad."""
    number = phonenumbers.parse(e164)
    at_home = number.country_code == phonenumbers.country_code_for_region(region)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


# The fast path: forms of which a test shows, from the library's metadata and by samples, that the library agrees.
# What they have in common: the national part has one of the country's full lengths and cannot begin with its trunk
# prefix, so the library has nothing to strip, guess or fall back to. All other forms go to the library.
_PLANS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "44": "[1-9][0-9]{9}",
        "1": "[2-9][0-9]{9}",
        "353": "[1-9][0-9]{7,8}",
        "33": "[1-9][0-9]{8}",
        "49": "[1-9][0-9]{7,10}",
        "34": "[5-9][0-9]{8}",
        "31": "[1-9][0-9]{8}",
    }
)
_ABROAD: Final = "|".join(code + plan for code, plan in _PLANS.items())


def _home(code: str, prefix: str, trunk: str, bare: bool = True) -> tuple[str, re.Pattern[str]]:
    """The forms seen in one region: +CC and prefix CC, CC without plus if it cannot be national, trunk and number.

    Group 1 or 2 is a number with its country code, group 3 one without.
    """
    without_plus = f"({code}{_PLANS[code]})" if bare else "(?!)()"
    # A withheld word typed on keys has the length of a national number in some countries.
    not_a_word = f"(?!(?:{'|'.join(sorted(WITHHELD_KEYPADS))})\\Z)"
    return "+" + code, re.compile(rf"(?:\+|{prefix})({_ABROAD})|{not_a_word}(?:{without_plus}|{trunk}({_PLANS[code]}))")


_HOMES: Final[Mapping[str, tuple[str, re.Pattern[str]]]] = MappingProxyType(
    {
        "GB": _home("44", "00", "0"),
        "IE": _home("353", "00", "0"),
        "US": _home("1", "011", ""),
        "CA": _home("1", "011", ""),
        "FR": _home("33", "00", "0"),
        "ES": _home("34", "00", ""),
        "NL": _home("31", "00", "0", bare=False),  # "31" and nine digits is a possible national number
        "DE": _home("49", "00", "0", bare=False),  # "49" begins national numbers too
    }
)


def _read_fast(text: str, region: str) -> str | None:
    home = _HOMES.get(region)
    if home is None:
        return None
    found = home[1].fullmatch(text)
    if found is None:
        return None
    group = found.lastindex or 0
    return (home[0] if group == 3 else "+") + found[group]


# The slow path: take the spelling apart, then ask the library about the digits.
_EXTENSION: Final = re.compile(r"(?:;ext=|[\s,;]*(?:ext(?:ensi(?:o|ó)n|n)?|int|x|#)[.:\s]*|[,;]+\s*)([0-9]{1,9})#?$")
_ANGLES: Final = re.compile(r"<([^<>]*)>")
_CONTEXT: Final = re.compile(r";phone-context=(\+[^;]*)")


def _read_spelling(raw: str, region: str) -> Number:
    if len(raw) > MAX_LENGTH:
        return NOT_A_PERSON
    text = _address(raw).casefold()
    if _plain_words(text) in WITHHELD_WORDS:
        return WITHHELD
    scheme, colon, rest = text.partition(":")
    if scheme in ("sip", "sips") and colon:
        return _read_sip(rest, region)
    if scheme == "tel" and colon:
        return _read_tel(rest, region)
    return _read_sip(text, region) if "@" in text else _read_digits(_EXTENSION.sub("", text), region)


def _address(raw: str) -> str:
    """What stands in angle brackets, when a display name stands before it."""
    found = _ANGLES.findall(raw)
    return (found[-1] if found else raw).strip(" \t\r\n'\"<>")


def _plain_words(text: str) -> str:
    return " ".join(re.sub(r"[\s_-]+", " ", text).split())


def _read_sip(rest: str, region: str) -> Number:
    """`user@host` without its scheme: a number when the user part is one, else a desk of the clinic."""
    user, _, host = unquote(rest).partition("@")
    user = user.partition(";")[0].partition(":")[0]  # parameters, and a password
    if _plain_words(user) in WITHHELD_WORDS or re.split("[;:?]", host)[0].endswith("anonymous.invalid"):
        return WITHHELD
    return _read_digits(user, region)


def _read_tel(rest: str, region: str) -> Number:
    number = rest.partition(";")[0]
    context = _CONTEXT.search(rest)
    return _read_digits((context[1] if context and "+" not in number else "") + number, region)


def _read_digits(text: str, region: str) -> Number:
    compact = _compact(text)
    digits = compact.lstrip("+")
    if digits in WITHHELD_KEYPADS:
        return WITHHELD
    if len(digits) < SHORTEST_E164:
        return NOT_A_PERSON
    e164 = _read_fast(compact, region) or _ask_library(compact, region)
    return Number(CallerKind.CALLER, e164) if e164 else NOT_A_PERSON


def _compact(text: str) -> str:
    """An optional "+" and ASCII digits, or "" when the text holds anything but digits and what people put between."""
    kept = "".join(_ascii_digit(character) for character in text)
    plus = kept.startswith("+")
    digits = kept.lstrip("+")
    if not digits.isdecimal():
        return ""
    return "+" + digits if plus else digits


def _ascii_digit(character: str) -> str:
    """The character's digit, "+", "" for a separator, or "?" for what does not belong into a number."""
    if "0" <= character <= "9":
        return character
    if character in "+\uff0b":
        return "+"
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    # Spaces, dashes, invisible marks that come along when numbers are copied from telephones.
    if character in "()[]./\u2212\uff08\uff09\u30fb\uff0e\t" or unicodedata.category(character) in ("Zs", "Pd", "Cf"):
        return ""
    return "?"


def _ask_library(compact: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(compact, region)
    except phonenumbers.NumberParseException:
        return None
    # IS_POSSIBLE_LOCAL_ONLY lacks its area code: two towns would share one caller.
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    # A zero that is left in front is right in Italy or the Ivory Coast, where such numbers are valid. Elsewhere it is
    # a trunk zero of a number that is too short without it.
    if not possible or (number.italian_leading_zero and not phonenumbers.is_valid_number(number)):
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 if len(e164) > SHORTEST_E164 else None
