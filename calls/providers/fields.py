"""Reads the fields that an adapter asks for, each with its type and bounds; an error names the field, never its value.

Pure. What no adapter asks for is dropped unread, and a `Fields` shows nothing of what it holds: numbers are in it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, final

from calls.domain import InMemoryOnly, RefusalReason, Refused
from calls.hashing import looks_like_number
from tenants.strict_json import BadJson, read_json

MAX_SECONDS: Final = 7 * 86_400
MAX_TEXT: Final = 255  # a SIP address with a display name may be long
MAX_LINE: Final = 40
MAX_PARTS: Final = 100
MILLISECONDS: Final = 1000

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_FIRST_SECOND, _LAST_SECOND = int(_FIRST.timestamp()), int(_LAST.timestamp())
_KEY: Final = re.compile(r"[!-~]{1,128}")
_WHOLE: Final = re.compile(r"[0-9]{1,7}")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|z|[+-][0-9]{2}:?[0-9]{2})"
)


@final
class Fields(InMemoryOnly):
    """An object of a message. Missing, null and "" are the same to every reader."""

    __slots__ = ("_path", "_values")

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def refuse(self, name: str, why: str) -> Refused:
        """For the caller to raise."""
        path = self._path + name
        return Refused(RefusalReason.UNREADABLE, f"{path} {why}", path)

    def is_empty(self, name: str) -> bool:
        return self._values.get(name) in (None, "")

    def raw(self, name: str) -> Any:
        """The value as it came, for a reader that bounds it itself; None where there is none."""
        return self._values.get(name)

    def part(self, name: str) -> "Fields":
        """The object under this name, without any field where there is none."""
        value = self._values.get(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self.refuse(name, "is not an object")
        return Fields(value, f"{self._path}{name}.")

    def parts(self, name: str, most: int = MAX_PARTS) -> list["Fields"]:
        """The objects of the list under this name."""
        value = self._values.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise self.refuse(name, f"is not a list of at most {most} objects")
        if not all(isinstance(each, dict) for each in value):
            raise self.refuse(name, "holds something that is not an object")
        return [Fields(each, f"{self._path}{name}[].") for each in value]

    def text(self, name: str, longest: int = MAX_TEXT) -> str:
        """Printable characters, or ""."""
        value = self._values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > longest or not value.isprintable():
            raise self.refuse(name, f"is not a text of at most {longest} printable characters")
        return value

    def word(self, name: str) -> str:
        """A text that has to be there."""
        value = self.text(name)
        if not value:
            raise self.refuse(name, "is missing")
        return value

    def key(self, name: str) -> str:
        """An id, whether it is spelt as a text or as a number; "" where there is none."""
        value = self._values.get(name)
        if value is None or value == "":
            return ""
        text = str(value) if type(value) is int else value
        if not isinstance(text, str) or not _KEY.fullmatch(text):
            raise self.refuse(name, "is not an id")
        return text

    def need_key(self, name: str) -> str:
        """An id that has to be there."""
        value = self.key(name)
        if not value:
            raise self.refuse(name, "is missing")
        return value

    def number(self, name: str) -> str:
        """The other party as it is spelt, or "": an extension may be spelt as a number."""
        value = self._values.get(name)
        return str(value) if type(value) is int and value >= 0 else self.text(name)

    def flag(self, name: str) -> bool:
        """false where there is none."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self.refuse(name, "is neither true nor false")

    def seconds(self, name: str) -> int | None:
        """Whole seconds, also where they are spelt as a text; parts of one are dropped."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if type(value) not in (int, Decimal) or not 0 <= value <= MAX_SECONDS:
            raise self.refuse(name, "is not a number of seconds up to a week")
        return int(value)

    def epoch(self, name: str, a_second: int = 1) -> datetime | None:
        """An instant as a count from 1970, so many `a_second`; 0 says that there is none."""
        value = self._values.get(name)
        if value is None or value == "" or value == 0:
            return None
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 16:
            value = int(value)
        # Compared before it is divided: a decimal may be too large for that.
        if type(value) not in (int, Decimal) or not _FIRST_SECOND * a_second <= value < _LAST_SECOND * a_second:
            raise self.refuse(name, "is not a time")
        return datetime.fromtimestamp(float(value) / a_second, UTC)

    def instant(self, name: str) -> datetime | None:
        """An instant of RFC 3339, with its offset."""
        text = self.text(name)
        if not text:
            return None
        at = _parse_instant(text) if _INSTANT.fullmatch(text) else None
        if at is None or not _FIRST <= at < _LAST:
            raise self.refuse(name, "is not a time with its offset")
        return at.astimezone(UTC)

    def line(self, name: str) -> str:
        """The name of a line. Phone systems name lines after their numbers, which never become labels: then ""."""
        text = self.text(name).strip()
        return "" if looks_like_number(text) else text[:MAX_LINE].strip()


def read_object(body: bytes) -> Fields:
    """The one JSON object that a body is. Raises Refused."""
    try:
        value = read_json(body)
    except BadJson as error:
        why = str(error)
    else:
        if isinstance(value, dict):
            return Fields(value)
        why = "The body is not an object."
    raise Refused(RefusalReason.UNREADABLE, why)  # outside of the except: a context would carry the body along


def seconds_between(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds, bounded; None unless both are known and in order."""
    if start is None or end is None or end < start:
        return None
    return min(int((end - start).total_seconds()), MAX_SECONDS)


def _parse_instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None
