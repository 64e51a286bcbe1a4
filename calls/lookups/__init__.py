"""The phone systems that can be asked who rang, by name: where one call is found there, and what it says of the caller.

Pure, a module a phone system. Nothing but the other party's number is read of an answer, and only where the answer is
about the call that was asked for. Whether that is the caller is for whoever asks: a number proves itself by its hash.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from calls.lookups import aircall, ringcentral, twilio
from calls.lookups.shapes import AskedCall

__all__ = ["LOOKUPS", "AskedCall", "Lookup"]


class Lookup(Protocol):
    """How a phone system is asked about one call."""

    @property
    def NAME(self) -> str:
        """As in `PROVIDERS`."""

    def locate(self, credentials: Mapping[str, str], base: str, call: AskedCall) -> str:
        """The address of what it knows of the call."""

    def read_number(self, body: bytes, call: AskedCall) -> str:
        """The other party as it is spelt there, or "" where the answer is not about this call. Raises `Refused`."""


_ALL: Final[tuple[Lookup, ...]] = (twilio, ringcentral, aircall)
LOOKUPS: Final[Mapping[str, Lookup]] = MappingProxyType({lookup.NAME: lookup for lookup in _ALL})
