"""What Asterisk's dial plan says of a call, for the formats that hold it: which way it went, how far it got.

Answered means by a person: Dial or Queue was the last thing that ran, and a telephone was at the other end. The menu,
music or announcement that also "answers" a channel is not one, and VoiceMail is voicemail. Refuses to guess a direction
of a context that nobody named.
"""

import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from calls.domain import Direction, Outcome, Refused
from calls.formats.legs import to_label
from calls.formats.lines import Options, unreadable

OPTIONS: Final = MappingProxyType(
    {
        "inbound": "contexts of calls that come in, separated by commas; * stands for any ending",
        "outbound": "contexts of calls that go out, likewise",
        "utc": "yes, if the server writes UTC (usegmtime=yes)",
    }
)
MAX_CONTEXTS: Final = 1000  # remembered ones; a dial plan has a dozen
UNIQUE_ID: Final = re.compile(r"(?:.+-)?[0-9]{9,}\.[0-9]+")

# What FreePBX and Asterisk's own samples call them. Names given as options go first.
_INBOUND_CONTEXTS: Final = (
    "from-pstn*", "from-trunk*", "from-did*", "from-digital*", "from-analog*", "from-zaptel", "from-dahdi",
    "ext-did*", "ext-group", "ext-queues", "ext-local", "ivr-*", "timeconditions", "app-announcement-*",
)  # fmt: skip
_OUTBOUND_CONTEXTS: Final = ("from-internal*", "outbound-allroutes", "outrt-*", "macro-dialout-trunk")

_PERSON_APPS: Final = frozenset({"dial", "queue", "followme"})
_DISPOSITIONS: Final = {
    "NO ANSWER": Outcome.MISSED,
    "BUSY": Outcome.MISSED,
    "FAILED": Outcome.MISSED,
    "CONGESTION": Outcome.MISSED,
    "CANCEL": Outcome.MISSED,
    "UNKNOWN": Outcome.UNKNOWN,
}


class Contexts:
    """Which way the calls of a context go, and what the clinic calls it: each context is judged once."""

    def __init__(self, options: Options) -> None:
        self._known: dict[str, tuple[Direction | None, str]] = {}
        self._patterns = [
            *((name, Direction.INBOUND) for name in _names(options.values, "inbound")),
            *((name, Direction.OUTBOUND) for name in _names(options.values, "outbound")),
            *((name, Direction.INBOUND) for name in _INBOUND_CONTEXTS),
            *((name, Direction.OUTBOUND) for name in _OUTBOUND_CONTEXTS),
        ]

    def judge(self, context: str) -> tuple[Direction | None, str]:
        """The direction and the label; some contexts are named after a number, and those have no label."""
        if context not in self._known:
            if len(self._known) >= MAX_CONTEXTS:
                self._known.clear()
            match = (way for pattern, way in self._patterns if fnmatchcase(context, pattern))
            self._known[context] = next(match, None), to_label(context)
        return self._known[context]


def refuse_context(label: str) -> Refused:
    """Why a call of this context is not stored."""
    name = f' "{label}"' if label else ""
    return unreadable(
        f"calls of the context{name} go neither in nor out: set the option inbound or outbound", "dcontext"
    )


def find_zone(options: Options) -> tzinfo:
    """In which the server writes its times."""
    return UTC if options.values.get("utc", "no").casefold() == "yes" else options.zone


def find_outcome(disposition: str, app: str, channel: str) -> Outcome:
    """How far a leg got: its disposition, the last application and the channel at the other end. Raises Refused."""
    disposition = disposition.strip().upper()
    if disposition != "ANSWERED":
        outcome = _DISPOSITIONS.get(disposition)
        if outcome is None:
            raise unreadable("disposition is none of Asterisk's", "disposition")
        return outcome
    app = app.casefold()
    if app == "voicemail":
        return Outcome.VOICEMAIL
    # A caller who hangs up in a queue was "answered" by its music: then no telephone was at the other end.
    return Outcome.ANSWERED if app in _PERSON_APPS and channel else Outcome.MISSED


def _names(values: Mapping[str, str], option: str) -> list[str]:
    return [name.strip() for name in values.get(option, "").split(",") if name.strip()]
