"""Writes of what the walk found: opportunities, verdicts and books of many callers, one statement each, and no more.

Only what changed is written, and each function returns the local days whose figures that touches. Columns travel as
texts of arrays and instants as whole microseconds: dumping lists of objects would cost more than the walk.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from attribution.domain import ContactKind, DismissReason, OpportunityStatus, Reason, ValueSource, Verdict
from attribution.events import Caller, Who, hexes, of_callers
from attribution.opportunities import Opportunity
from attribution.walk import Settled

_FOUND_COLUMNS = (
    ("caller", "uuid"),
    ("opened_at", "instant"),
    ("last_missed_at", "instant"),
    ("deadline", "instant"),
    ("called_back_at", "instant"),
    ("reached_at", "instant"),
    ("contact_at", "instant"),
    ("closed_at", "instant"),
    ("booked_at", "instant"),
    ("status", "text"),
    ("attempts", "integer"),
    ("callbacks", "integer"),
    ("contact_kind", "text"),
    ("contact_talk_seconds", "integer"),
    ("appointment_id", "uuid"),
    ("value", "numeric"),
    ("value_source", "text"),
    ("rule", "text"),
    ("dismiss_reason", "text"),
    ("rules_version", "integer"),
)


class Found(NamedTuple):
    """An opportunity as the walk found it, with what it is worth and why it was dismissed."""

    caller: Caller
    opportunity: Opportunity
    value: Decimal | None
    value_source: ValueSource | None
    dismiss_reason: DismissReason | None


class Said(NamedTuple):
    """What is now said of an appointment."""

    appointment_id: uuid.UUID
    owner: Caller
    verdict: Verdict
    reason: Reason


def write_opportunities(clinic_id: uuid.UUID, zone: str, found: Sequence[Found]) -> set[date]:
    """Makes and changes opportunities; ids and what is settled stay. An estimate that was used once stays, too."""
    if not found:
        return set()
    # index: one_opportunity_per_opening
    return _write(_UPSERT, [clinic_id, *_columns_of(found), zone, zone])


def _read_column(name: str, kind: str) -> str:
    # By way of floating-point seconds: exact to the microsecond until the year 2255, and a tenth of the price of adding
    # an interval.
    return f"to_timestamp({name}::float8 / 1000000::float8)" if kind == "instant" else name


# A value that was estimated is not estimated again: a report must not change because a setting did.
_KEEPS_ESTIMATE = """
    o.appointment_id = excluded.appointment_id AND o.value_source <> 'appointment'
    AND excluded.value_source <> 'appointment' AND o.value IS NOT NULL AND excluded.value IS NOT NULL
"""
_NEW_VALUES = {
    name: f"CASE WHEN {_KEEPS_ESTIMATE} THEN o.{name} ELSE excluded.{name} END"
    if name in ("value", "value_source")
    else f"excluded.{name}"
    for name, _ in _FOUND_COLUMNS[2:]
}
_NAMES = ", ".join(name for name, _ in _FOUND_COLUMNS)
_ARRAYS = ", ".join(f"%s::{'bigint' if kind == 'instant' else kind}[]" for _, kind in _FOUND_COLUMNS)
_DAYS = "(opened_at AT TIME ZONE %s)::date, (booked_at AT TIME ZONE %s)::date"
_UPSERT = f"""
    INSERT INTO attribution_opportunity AS o (id, clinic_id, is_settled, {_NAMES})
    SELECT gen_random_uuid(), %s, false, {", ".join(_read_column(name, kind) for name, kind in _FOUND_COLUMNS)}
    FROM unnest({_ARRAYS}) AS found ({_NAMES})
    ON CONFLICT (clinic_id, caller, opened_at) DO UPDATE
        SET {", ".join(f"{name} = {new}" for name, new in _NEW_VALUES.items())}
        WHERE NOT o.is_settled
          AND ({", ".join(f"o.{name}" for name in _NEW_VALUES)}) IS DISTINCT FROM ({", ".join(_NEW_VALUES.values())})
    RETURNING {_DAYS}
