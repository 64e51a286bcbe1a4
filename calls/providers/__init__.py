"""The phone systems that can send us messages, by name; refuses to know anything about a message itself.

A provider is one module with two functions. `verify` says whether a message was signed with the connection's secret
and lets its bytes through or raises `BadSignature`; `parse` turns these bytes into events or raises `Refused`, whose
detail names a field and never a value. Everything else in a message is dropped unread.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from calls.domain import CallEvent, Message, VerifiedBody
from calls.providers import twilio


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

    def verify(self, message: Message, secret: str) -> VerifiedBody: ...

    def parse(self, verified: VerifiedBody, received_at: datetime) -> list[CallEvent]: ...


PROVIDERS: Final[Mapping[str, Provider]] = MappingProxyType({provider.NAME: provider for provider in (twilio,)})
