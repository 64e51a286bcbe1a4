"""The SQL of what connections received: hours, names of fields, the end of a silence; a statement a function.

Runs inside a clinic's scope. Whoever adds has locked the connections before: what was removed meanwhile is left out,
and two processes that add at the same time do it one after the other.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class HourCounts:
    """What is added to an hour of a connection."""

    connection_id: uuid.UUID
    hour: datetime
    messages: int
    calls: int
    refused: int
    first_message_at: datetime | None
    last_message_at: datetime | None


def lock_connections(clinic_id: uuid.UUID, connection_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of them that there are, until the end of the transaction."""
    # index: connection_of_clinic
    rows = _run(
        "SELECT id FROM calls_connection WHERE clinic_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [clinic_id, list(connection_ids)],
    )
    return {row[0] for row in rows.fetchall()}


def add_hours(clinic_id: uuid.UUID, hours: Sequence[HourCounts]) -> None:
    """Adds to what is known of these hours."""
    # index: one_connection_hour
    columns = zip(*((h.connection_id, h.hour, h.messages, h.calls, h.refused, h.first_message_at, h.last_message_at)
                    for h in hours), strict=True)  # fmt: skip
    _run(
        """
        INSERT INTO calls_connectionhour AS known
            (clinic_id, connection_id, hour, messages, calls, refused, first_message_at, last_message_at)
        SELECT %s, * FROM unnest(
            %s::uuid[], %s::timestamptz[], %s::integer[], %s::integer[], %s::integer[], %s::timestamptz[],
            %s::timestamptz[]
        )
        ON CONFLICT (clinic_id, connection_id, hour) DO UPDATE SET
            messages = known.messages + excluded.messages, calls = known.calls + excluded.calls,
            refused = known.refused + excluded.refused,
            first_message_at = least(known.first_message_at, excluded.first_message_at),
            last_message_at = greatest(known.last_message_at, excluded.last_message_at)
        """,
        [clinic_id, *map(list, columns)],
    )


def find_field_names(clinic_id: uuid.UUID, connection_ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, str]]:
    """(connection, name) of all names that are kept of them."""
    # index: one_received_field
    rows = _run(
        "SELECT connection_id, name FROM calls_receivedfield WHERE clinic_id = %s AND connection_id = ANY(%s)",
        [clinic_id, list(connection_ids)],
    )
    return [(connection_id, name) for connection_id, name in rows.fetchall()]


def add_fields(clinic_id: uuid.UUID, fields: Sequence[tuple[uuid.UUID, str, int]], at: datetime) -> None:
    """Adds (connection, name, how many messages) to what is known."""
    # index: one_received_field
    columns = [list(column) for column in zip(*fields, strict=True)]
    _run(
        """
        INSERT INTO calls_receivedfield AS known (clinic_id, connection_id, name, count, last_at)
        SELECT %s, *, %s FROM unnest(%s::uuid[], %s::text[], %s::bigint[])
        ON CONFLICT (clinic_id, connection_id, name) DO UPDATE SET
            count = known.count + excluded.count, last_at = greatest(known.last_at, excluded.last_at)
        """,
        [clinic_id, at, *columns],
    )


def end_silence(clinic_id: uuid.UUID, connection_ids: Sequence[uuid.UUID]) -> None:
    """They speak."""
    # index: connection_of_clinic
    _run(
        "UPDATE calls_connection SET silent_since = NULL"
        " WHERE clinic_id = %s AND id = ANY(%s) AND silent_since IS NOT NULL",
        [clinic_id, list(connection_ids)],
    )


def _run(sql: str, params: Sequence[Any]) -> Any:
    cursor = connection.cursor()
    cursor.execute(sql, params)
    return cursor
