"""What the readers of call lists share: the fields of an account, an address with its headers, a page of a list. Pure.

A page may hold numbers, an address may hold a token of the phone system's: neither shows in a repr.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from calls.domain import CallEvent, RefusalReason, Refused
from calls.providers.fields import Fields, read_object

MAX_RECORDS: Final = 1000  # on one page
MAX_ADDRESS: Final = 2000
_LONGEST: Final = 4000  # RingCentral's JWT has some 800


class BadCredentials(ValueError):
    """Credentials that cannot be right; the message says why and never what was typed."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


@dataclass(frozen=True, slots=True)
class Credential:
    """A field of an account, and where people find what belongs into it."""

    name: str
    label: str
    help: str
    is_secret: bool = True
    is_needed: bool = True
    begins_with: str = ""

    def find_fault(self, text: str) -> str | None:
        """What is wrong with it, as a sentence without it; None for what may be right."""
        if not text:
            return "This is needed." if self.is_needed else None
        if len(text) > _LONGEST or not (text.isascii() and text.isprintable()) or " " in text:
            return "One word without spaces, as it stands over there."
        if not text.startswith(self.begins_with):
            return f"It begins with {self.begins_with}."
        # It goes into an address, where these would lead elsewhere.
        return "Letters and digits only." if not self.is_secret and not text.replace("-", "").isalnum() else None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a phone system."""

    address: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)  # sent by POST where there is one

    @property
    def content(self) -> bytes | None:
        return urlencode(self.form).encode() if self.form is not None else None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `next` is the whole address of the one after it, or ""."""

    events: list[CallEvent] = field(repr=False)
    refused: list[Refused]
    next: str = field(default="", repr=False)


def read_records(
    body: bytes, name: str, read: Callable[[Fields], CallEvent | None], follow: Callable[[Fields], str]
) -> Page:
    """The page whose list has this name. A record that cannot be read is one refusal and keeps no other from being
    read; `read` answers None to one that is no call. Raises `Refused` for what is no such page."""
    page = read_object(body)
    events, refused = [], []
    for record in page.parts(name, MAX_RECORDS):
        try:
            event = read(record)
        except Refused as problem:
            refused.append(Refused(problem.reason, problem.detail, problem.field_name))
        else:
            if event is not None:
                events.append(event)
    return Page(events, refused, follow(page))


def read_address(page: Fields, name: str) -> str:
    """The address of a next page, as it is spelt; "" for the last one."""
    return page.text(name, MAX_ADDRESS)


def require_start(record: Fields, name: str, at: datetime | None) -> datetime:
    """The time, or a refusal that names the field."""
    if at is None:
        raise record.refuse(name, "is missing")
    return at


def by_password(name: str, password: str) -> dict[str, str]:
    """The header of HTTP's own way to sign in."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def spell_instant(at: datetime) -> str:
    """As RFC 3339 in UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_query(address: str, query: Mapping[str, str | int] | Iterable[tuple[str, str | int]]) -> str:
    return f"{address}?{urlencode(list(query.items()) if isinstance(query, Mapping) else list(query))}"


def unreadable(detail: str) -> Refused:
    return Refused(RefusalReason.UNREADABLE, detail)
