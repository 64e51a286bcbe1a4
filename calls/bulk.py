"""The SQL of imports: callers, calls and work rows by the ten thousand; one statement a function, no decision.

Runs inside a clinic's scope, under `rows.take_intake_lock`. Rows travel as arrays, a column each: COPY cannot write a
table that has row security, and the application's role may make no temporary one. Arrays are written as PostgreSQL
spells them, which is several times faster than a list of objects.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from calls.domain import CallerKind, Direction, HashedCall, Outcome

# A call as it is written: id (16 bytes), started_at (microseconds since the Unix epoch), direction, outcome, kind,
# caller (16 bytes or None), ring seconds or None, talk seconds, line, source. A plain tuple: an import makes millions.
CallRow = tuple[bytes, int, int, int, int, bytes | None, int | None, int, str, str]


def find_callers(clinic_id: uuid.UUID, week: date, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
    """Caller by hash, for those hashes that are known under the key of this week."""
    # index: calls_callerhash_pkey of one week
    found = _run(
        """
        SELECT string_agg(caller_hash, ''), string_agg(uuid_send(caller), '') FROM calls_callerhash
        WHERE clinic_id = %s AND week = %s AND caller_hash = ANY(%s::bytea[])
        """,
        [clinic_id, week, _bytea(hashes)],
    )
    # Two long values cost a third of a row for each caller. The order is the same in both.
    known, callers = (bytes(value or b"") for value in found.fetchone())
    return {
        known[32 * place : 32 * place + 32]: callers[16 * place : 16 * place + 16]
        for place in range(len(callers) // 16)
    }


def add_caller_hashes(clinic_id: uuid.UUID, week: date, callers: Mapping[bytes, bytes]) -> None:
    """Remembers callers under hashes of one week; a hash that is known already keeps its caller."""
    _run(
        """
        INSERT INTO calls_callerhash (clinic_id, week, caller_hash, caller)
        SELECT %s, %s, unnest(%s::bytea[]), unnest(%s::uuid[])
        ON CONFLICT (clinic_id, week, caller_hash) DO NOTHING
        """,
        [clinic_id, week, _bytea(callers.keys()), _uuids(callers.values())],
    )


def find_calls(clinic_id: uuid.UUID, ids: Iterable[bytes], since: datetime, until: datetime) -> list[HashedCall]:
    """The rows of calls with these ids that started between two times, both included; the earliest first."""
    # index: calls_call_pkey, scanned from `since` to `until` once and joined by hash
    found = _run(
        """
        SELECT id, source, direction, outcome, started_at, kind, caller, ring_seconds, talk_seconds, line
        FROM calls_call
        WHERE clinic_id = %s AND started_at BETWEEN %s AND %s AND id IN (SELECT unnest(%s::uuid[]))
        ORDER BY started_at
        """,
        [clinic_id, since, until, _uuids(ids)],
    )
    return [_known(row) for row in found.fetchall()]


def _known(row: Sequence[Any]) -> HashedCall:
    call_id, source, direction, outcome, started_at, kind, caller, ring, talk, line = row
    return HashedCall(
        call_id, source, Direction(direction), Outcome(outcome), started_at, CallerKind(kind), caller, ring, talk, line
    )


def insert_calls(clinic_id: uuid.UUID, calls: Sequence[CallRow]) -> None:
    """New rows."""
    _run(
        """
        INSERT INTO calls_call (clinic_id, id, started_at, direction, outcome, kind, caller,
            ring_seconds, talk_seconds, line, source)
        SELECT %s, unnest(%s::uuid[]), timestamptz 'epoch' + unnest(%s::bigint[]) * interval '1 microsecond',
            unnest(%s::smallint[]), unnest(%s::smallint[]), unnest(%s::smallint[]), unnest(%s::uuid[]),
            unnest(%s::integer[]), unnest(%s::integer[]), unnest(%s::text[]), unnest(%s::text[])
        """,
        [clinic_id, *_columns(calls)],
    )


def update_calls(clinic_id: uuid.UUID, calls: Sequence[CallRow]) -> None:
    """Writes what can change of known calls; their start, source and id never do."""
    # index: calls_call_pkey, joined by its three columns
    _run(
        """
        UPDATE calls_call AS known SET direction = new.direction, outcome = new.outcome, kind = new.kind,
            caller = new.caller, ring_seconds = new.ring_seconds, talk_seconds = new.talk_seconds, line = new.line
        FROM unnest(%s::uuid[], %s::bigint[], %s::smallint[], %s::smallint[], %s::smallint[], %s::uuid[],
            %s::integer[], %s::integer[], %s::text[], %s::text[])
            AS new (id, started_at, direction, outcome, kind, caller, ring_seconds, talk_seconds, line, source)
        WHERE known.clinic_id = %s AND known.id = new.id
          AND known.started_at = timestamptz 'epoch' + new.started_at * interval '1 microsecond'
        """,
        [*_columns(calls), clinic_id],
    )


def hold_changes(
    clinic_id: uuid.UUID, callers: Iterable[bytes], days: Iterable[date], now: datetime, until: datetime
) -> None:
    """Work rows of an import, a row for each caller and for each day, that nobody claims before `until`."""
    _run(
        """
        INSERT INTO calls_change (clinic_id, caller, day, created_at, not_before, tries, problem)
        SELECT %(clinic)s, caller, NULL, %(now)s, %(until)s, 0, '' FROM unnest(%(callers)s::uuid[]) AS caller
        UNION ALL
        SELECT %(clinic)s, NULL, day, %(now)s, %(until)s, 0, '' FROM unnest(%(days)s::date[]) AS day
        """,
        {"clinic": clinic_id, "callers": _uuids(callers), "days": list(days), "now": now, "until": until},
    )


def move_hold(clinic_id: uuid.UUID, held_until: datetime, until: datetime | None) -> None:
    """Holds the work rows of one import back for longer, or lets them go; the exact time `held_until` names them."""
    # index: changes_to_do, all of the clinic's; once in minutes
    _run(
        """
        UPDATE calls_change SET not_before = %s
        WHERE clinic_id = %s AND set_aside_at IS NULL AND not_before = %s AND tries = 0
        """,
        [until, clinic_id, held_until],
    )


def _columns(calls: Sequence[CallRow]) -> list[str]:
    ids, starts, directions, outcomes, kinds, callers, rings, talks, lines, sources = zip(*calls, strict=True)
    return [
        _uuids(ids), _numbers(starts), _numbers(directions), _numbers(outcomes), _numbers(kinds), _uuids(callers),
        _numbers(rings), _numbers(talks), _texts(lines), _texts(sources),
    ]  # fmt: skip


_NIL = bytes(16)


def _uuids(ids: Iterable[bytes | None]) -> str:
    # One conversion of all is ten times as fast as one of each; nobody has the nil id.
    return "{" + b"".join([one or _NIL for one in ids]).hex(",", 16).replace(_NIL.hex(), "NULL") + "}"


def _bytea(values: Iterable[bytes]) -> str:
    """Of hashes, which all have 32 bytes."""
    joined = b"".join(values).hex(",", 32)
    return '{"\\\\x' + joined.replace(",", '","\\\\x') + '"}' if joined else "{}"


def _numbers(values: Iterable[int | None]) -> str:
    return "{" + repr(list(values))[1:-1].replace("None", "NULL") + "}"


def _texts(values: Sequence[str]) -> str:
    # Labels are few and come often: each is spelt once.
    spelt = {value: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in set(values)}
    return "{" + ",".join([spelt[value] for value in values]) + "}"


def _run(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> Any:
    cursor = connection.cursor()
    cursor.execute(sql, params)
    return cursor
