"""Turns numbers and call keys into keyed one-way tags, and callers into names; refuses identifiers that hide a number.

The keys come from the keystore and are arguments here. Nothing is cached and nothing is shortened that is a hash of a
number.
"""

import re
import uuid
from collections.abc import Callable, Collection, Sequence, Set
from hashlib import sha256
from typing import Final

KEY_LENGTH: Final = 32
LOCAL_DIGITS: Final = 6  # of the shortest local numbers
TELLING_DIGITS: Final = 7  # so many digits in a row identify a number within its country

_CALLER_TAG: Final = b"ringback/caller/v1\x00"
_CALL_TAG: Final = b"ringback/call/v1\x00"


def caller_hash(key: bytes, clinic_id: uuid.UUID, e164: str) -> bytes:
    """The 32 bytes under which a clinic finds a caller again while `key` lives. `e164` comes from `read_number`."""
    return caller_hasher(key, clinic_id)(e164)


def caller_hasher(key: bytes, clinic_id: uuid.UUID) -> Callable[[str], bytes]:
    """`caller_hash` for many numbers of one clinic."""
    if len(key) < KEY_LENGTH:
        raise ValueError(f"a caller key has at least {KEY_LENGTH} bytes")
    inner, outer = _hmac_pads(key)
    inner += b"%b%b\x00" % (_CALLER_TAG, clinic_id.bytes)

    def hash_number(e164: str) -> bytes:
        if e164[:1] != "+":
            raise ValueError("a number is hashed in E.164 only, or its spellings would be different callers")
        return sha256(outer + sha256(inner + e164.encode("ascii")).digest()).digest()

    return hash_number


def call_id(key: bytes, clinic_id: uuid.UUID, source: str, call_key: str) -> uuid.UUID:
    """The id of a call's row: the same for every message about it, and no way back to the provider's key.

    Keyed, because some phone systems build their call keys from a number and anybody could try all numbers.
    `source` is one of our own names and holds no NUL, so no two pairs of source and call key read the same.
    """
    return uuid.UUID(bytes=call_id_maker(key, clinic_id, source)(call_key))


def call_id_maker(key: bytes, clinic_id: uuid.UUID, source: str) -> Callable[[str], bytes]:
    """`call_id` for many calls of one source, as 16 bytes: an object for each would cost as much as the hash."""
    if len(key) < KEY_LENGTH:
        raise ValueError(f"a call key has at least {KEY_LENGTH} bytes")
    inner, outer = _hmac_pads(key)
    inner += b"%b%b\x00%b\x00" % (_CALL_TAG, clinic_id.bytes, source.encode())

    def make_id(call_key: str) -> bytes:
        digest = sha256(outer + sha256(inner + call_key.encode("utf-8", "surrogatepass")).digest()).digest()
        return (int.from_bytes(digest[:16]) & _ID_MASK | _ID_BITS).to_bytes(16)

    return make_id


def _hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """What HMAC-SHA-256 hashes before the message and before the first digest (RFC 2104).

    By hand, because hashing twice takes 0.8 us and `hmac.digest` 1.8, and an import does it two million times.
    """
    padded = (key if len(key) <= _BLOCK else sha256(key).digest()).ljust(_BLOCK, b"\x00")
    return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)


_BLOCK: Final = 64

# RFC 9562, section 5.8: version 8 is for ids with a meaning of their own; the variant stands in the 9th byte.
_ID_MASK: Final = (1 << 128) - 1 & ~(0xF << 76) & ~(0b11 << 62)
_ID_BITS: Final = 8 << 76 | 0b10 << 62


def hash_token(token: str) -> bytes:
    """What is kept of a webhook's token. SHA-256: the token has 192 random bits."""
    return sha256(token.encode()).digest()


def caller_name(caller: uuid.UUID) -> str:
    """A name by which people speak of a caller: one of 368,640, the same wherever the caller is shown.

    Made from the low bits of the random id, which are random in every version of UUID that we use.
    """
    bits = caller.int
    return f"{_ADJECTIVES[bits & 63]} {_ANIMALS[bits >> 6 & 63]} {10 + (bits >> 12 & 0xFFFFFFFF) % 90}"


def read_name(text: str) -> tuple[Set[str], int | None] | None:
    """What a caller's name, or a part of one, says of the id behind it; None for what is no part of a name.

    The last three hexadecimal digits that such an id can end in, and the number if one is given: "Heron", "amber heron"
    and "Amber Heron 42" are understood.
    """
    words = text.casefold().split()
    number = int(words.pop()) if len(words) > 1 and words[-1].isascii() and words[-1].isdecimal() else None
    if not 0 < len(words) < 3 or (number is not None and not 10 <= number < 100):
        return None
    first, last = _indices(_ADJECTIVES, words[0]), _indices(_ANIMALS, words[-1])
    if len(words) == 1:
        first, last = (first, range(64)) if first else (range(64), last)
    endings = {f"{animal << 6 | adjective:03x}" for adjective in first for animal in last}
    return (endings, number) if endings else None


