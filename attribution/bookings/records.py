"""What a reader makes of a booking system's answer: bookings, pages of them, details; and how answers are opened.

Pure. Of a booking its id, when it was made, its status, numbers, labels and value are taken; the rest is dropped.
What stands here holds numbers and health data in memory only: nothing of it has a repr that shows it.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from calls.domain import InMemoryOnly, Refused
from calls.providers.fields import Fields

MAX_NUMBERS: Final = 5
MAX_NUMBER: Final = 64
MAX_LABEL: Final = 80
MOST_VALUE: Final = Decimal("999999.99")

_ID: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}"  # no dot: an id becomes part of a path
_KEY: Final = re.compile(_ID)
_LINKED_ID: Final = re.compile(rf".*/({_ID})/?")


class BadAnswer(ValueError):
    """An answer that is not what the booking system documents. The message names no value."""


@dataclass(frozen=True, slots=True)
class Booking(InMemoryOnly):
    """One booking. `patient` and `kind` are ids by which more is asked; `labels` are what its type is called there.

    `earlier` and `later` are the keys that it had before it was moved, and has since.
    """

    key: str = field(repr=False)
    booked_at: datetime
    is_cancelled: bool
    patient: str = field(default="", repr=False)
    kind: str = field(default="", repr=False)
    labels: tuple[str, ...] = field(default=(), repr=False)
    numbers: tuple[str, ...] = field(default=(), repr=False)
    value: Decimal | None = None
    currency: str = ""
    earlier: str = field(default="", repr=False)
    later: str = field(default="", repr=False)
    only_known: bool = False  # says something of a booking that is known, and makes none
    is_broken: bool = False  # did not take place; whether it was called off is asked


@dataclass(frozen=True, slots=True)
class Page(InMemoryOnly):
    """One answer of a list. `next` is the question that goes on; `reached` is the system's own time of
    the answer, where it tells it."""

    items: Sequence[Booking | Refused] = field(repr=False)
    next: str | None
    reached: datetime | None = None


@dataclass(frozen=True, slots=True)
class Details(InMemoryOnly):
    """What had to be asked besides. None where it was not asked, or there is none."""

    labels: tuple[str, ...] = field(default=(), repr=False)
    value: Decimal | None = None
    is_cancelled: bool | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A field that the clinic fills in; `is_secret` ones are never shown again."""

    name: str
    label: str
    help: str
    is_secret: bool = True
    is_optional: bool = False
    is_choice: bool = False  # ticked or not


Credentials = Mapping[str, str]


class Ask(Protocol):
    """A question (path and query) to its answer; None where there is no such thing."""

    def __call__(self, question: str, *, once: bool = False) -> bytes | None:
        """`once`: about one appointment only, so that nothing is gained by remembering the answer."""


class PolledSystem(Protocol):
    """A booking system that is asked, by the clock, what has changed."""

    @property
    def NAME(self) -> str:
        """As in external ids and in the database."""

    @property
    def TITLE(self) -> str:
        """As people call it."""

    @property
    def STEPS(self) -> tuple[str, ...]:
        """What the clinic does over there."""

    @property
    def CREDENTIALS(self) -> tuple[Credential, ...]: ...

    def find_fault(self, credentials: Credentials) -> tuple[str, str] | None:
        """The field that can't be right and why, without its value; None where all could be."""

    def base_url(self, credentials: Credentials) -> str: ...

    def headers(self, credentials: Credentials) -> Mapping[str, str]: ...

    def first_questions(self, cursor: datetime, zone: ZoneInfo) -> tuple[str, ...]:
        """The lists to go through, in this order, for all that changed since."""

    def read_page(self, body: bytes, question: str, cursor: datetime, zone: ZoneInfo) -> Page:
        """Raises BadAnswer for a whole answer, and holds a Refused for one item of it."""

    def patient_question(self, patient: str) -> str: ...

    def read_patient(self, body: bytes) -> tuple[str, ...]:
        """The numbers of a patient, and nothing else of them. Raises BadAnswer."""

    def read_details(self, booking: Booking, ask: Ask, credentials: Credentials) -> Details: ...


def open_body(body: bytes) -> Any:
    """The value of a JSON answer, leniently: a stray character in somebody's notes must not stop all reading."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=_read_decimal)
    except (ValueError, RecursionError, ArithmeticError):
        pass
    raise BadAnswer("not JSON")  # outside of the except: a context would carry the body along


def open_object(body: bytes) -> Fields:
    """The one object that an answer is. Raises BadAnswer."""
    value = open_body(body)
    if not isinstance(value, dict):
        raise BadAnswer("not an object")
    return Fields(value)


def open_list(value: Any, most: int) -> list[Fields]:
    """The objects of a list. Raises BadAnswer."""
    if not isinstance(value, list) or len(value) > most or not all(isinstance(one, dict) for one in value):
        raise BadAnswer("not a list of objects")
    return [Fields(one) for one in value]


def read_items(rows: Sequence[Fields], read: Callable[[Fields], Booking | None]) -> list[Booking | Refused]:
    """A booking or a refusal for each row that is one; one that can't be read keeps no other back."""
    items: list[Booking | Refused] = []
    for row in rows:
        try:
            booking = read(row)
        except Refused as refused:
            items.append(refused.with_traceback(None))  # its frames hold the row
        else:
            if booking is not None:
                items.append(booking)
    return items


def read_key(fields: Fields, name: str) -> str:
    """An id that can be part of an external id. Raises Refused."""
    key = fields.need_key(name)
    if not _KEY.fullmatch(key):
        raise fields.refuse(name, "is not an id")
    return key


def optional_id(fields: Fields, name: str) -> str:
    """An id by which something is asked; "" where there is none, 0 included."""
    key = fields.key(name)
    return key if key != "0" and _KEY.fullmatch(key) else ""


def linked_id(link: str) -> str:
    """The last part of an address that names a thing; the address itself is never asked."""
    found = _LINKED_ID.fullmatch(link)
    return found[1] if found else ""


def need_instant(fields: Fields, name: str) -> datetime:
    """A time that has to be there. Raises Refused."""
    at = fields.instant(name)
    if at is None:
        raise fields.refuse(name, "is missing")
    return at


def short_label(fields: Fields, name: str) -> str:
    """What a type is called, or "" for what is no name of one. It is compared, and never stored."""
    try:
        text = fields.text(name).strip()
    except Refused:
        return ""
    return text if len(text) <= MAX_LABEL else ""


def keep_numbers(spellings: Sequence[str]) -> tuple[str, ...]:
    """The first few that differ and are not empty."""
    kept = dict.fromkeys(text.strip() for text in spellings if text.strip() and len(text.strip()) <= MAX_NUMBER)
    return tuple(kept)[:MAX_NUMBERS]


def spelling(fields: Fields, name: str) -> str:
    """A number as it is spelt, or "" for what can be none."""
    try:
        return fields.number(name)
    except Refused:
        return ""


def read_amount(value: Any) -> Decimal | None:
    """An amount of money that could be an appointment's; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal) or len(str(value)) > 20:
        return None
    try:
        amount = Decimal(value).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= MOST_VALUE else None


def question(path: str, query: Sequence[tuple[str, str]] = ()) -> str:
    """A path below the system's address, with its query; every part is escaped."""
    return "/" + quote(path) + ("?" + urlencode(query) if query else "")


def _read_decimal(text: str) -> Decimal:
    if len(text) > 40:
        raise ValueError("too long")
    return Decimal(text)
