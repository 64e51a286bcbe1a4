"""The phone systems whose own list of calls we can read, by name; refuses to know how anything is sent.

A reader is one module, pure. It says which credentials are needed, which address lists the calls of a span of time, and
what a page of that list says, as the same events with the same keys as its webhooks': asked or told, a call is one row.
Whatever else a page holds is dropped unread. What kept us from reading is named by field, never by value.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Protocol

from calls.pulls import aircall, callrail, ringcentral, twilio
from calls.pulls.shapes import BadCredentials, Credential, Page, Request

__all__ = ["PULLERS", "SIGN_INS", "BadCredentials", "Credential", "Page", "Puller", "Request", "SignIn"]


class Puller(Protocol):
    """How a phone system is asked for its calls."""

    @property
    def NAME(self) -> str:
        """As in `PROVIDERS`: its events have the same source."""

    @property
    def API_URL(self) -> str:
        """Where it is asked, unless `PROVIDER_API_URLS` says otherwise."""

    @property
    def FIELDS(self) -> tuple[Credential, ...]: ...

    @property
    def STEPS(self) -> tuple[str, ...]:
        """What the clinic does over there to get the credentials, a sentence or two each."""

    @property
    def WINDOW(self) -> timedelta:
        """The span of one question; what is in it is stored before the next is asked."""

    @property
    def PAUSE(self) -> float:
        """Seconds between two questions, by its own limits."""

    @property
    def ASKS_BY_DAY(self) -> bool:
        """Whether whole days are listed around a span, of which only the span is wanted."""

    @property
    def LEAD(self) -> timedelta:
        """How long before a span is asked for too, where a call's legs are records of their own."""

    def list_calls(self, credentials: Mapping[str, str], base: str, since: datetime, until: datetime) -> str:
        """The address of the first page of the calls that began in a span."""

    def authorise(self, credentials: Mapping[str, str], token: str) -> dict[str, str]:
        """The headers of every question; `token` is what a `SignIn` gave, or ""."""

    def read_page(self, body: bytes, asked: str) -> Page:
        """What came from the address that was asked. Raises `Refused`."""


class SignIn(Protocol):
    """A phone system that gives out a token before it answers anything."""

    def sign_in(self, credentials: Mapping[str, str], base: str) -> Request: ...

    def read_token(self, body: bytes) -> str:
        """Raises `Refused`."""


_ALL: Final[tuple[Puller, ...]] = (twilio, ringcentral, aircall, callrail)
PULLERS: Final[Mapping[str, Puller]] = MappingProxyType({puller.NAME: puller for puller in _ALL})
SIGN_INS: Final[Mapping[str, SignIn]] = MappingProxyType({ringcentral.NAME: ringcentral})
