"""The booking systems that we can ask or hear, by name: pure readers of what they say; no network, no database.

One that is asked is a module with the functions of `PolledSystem`; what to ask is a path below the system's address,
and who asks is not its business. Calendly sends messages instead: `verify` and `parse`, as a phone system does.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attribution.bookings import calendly, cliniko, dentally, open_dental
from attribution.bookings.records import (
    BadAnswer,
    Booking,
    Credential,
    Credentials,
    Details,
    Page,
    PolledSystem,
)

__all__ = [
    "HEARD", "POLLED", "STEPS", "TITLES", "BadAnswer", "Booking", "Credential", "Credentials", "Details", "Page",
    "PolledSystem", "calendly",
]  # fmt: skip

_POLLED: Final[tuple[PolledSystem, ...]] = (dentally, cliniko, open_dental)
POLLED: Final[Mapping[str, PolledSystem]] = MappingProxyType({system.NAME: system for system in _POLLED})
HEARD: Final = calendly.NAME  # the one that sends messages
TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {**{name: system.TITLE for name, system in POLLED.items()}, calendly.NAME: calendly.TITLE}
)
STEPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {**{name: system.STEPS for name, system in POLLED.items()}, calendly.NAME: calendly.STEPS}
)
