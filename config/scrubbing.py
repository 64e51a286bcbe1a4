"""Takes out of texts and values what no log line and no error report may hold; the same for both. Knows no logger.

`tenants.masks` hides numbers and the tokens of addresses; here come credentials, mail addresses, network addresses, and
values whose name says enough. A last line of defence: whoever writes a line still leaves such things out.
"""

import datetime
import re
import traceback
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from django.db import Error as DatabaseProblem

from tenants.masks import mask, shorten_address

HIDDEN = "…"
LONGEST_TEXT = 8_000
MOST_ITEMS = 20
DEEPEST = 4
TELLING_DIGITS = 7  # so many may be somebody's number
DEEPEST_FRAMES = -40  # the innermost: where it broke

_SECRET_WORDS = "password|passwd|secret|token|authorization|cookie|api[-_]?key|session|csrf"  # noqa: S105 - names
_SECRET_NAME = re.compile(rf"{_SECRET_WORDS}|number|phone|caller_hash", re.IGNORECASE)
_LINE_BREAKERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*@"), f"{HIDDEN}@"),  # user and password of a server's address
    (re.compile(r"(\b(?:set-)?cookie|authorization)([\"']?\s*[=:]\s*)[^\n]+", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    (re.compile(r"\b(Bearer|Basic|Api-Key)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\brbk_[\w-]+"), f"rbk_{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),  # a JWT
    (re.compile(r"(/password/reset/key/)[^/\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"((?:password|passwd|secret)[\w-]*[\"']?\s*[=:]\s*)[^\n,;&}]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"((?:{_SECRET_WORDS})[\w-]*[\"']?\s*[=:]\s*)[^\s,;&}}]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"[\w.+%-]+@(?=[\w-]+(?:\.[\w-]+)*)"), f"{HIDDEN}@"),  # whose mail address it is
)
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:(?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4})(?![\w:])|\d{1,3}(?:\.\d{1,3}){3}(?!\w))",
    re.IGNORECASE,
)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104 - said in lines, not listened on


class Plain(str):
    """Text of our own making, such as a route: it stands in a line as it is. Never for what somebody sent."""

    __slots__ = ()


def scrub_text(text: str) -> str:
    text = _LINE_BREAKERS.sub(" ", text[:LONGEST_TEXT])
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return mask(_ADDRESS.sub(_shorten, text))


def scrub(value: Any, name: str = "", depth: int = 0) -> Any:
    """The value as a line may hold it: numbers, texts, lists and mappings of them; nothing under a telling name."""
    if isinstance(value, Plain) or value is None or isinstance(value, (bool, uuid.UUID)):
        return value
    if _SECRET_NAME.search(name) or depth > DEEPEST:
        return HIDDEN
    if isinstance(value, (int, float)):
        return value if abs(value) < 10 ** (TELLING_DIGITS - 1) else HIDDEN
    if isinstance(value, (datetime.date, datetime.timedelta)):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"{len(value)} bytes"
    if isinstance(value, BaseException):
        return describe_error(value)
    if isinstance(value, Mapping):
        some = list(value.items())[:MOST_ITEMS]
        return {scrub_text(str(key)): scrub(item, str(key), depth + 1) for key, item in some}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [scrub(item, name, depth + 1) for item in list(value)[:MOST_ITEMS]]
    return scrub_text(str(value))


def describe_error(error: BaseException) -> str:
    """`ValueError: text`; of a database error only what kind it is, because its text holds values of the row."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if is_of_database(error):
        state = getattr(error.__cause__ or error, "sqlstate", None)
        return f"{name} ({state})" if state else name
    try:
        text = scrub_text(str(error))
    except Exception:  # whatever it is that cannot say what it is
        text = HIDDEN
    return f"{name}: {text}" if text else name


def describe_traceback(error: BaseException) -> str:
    """The error and what caused it, oldest first, with places in our code and never with the values there."""
    parts = []
    for one in reversed(list(_causes(error))):
        parts += traceback.format_tb(one.__traceback__, limit=DEEPEST_FRAMES)
        parts.append(f"{describe_error(one)}\n")
    return "".join(parts).rstrip()


def is_of_database(error: BaseException) -> bool:
    return isinstance(error, (DatabaseProblem, psycopg.Error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _shorten(found: re.Match[str]) -> str:
    address = found[0]
    return address if address in _LOOPBACK else shorten_address(address) or address
