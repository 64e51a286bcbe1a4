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

from calls.columns import CallColumns, to_instant
from calls.domain import CallerKind, Direction, HashedCall, Outcome

# Set-returning functions beside each other are walked in step; in FROM they would be written to a temporary file first.
# One that ends early goes on with null: an empty list of provider ids is one of nulls.
_NEW_CALLS = """
    SELECT id, timestamptz 'epoch' + start * interval '1 microsecond' AS started_at, facts & 3 AS direction,
        facts >> 2 & 7 AS outcome, facts >> 5 & 3 AS kind, caller, ring_seconds, talk_seconds,
        (%(lines)s::text[])[(facts >> 7) + 1] AS line, (%(sources)s::text[])[(facts >> 7) + 1] AS source,
        (%(connections)s::uuid[])[(facts >> 7) + 1] AS connection_id, nullif(provider_id, '') AS provider_call_id
    FROM (
        SELECT unnest(%(ids)s::uuid[]) AS id, unnest(%(starts)s::bigint[]) AS start,
            unnest(%(facts)s::integer[]) AS facts, unnest(%(callers)s::uuid[]) AS caller,
            unnest(%(rings)s::integer[]) AS ring_seconds, unnest(%(talks)s::integer[]) AS talk_seconds,
            unnest(%(provider_ids)s::text[]) AS provider_id
    ) AS given
"""