def _indices(words: Sequence[str], wanted: str) -> Collection[int]:
    return [index for index, word in enumerate(words) if word.casefold() == wanted]


def _run_of_digits(separators: str) -> re.Pattern[str]:
    return re.compile(rf"\d(?:[{separators}]*\d){{{TELLING_DIGITS - 1}}}")


_DASHES: Final = r"\u2010-\u2015\u2212-"
_IDENTIFIER_SEPARATORS: Final = r"\s().,:;/_+\[\]{}" + _DASHES
_DROPPED: Final = re.compile(f"[{_IDENTIFIER_SEPARATORS}]+")
_RUN_IN_IDENTIFIER: Final = _run_of_digits(_IDENTIFIER_SEPARATORS)
# Fewer than in identifiers: a label may well say "08:30-17:30".
# Hours ("08:30-17:30") and lists ("12, 13, 14") are no numbers: signs of lists count without a space only.
_IN_LABEL = r"[\s().\[\]{}" + _DASHES + r"]*|[,;*#/|~_]"
_RUN_IN_LABEL: Final = re.compile(rf"\d(?:(?:{_IN_LABEL})\d){{{TELLING_DIGITS - 1}}}")


def contains_number(identifier: str, number: str) -> bool:
    """Whether an identifier gives its number away: seven or more of its digits in a row, with or without separators."""
    if _RUN_IN_IDENTIFIER.search(identifier) is None:  # nearly all of them, at a fifth of the price
        return False
    digits = _ascii_digits(_DROPPED.sub("", number))
    text = _ascii_digits(_DROPPED.sub("", identifier))
    # What all runs have in the middle; where the number is too long for that, nothing, which is in every text.
    if digits[len(digits) - TELLING_DIGITS : TELLING_DIGITS] not in text:
        return False
    runs = (digits[start : start + TELLING_DIGITS] for start in range(len(digits) - TELLING_DIGITS + 1))
    return any(run in text for run in runs)


def looks_like_number(label: str) -> bool:
    """Whether a label (of a line, a queue) holds seven or more digits in a row, whatever stands between them."""
    return _RUN_IN_LABEL.search(label) is not None


def label_tells(label: str, number: str) -> bool:
    """Whether a label gives its own call's number away: six of its digits in a row, a whole local number."""
    text = "".join(filter(str.isdecimal, label))
    if len(text) < LOCAL_DIGITS:
        return False
    digits, text = _ascii_digits("".join(filter(str.isdecimal, number))), _ascii_digits(text)
    return any(text[start : start + LOCAL_DIGITS] in digits for start in range(len(text) - LOCAL_DIGITS + 1))


def can_tell(label: str) -> bool:
    """Whether a label has digits enough to tell anybody's number at all."""
    return sum(map(str.isdecimal, label)) >= LOCAL_DIGITS


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(int(character)) if character.isdecimal() else character for character in text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# 64 of each: an index is six bits. Changing a word renames callers on every screen, so the lists only ever stay.
_ADJECTIVES: Final = _words(
    "Amber Apricot Aqua Ash Auburn Azure Beige Birch Blue Bronze Cedar Chalk Cherry Cinnamon Clay Cobalt "
    "Copper Coral Cream Crimson Crystal Denim Elm Emerald Fern Flax Garnet Glass Golden Granite Hazel Honey "
    "Indigo Ivory Jade Juniper Lavender Lilac Lime Linen Maple Marble Mint Moss Oak Ochre Olive Opal "
    "Pearl Pine Plum Quartz Russet Saffron Sage Sapphire Scarlet Silver Slate Teal Topaz Velvet Violet Walnut"
)
_ANIMALS: Final = _words(
    "Avocet Badger Beaver Bittern Bullfinch Bunting Chaffinch Curlew Deer Dipper Dolphin Dormouse Dove Dunlin Eider "
    "Falcon Fieldfare Finch Firecrest Flycatcher Gannet Goldcrest Goldfinch Grebe Greenfinch Hare Harrier Hedgehog "
    "Heron Kestrel Kingfisher Kittiwake Lapwing Lark Linnet Mallard Marten Moorhen Nightjar Nuthatch Osprey Otter Owl "
    "Partridge Petrel Pipit Plover Puffin Redpoll Redshank Redstart Redwing Sanderling Siskin Skylark Sparrow Squirrel "
    "Starling Swallow Swan Swift Wagtail Warbler Wren"
)
