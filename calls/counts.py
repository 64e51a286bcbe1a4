"""The SQL that counts calls, by local hour for figures and by caller for the worklist; it judges by what it is given.

Whether a call was missed or abandoned depends on the clinic's rules at its time, and those come as arguments. Runs
inside a clinic's scope; every read is bounded by `started_at`.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from django.db import connection

from tenants.domain import WEEKDAYS, ClinicFacts


@dataclass(frozen=True, slots=True)
class MissedWhen:
    """By which rules calls from `since` on, until the next one's, count as missed."""

    since: datetime
    voicemail_is_missed: bool
    min_ring_seconds: int


class HourCounts(NamedTuple):
    """Calls of one local hour; the repeated hour of autumn is one hour of two. `missed` has voicemails in it where the
    rules say so, `voicemail` has them all, `inbound` is all that ended."""

    on: date
    hour: int
    inbound: int
    answered: int
    missed: int
    voicemail: int
    abandoned: int
    withheld: int
    outbound: int
    missed_out_of_hours: int


class CallerCounts(NamedTuple):
    """What the worklist tells of a caller. `line` is that of the last missed call, "" where nobody said. With
    `can_be_asked` a missed call's phone system may be asked who it was."""

    caller: uuid.UUID
    calls: int
    line: str
    has_voicemail: bool
    can_be_asked: bool = False


_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


def count_hours(clinic: ClinicFacts, start: datetime, end: datetime, rules: Sequence[MissedWhen]) -> list[HourCounts]:
    """Counts of every local hour with calls between two instants. The first rules also judge what was before them."""
    starts = [_ALWAYS, *[one.since for one in rules[1:]]]
    # index: calls_call_pkey of the weeks between
    rows = _fetch(
        """
        SELECT day, hour,
            count(*) FILTER (WHERE is_inbound AND outcome >= 2),
            count(*) FILTER (WHERE is_inbound AND outcome = 4),
            count(*) FILTER (WHERE is_missed),
            count(*) FILTER (WHERE is_inbound AND outcome = 3),
            count(*) FILTER (WHERE is_inbound AND outcome = 2 AND NOT is_missed),
            count(*) FILTER (WHERE is_missed AND kind = 2),
            count(*) FILTER (WHERE NOT is_inbound AND outcome >= 2),
            count(*) FILTER (WHERE is_missed AND NOT EXISTS (
                SELECT FROM unnest(%s::smallint[], %s::time[], %s::time[]) AS open_at (weekday, opens, closes)
                WHERE weekday = extract(isodow FROM local) AND local::time >= opens AND local::time < closes
            ))
        FROM (
            SELECT local, local::date AS day, extract(hour FROM local)::smallint AS hour, kind, outcome,
                direction = 1 AS is_inbound,
                direction = 1 AND (
                    outcome = 2 AND coalesce(ring_seconds >= rules.min_ring_seconds, true)
                    OR outcome = 3 AND rules.voicemail_is_missed
                ) AS is_missed
            FROM calls_call
            JOIN unnest(%s::timestamptz[], %s::timestamptz[], %s::boolean[], %s::integer[])
                AS rules (starts, ends, voicemail_is_missed, min_ring_seconds)
              ON started_at >= rules.starts AND started_at < rules.ends
            CROSS JOIN LATERAL (SELECT started_at AT TIME ZONE %s) AS zoned (local)
            WHERE clinic_id = %s AND started_at >= %s AND started_at < %s
        ) AS judged
        GROUP BY day, hour ORDER BY day, hour
        """,
        [
            *_opening_hours(clinic), starts, [*starts[1:], _FOR_EVER], [one.voicemail_is_missed for one in rules],
            [one.min_ring_seconds for one in rules], clinic.timezone, clinic.id, start, end,
        ],
    )  # fmt: skip
    return [HourCounts(*row) for row in rows]


def _opening_hours(clinic: ClinicFacts) -> tuple[list[int], list[time], list[time]]:
    spans = [
        (number, time.fromisoformat(opens), time.fromisoformat(closes))
        for number, name in enumerate(WEEKDAYS, start=1)
        for opens, closes in clinic.opening_hours.get(name, ())
    ]
    return [span[0] for span in spans], [span[1] for span in spans], [span[2] for span in spans]


def count_by_caller(
    clinic_id: uuid.UUID, waiting: Iterable[tuple[uuid.UUID, datetime]], since: datetime
) -> list[CallerCounts]:
    """Of each (caller, waits since): all calls from `since` on, and the line and voicemails of the missed ones."""
    callers = dict(waiting)
    # index: calls_of_caller of each week, once a caller; OFFSET 0 as in `calls.streams`
    rows = _fetch(
        """
        SELECT caller, theirs.* FROM unnest(%s::uuid[], %s::timestamptz[]) AS waiting (caller, since)
        CROSS JOIN LATERAL (
            SELECT count(*),
                coalesce((array_agg(line ORDER BY started_at DESC) FILTER (WHERE is_attempt))[1], ''),
                coalesce(bool_or(outcome = 3) FILTER (WHERE is_attempt), false),
                coalesce(bool_or(provider_call_id IS NOT NULL) FILTER (WHERE is_attempt), false)
            FROM (
                SELECT line, started_at, outcome, provider_call_id,
                    direction = 1 AND outcome IN (2, 3) AND started_at >= waiting.since AS is_attempt
                FROM calls_call
                WHERE clinic_id = %s AND calls_call.caller = waiting.caller AND started_at >= %s OFFSET 0
            ) AS calls
        ) AS theirs
        """,
        [list(callers), list(callers.values()), clinic_id, since],
    )
    return [CallerCounts(*row) for row in rows]


def _fetch(query: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())
