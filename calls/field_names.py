"""The names of the fields that a message has, for the page that says what was received; no value is looked at.

Pure. Names come from outside: what could tell a number or an address, is long or oddly spelt, is "(other)". A message
is looked at once it is verified and stored, so nobody but the phone system makes names up. Within objects names are
joined by dots, and `[]` stands for each item of a list: `parties[].status.code`.
"""

import base64
import binascii
import json
import re
from typing import Any, Final
from urllib.parse import unquote_plus

OTHER: Final = "(other)"
MAX_NAME: Final = 64
MAX_OF_MESSAGE: Final = 200
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.\-\[\]]{1,64}")
_TELLING: Final = re.compile(r"(?:[0-9][^0-9]*){5}")  # five digits, whatever stands between them


def list_field_names(body: bytes) -> frozenset[str]:
    """Of a form, of an object, or of an object within a signed token; none where it can't be read."""
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        return _of_object(text)
    if "=" in text:
        return frozenset(clean_name(unquote_plus(pair.partition("=")[0])) for pair in _pairs(text))
    return _of_object(_payload_of_token(text))


def clean_name(name: str) -> str:
    """The name, or "(other)" for what is not plainly one."""
    return name if _PLAIN.fullmatch(name) and not _TELLING.search(name) else OTHER


def _pairs(text: str) -> list[str]:
    return text.split("&", MAX_OF_MESSAGE)[:MAX_OF_MESSAGE]


def _of_object(text: str) -> frozenset[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return frozenset()
    paths: set[str] = set()
    if value and isinstance(value, dict):
        _add_paths(value, "", paths)
    return frozenset(map(clean_name, paths))


def _add_paths(value: Any, path: str, paths: set[str]) -> None:
    if len(paths) >= MAX_OF_MESSAGE:
        return
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            _add_paths(inner, f"{path}.{name}" if path else name, paths)
    elif isinstance(value, list) and value:
        for inner in value:
            _add_paths(inner, f"{path}[]", paths)
    else:
        paths.add(path)


def _payload_of_token(text: str) -> str:
    parts = text.split(".")
    if len(parts) != 3:
        return ""
    try:
        return base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
