"""The phone systems that can send us messages, by name; refuses to know anything about a message itself.

A provider is one module with two functions. `verify` says whether a message was signed with the connection's secret
and lets its bytes through or raises `BadSignature`; `parse` turns these bytes into events or raises `Refused`, whose
detail names a field and never a value. Everything else in a message is dropped unread. A message about something else
than a call is no event.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from calls.domain import CallEvent, Message, VerifiedBody
from calls.providers import (
    aircall,
    callrail,
    dial9,
    dialpad,
    ringback,
    ringcentral,
    telnyx,
    twilio,
    vonage,
    zoom,
)
from calls.providers.challenges import ChallengeAnswer


class Provider(Protocol):
    """What the webhook's door and the settings page need to know of a phone system."""

    @property
    def NAME(self) -> str:
        """As in the webhook's address and in `CallEvent.source`."""

    @property
    def TITLE(self) -> str:
        """As people call it."""

    @property
    def CONTENT_TYPES(self) -> tuple[str, ...]:
        """The media types that it sends; others are answered with 415."""

    @property
    def MAKES_SECRET(self) -> bool:
        """Whether we make the secret and the clinic types it in there, or the other way round."""

    @property
    def STEPS(self) -> tuple[str, ...]:
        """What the clinic does over there, a sentence or two each: where to paste the address, what to choose."""

    @property
    def READS(self) -> frozenset[str]:
        """The names of the fields that it reads; `[]` stands for each item of a list."""

    def verify(self, message: Message, secret: str, received_at: datetime) -> VerifiedBody: ...

    def parse(self, verified: VerifiedBody, received_at: datetime) -> list[CallEvent]: ...


class Challenger(Protocol):
    """A phone system that asks an address something before it sends messages there."""

    @property
    def NAME(self) -> str: ...

    def answer_challenge(self, message: Message, secret: str, received_at: datetime) -> ChallengeAnswer | None: ...


_ALL: Final[tuple[Provider, ...]] = (
    twilio, ringback, ringcentral, callrail, aircall, dialpad, vonage, telnyx, zoom, dial9
)  # fmt: skip
PROVIDERS: Final[Mapping[str, Provider]] = MappingProxyType({provider.NAME: provider for provider in _ALL})

_ASKING: Final[tuple[Challenger, ...]] = (ringcentral, zoom)
CHALLENGERS: Final[Mapping[str, Challenger]] = MappingProxyType({provider.NAME: provider for provider in _ASKING})

# A stored message is answered with 204. RingCentral takes nothing but 200, and suspends its subscription for good.
ANSWERED_WITH_200: Final = frozenset({ringcentral.NAME})

# What can be asked of them afterwards, with the clinic's own credentials: their list of calls, and a caller's number.
LISTS_CALLS: Final = frozenset({twilio.NAME, ringcentral.NAME, aircall.NAME, callrail.NAME})
SHOWS_NUMBERS: Final = frozenset({twilio.NAME, ringcentral.NAME, aircall.NAME})