"""  # noqa: S608 - constants of this file


def _columns_of(found: Iterable[Found]) -> list[str]:
    """The text of an array for each of `_FOUND_COLUMNS`."""
    return [_array(column) for column in zip(*[_cells(one) for one in found], strict=True)]


def _cells(found: Found) -> tuple[object, ...]:
    caller, one, value, value_source, dismiss_reason = found
    return (
        caller.hex(),
        one.opened_at,
        one.last_missed_at,
        one.deadline,
        one.called_back_at,
        one.reached_at,
        one.contact_at,
        one.closed_at,
        one.booked_at,
        _WORDS[one.status],
        one.attempts,
        one.callbacks,
        _WORDS[one.contact_kind],
        one.contact_talk_seconds,
        one.appointment_id and one.appointment_id.hex(),
        value,
        _WORDS[value_source],
        _WORDS[one.rule],
        _WORDS[dismiss_reason],
        one.rules_version,
    )


# Words as elements of an array; a look-up is cheaper than asking an enumeration for its value.
_WORDS: Mapping[object, str] = {
    None: '""',
    **{
        word: word.value
        for words in (OpportunityStatus, ContactKind, ValueSource, DismissReason, Verdict, Reason)
        for word in words
    },
}


def _array(cells: Iterable[object]) -> str:
    return "{" + ",".join(["NULL" if cell is None else str(cell) for cell in cells]) + "}"


def move_openings(clinic_id: uuid.UUID, zone: str, who: Who, found: Sequence[Found]) -> set[date]:
    """Gives opportunities that begin with another missed call than was known their new beginning; never a settled one.

    A call that comes late, or turns out to have been answered, moves the beginning. It is the same caller who waits:
    what others know it by, its id, stays, so that nobody is told twice and nobody's claim is lost.
    """
    # index: attribution_opportunity_pkey, after one_opportunity_per_opening
    columns = "id, caller, opened_at, last_missed_at, is_settled"
    source, params = of_callers("attribution_opportunity", columns, clinic_id, who)
    return _write(
        f"""
        WITH found AS MATERIALIZED (
            SELECT caller, {_read_column("opened_at", "instant")} AS opened_at,
                {_read_column("last_missed_at", "instant")} AS last_missed_at
            FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS found (caller, opened_at, last_missed_at)
        ), known AS MATERIALIZED (SELECT * FROM {source}),
        pairs AS (
            SELECT DISTINCT ON (known.id) known.id, known.caller, known.opened_at AS was_at, found.opened_at AS is_at
            FROM known JOIN found ON found.caller = known.caller
                AND known.opened_at <= found.last_missed_at AND known.last_missed_at >= found.opened_at
            WHERE NOT known.is_settled
                AND (known.caller, known.opened_at) NOT IN (SELECT caller, opened_at FROM found)
                AND (found.caller, found.opened_at) NOT IN (SELECT caller, opened_at FROM known)
            ORDER BY known.id, found.opened_at
        )
        UPDATE attribution_opportunity AS o SET opened_at = moved.is_at
        FROM (SELECT DISTINCT ON (caller, is_at) * FROM pairs ORDER BY caller, is_at, was_at) AS moved
        WHERE o.clinic_id = %s AND o.id = moved.id
        RETURNING (moved.was_at AT TIME ZONE %s)::date, (moved.is_at AT TIME ZONE %s)::date
        """,  # noqa: S608 - made of constants
        [
            hexes([one.caller for one in found]), _array([one.opportunity.opened_at for one in found]),
            _array([one.opportunity.last_missed_at for one in found]), *params, clinic_id, zone, zone,
        ],
    )  # fmt: skip


def delete_vanished(clinic_id: uuid.UUID, zone: str, who: Who, found: Sequence[Found]) -> set[date]:
    """Deletes opportunities of these callers that are not among those found; never a settled one."""
    # index: attribution_opportunity_pkey, after one_opportunity_per_opening
    columns = "id, caller, opened_at, is_settled"
    source, params = of_callers("attribution_opportunity", columns, clinic_id, who)
    return _write(
        f"""
        DELETE FROM attribution_opportunity WHERE id = ANY(ARRAY(
            SELECT id FROM {source} WHERE NOT is_settled AND (caller, opened_at) NOT IN (
                SELECT found_caller, to_timestamp(found_at::float8 / 1000000::float8)
                FROM unnest(%s::uuid[], %s::bigint[]) AS found (found_caller, found_at)
            )
        )) AND clinic_id = %s
        RETURNING {_DAYS}
        """,  # noqa: S608 - made of constants
        [
            *params, hexes([one.caller for one in found]), _array([one.opportunity.opened_at for one in found]),
            clinic_id, zone, zone,
        ],
    )  # fmt: skip


def write_verdicts(clinic_id: uuid.UUID, zone: str, said: Sequence[Said]) -> set[date]:
    """Changes what is said of appointments."""
    if not said:
        return set()
    # index: attribution_appointment_pkey
    return _write(
        """
        UPDATE attribution_appointment AS a SET caller = said.owner, verdict = said.verdict, reason = said.reason
        FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[]) AS said (id, owner, verdict, reason)
        WHERE a.clinic_id = %s AND a.id = said.id
        RETURNING (a.booked_at AT TIME ZONE %s)::date
        """,
        [
            hexes([one.appointment_id.bytes for one in said]), hexes([one.owner for one in said]),
            _array([_WORDS[one.verdict] for one in said]), _array([_WORDS[one.reason] for one in said]),
            clinic_id, zone,
        ],
    )  # fmt: skip


def settle_opportunities(clinic_id: uuid.UUID, settled: Sequence[tuple[uuid.UUID, Opportunity]]) -> None:
    """They never change again."""
    # index: attribution_opportunity_pkey
    _write(
        """
        UPDATE attribution_opportunity AS o SET is_settled = true, status = done.status,
            closed_at = timestamptz 'epoch' + done.closed_at * interval '1 microsecond'
        FROM unnest(%s::uuid[], %s::text[], %s::bigint[]) AS done (id, status, closed_at)
        WHERE o.clinic_id = %s AND o.id = done.id
        """,
        [
            hexes([row_id.bytes for row_id, _ in settled]), _array([_WORDS[one.status] for _, one in settled]),
            _array([one.closed_at for _, one in settled]), clinic_id,
        ],
    )  # fmt: skip


def write_books(clinic_id: uuid.UUID, books: Mapping[Caller, Settled]) -> None:
    """Keeps up to when these callers are settled."""
    # index: attribution_callerbooks_pkey
    _write(
        """
        INSERT INTO attribution_callerbooks (clinic_id, caller, settled_until, last_missed_at, last_status)
        SELECT %s, caller, timestamptz 'epoch' + settled_until * interval '1 microsecond',
            timestamptz 'epoch' + last_missed_at * interval '1 microsecond', status
        FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[])
            AS books (caller, settled_until, last_missed_at, status)
        ON CONFLICT (clinic_id, caller) DO UPDATE SET settled_until = excluded.settled_until,
            last_missed_at = excluded.last_missed_at, last_status = excluded.last_status
        """,
        [
            clinic_id, hexes(books), _array([one.settled_until for one in books.values()]),
            _array([one.last_missed_at for one in books.values()]),
            _array([_WORDS[one.status] for one in books.values()]),
        ],
    )  # fmt: skip


def check_constraints() -> None:
    """Has the deferred ones speak now: what they find is this batch's failure, not the commit's."""
    _write("SET CONSTRAINTS ALL IMMEDIATE", [])


def lock_attribution(clinic_id: uuid.UUID) -> None:
    """Until the end of the transaction: nobody else writes attribution of the clinic; waits for whoever does."""
    _write("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_ATTRIBUTION, str(clinic_id)])


def try_lock_attribution(clinic_id: uuid.UUID) -> bool:
    """The same without waiting: False when somebody else has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_ATTRIBUTION, str(clinic_id)])
        return bool(cursor.fetchone()[0])


_ATTRIBUTION = 7_101  # the first half of an advisory lock's name


def _write(statement: str, params: Sequence[Any]) -> set[date]:
    """Runs it; the days among what it returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows = cursor.fetchall() if cursor.description else []
    return {cell for row in rows for cell in row if isinstance(cell, date)}