def find_callers(clinic_id: uuid.UUID, week: date, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
    """Caller by hash, for those hashes that are known under the key of this week."""
    # index: calls_callerhash_pkey of one week, once for each hash. There are no statistics on hashes, as samples would
    # outlive the rows: left to itself the planner expects half of the table and reads the hashes of all clinics.
    found = _run(
        """
        SELECT string_agg(wanted.caller_hash, ''), string_agg(uuid_send(known.caller), '')
        FROM unnest(%s::bytea[]) AS wanted (caller_hash)
        CROSS JOIN LATERAL (
            SELECT caller FROM calls_callerhash AS one
            WHERE one.clinic_id = %s AND one.week = %s AND one.caller_hash = wanted.caller_hash OFFSET 0
        ) AS known
        """,
        [_bytea(sorted(hashes)), clinic_id, week],  # neighbours in the index are found with fewer reads
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


def find_known_ids(clinic_id: uuid.UUID, ids: Iterable[bytes], since: datetime, until: datetime) -> set[bytes]:
    """Those of these ids that a call has which started between two times, both included."""
    # index: calls_call_pkey, scanned from `since` to `until` once and joined by hash
    found = _run(
        """
        SELECT string_agg(uuid_send(id), '') FROM calls_call
        WHERE clinic_id = %s AND started_at BETWEEN %s AND %s AND id IN (SELECT unnest(%s::uuid[]))
        """,
        [clinic_id, since, until, _uuids(ids)],
    )
    known = bytes(found.fetchone()[0] or b"")
    return {known[place : place + 16] for place in range(0, len(known), 16)}


def find_same(clinic_id: uuid.UUID, calls: CallColumns) -> set[bytes]:
    """The ids of those of these calls that stand already with the same start and the same facts.

    Whose call it is, is not compared: with the same `kind` the caller whom the first message named stays. So do a
    connection and a phone system's id that are known.
    """
    # index: calls_call_pkey, joined by its three columns
    found = _run(
        f"""
        SELECT string_agg(uuid_send(known.id), '') FROM ({_NEW_CALLS}) AS new
        JOIN calls_call AS known
          ON known.clinic_id = %(clinic)s AND known.started_at = new.started_at AND known.id = new.id
        WHERE known.started_at BETWEEN %(first)s AND %(last)s
          AND (known.direction, known.outcome, known.kind, known.talk_seconds, known.line)
            = (new.direction, new.outcome, new.kind, new.talk_seconds, new.line)
          AND known.ring_seconds IS NOT DISTINCT FROM new.ring_seconds
          AND (known.connection_id IS NOT NULL OR new.connection_id IS NULL)
          AND (known.provider_call_id IS NOT NULL OR new.provider_call_id IS NULL)
        """,  # noqa: S608 - a constant of this file
        {"clinic": clinic_id, **_spell(calls)},
    )
    same = bytes(found.fetchone()[0] or b"")
    return {same[place : place + 16] for place in range(0, len(same), 16)}


def find_calls(clinic_id: uuid.UUID, ids: Iterable[bytes], since: datetime, until: datetime) -> list[HashedCall]:
    """The rows of calls with these ids that started between two times, both included; the earliest first."""
    # index: calls_call_pkey, scanned from `since` to `until` once and joined by hash
    found = _run(
        """
        SELECT id, source, direction, outcome, started_at, kind, caller, ring_seconds, talk_seconds, line,
            connection_id, provider_call_id
        FROM calls_call
        WHERE clinic_id = %s AND started_at BETWEEN %s AND %s AND id IN (SELECT unnest(%s::uuid[]))
        ORDER BY started_at
        """,
        [clinic_id, since, until, _uuids(ids)],
    )
    return [_known(row) for row in found.fetchall()]


def _known(row: Sequence[Any]) -> HashedCall:
    call_id, source, direction, outcome, started_at, kind, *others = row
    return HashedCall(call_id, source, Direction(direction), Outcome(outcome), started_at, CallerKind(kind), *others)


def insert_calls(clinic_id: uuid.UUID, calls: CallColumns) -> None:
    """New rows."""
    _run(
        f"""
        INSERT INTO calls_call (clinic_id, id, started_at, direction, outcome, kind, caller, ring_seconds,
            talk_seconds, line, source, connection_id, provider_call_id)
        SELECT %(clinic)s, new.* FROM ({_NEW_CALLS}) AS new
        """,  # noqa: S608 - a constant of this file
        {"clinic": clinic_id, **_spell(calls)},
    )


def update_calls(clinic_id: uuid.UUID, calls: CallColumns) -> None:
    """Writes what can change of known calls; their start, source and id never do."""
    # index: calls_call_pkey, joined by its three columns
    _run(
        f"""
        UPDATE calls_call AS known SET direction = new.direction, outcome = new.outcome, kind = new.kind,
            caller = new.caller, ring_seconds = new.ring_seconds, talk_seconds = new.talk_seconds, line = new.line,
            connection_id = new.connection_id, provider_call_id = new.provider_call_id
        FROM ({_NEW_CALLS}) AS new
        WHERE known.clinic_id = %(clinic)s AND known.started_at = new.started_at AND known.id = new.id
          AND known.started_at BETWEEN %(first)s AND %(last)s
        """,  # noqa: S608 - a constant of this file
        {"clinic": clinic_id, **_spell(calls)},
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


def _spell(calls: CallColumns) -> dict[str, Any]:
    return {
        "first": to_instant(min(calls.starts)),
        "last": to_instant(max(calls.starts)),
        "ids": _uuids(calls.ids),
        "starts": _numbers(calls.starts),
        "facts": _numbers(calls.facts),
        "callers": _uuids(calls.callers),
        "rings": _numbers(calls.rings),
        "talks": _numbers(calls.talks),
        "lines": _texts(line for line, _, _ in calls.labels),
        "sources": _texts(source for _, source, _ in calls.labels),
        "connections": _uuids(None if connection is None else connection.bytes for _, _, connection in calls.labels),
        "provider_ids": _texts(_provider_ids(calls)),
    }


def _provider_ids(calls: CallColumns) -> Iterable[str]:
    if not calls.provider_ids:
        return ()
    return (calls.provider_ids.get(moment, "") for moment in zip(calls.ids, calls.starts, strict=True))


_NIL = bytes(16)


def _uuids(ids: Iterable[bytes | None]) -> str:
    # One conversion of all is ten times as fast as one of each; nobody has the nil id.
    return "{" + b"".join([one or _NIL for one in ids]).hex(",", 16).replace(_NIL.hex(), "NULL") + "}"


def _bytea(values: Iterable[bytes]) -> str:
    """Of hashes, which all have 32 bytes."""
    joined = b"".join(values).hex(",", 32)
    return '{"\\\\x' + joined.replace(",", '","\\\\x') + '"}' if joined else "{}"


def _numbers(values: list[int] | list[int | None]) -> str:
    return "{" + repr(values)[1:-1].replace("None", "NULL") + "}"


def _texts(values: Iterable[str]) -> str:
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"


def _run(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> Any:
    cursor = connection.cursor()
    cursor.execute(sql, params)
    return cursor
