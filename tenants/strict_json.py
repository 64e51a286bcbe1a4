"""Reads JSON as RFC 8259 means it and refuses what two readers could read in two ways; never repeats what it read.

Pure. Refused are other encodings than UTF-8, a byte order mark, names that come twice, NaN and infinities, numbers
that no field of ours could hold, deep nesting, and what PostgreSQL cannot store: NUL and half a surrogate pair.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn

MAX_DEPTH: Final = 8
_BOM: Final = b"\xef\xbb\xbf"
_LONGEST_INTEGER: Final = 16
_LONGEST_DECIMAL: Final = 24


class BadJson(ValueError):
    """Not JSON as we take it; the message says why and holds nothing of the text."""


def read_json(body: bytes) -> Any:
    """The value; numbers with a point or an exponent become `Decimal`. Raises `BadJson`."""
    if body.startswith(_BOM):
        raise BadJson("The body begins with a byte order mark.")
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_read_object,
            parse_int=_read_integer,
            parse_float=_read_decimal,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        reason = "The body is not UTF-8."
    except json.JSONDecodeError as error:
        reason = f"The body is not JSON: line {error.lineno}, column {error.colno}."
    except RecursionError:
        reason = _TOO_DEEP
    else:
        _require_plain(value, 1)
        return value
    raise BadJson(reason)  # outside of the except: a context would carry the body along


_TOO_DEEP: Final = f"The body is nested more than {MAX_DEPTH} levels deep."


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadJson("An object has the same name twice.")
    return value


def _read_integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise BadJson("A number is too long.")
    return int(text)


def _read_decimal(text: str) -> Decimal:
    if len(text) > _LONGEST_DECIMAL:
        raise BadJson("A number is too long.")
    return Decimal(text)


def _refuse_constant(word: str) -> NoReturn:
    raise BadJson("NaN and infinities are not numbers of JSON.")


def _require_plain(value: Any, depth: int) -> None:
    if isinstance(value, str):
        _require_storable(value)
    elif isinstance(value, (list, dict)):
        if depth > MAX_DEPTH:
            raise BadJson(_TOO_DEEP)
        if isinstance(value, Mapping):
            for name in value:
                _require_storable(name)
        for child in value.values() if isinstance(value, dict) else value:
            _require_plain(child, depth + 1)


def _require_storable(text: str) -> None:
    if "\x00" in text:
        raise BadJson("A text holds the character NUL.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise BadJson("A text holds half a surrogate pair.")
