"""Many calls at once, a list for each column: what an import hands from its reader to the SQL. Pure; decides nothing.

A million objects cost more than all else of an import, so there are none.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import compress
from typing import Final

from calls.domain import HashedCall

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    return (instant - EPOCH) // MICROSECOND


def to_instant(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


Label = tuple[str, str, uuid.UUID | None]  # line, source and connection: what many calls have in common
Moment = tuple[bytes, int]  # a call's id and start, which together are its key


@dataclass(slots=True)
class CallColumns:
    """Calls as they are written, a list for each column. Ids are 16 bytes, starts microseconds since the Unix epoch.

    `facts` holds direction, outcome, kind and the place in `labels` of each call, see `pack_facts`: with five columns
    less, Python and PostgreSQL have five lists less to spell and to read. `provider_ids` has the phone system's own id
    of those calls that have one, by the call's id and start: a file has none, and pays nothing for it.
    """

    ids: list[bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    facts: list[int] = field(default_factory=list)
    callers: list[bytes | None] = field(default_factory=list)
    rings: list[int | None] = field(default_factory=list)
    talks: list[int] = field(default_factory=list)
    labels: dict[Label, int] = field(default_factory=dict)
    provider_ids: dict[Moment, str] = field(default_factory=dict)

    def pick(self, wanted: Sequence[bool]) -> "CallColumns":
        """Some of the calls."""
        return CallColumns(
            list(compress(self.ids, wanted)),
            list(compress(self.starts, wanted)),
            list(compress(self.facts, wanted)),
            list(compress(self.callers, wanted)),
            list(compress(self.rings, wanted)),
            list(compress(self.talks, wanted)),
            self.labels,
            self.provider_ids,
        )

    def append(self, call: HashedCall, started_at: int) -> None:
        label = self.labels.setdefault((call.line, call.source, call.connection_id), len(self.labels))
        self.ids.append(call.id.bytes)
        self.starts.append(started_at)
        self.facts.append(pack_facts(call.direction, call.outcome, call.kind, label))
        self.callers.append(None if call.caller is None else call.caller.bytes)
        self.rings.append(call.ring_seconds)
        self.talks.append(call.talk_seconds)
        if call.provider_call_id is not None:
            self.provider_ids.setdefault((call.id.bytes, started_at), call.provider_call_id)


def pack_facts(direction: int, outcome: int, kind: int, label: int) -> int:
    """What has few values, in one number; the SQL of `bulk` takes it apart."""
    return direction | outcome << 2 | kind << 5 | label << 7


OUTCOME_BITS = pack_facts(0, 7, 0, 0)


def unpack_facts(facts: int) -> tuple[int, int, int, int]:
    return facts & 3, facts >> 2 & 7, facts >> 5 & 3, facts >> 7
