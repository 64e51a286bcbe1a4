"""The SQL of work rows: leave one, claim some, remove or postpone them; refuses to know what the work is.

All of it runs inside a clinic's scope but for `clinics_with_changes`, which sees that there is work and for whom, and
nothing else. Claimed rows stay locked until the transaction ends, and other workers skip them.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection

from tenants.scope import as_holder_of

MAX_TRIES = 3
FIRST_PAUSE = timedelta(seconds=30)  # doubled with each try


class ClaimedChange(NamedTuple):
    """`on` is the clinic's local date of what changed; with a caller and no date, any of the caller's days."""

    id: int
    caller: uuid.UUID | None
    on: date | None
    tries: int


def leave_changes(clinic_id: uuid.UUID, changes: Iterable[tuple[uuid.UUID | None, date]], now: datetime) -> None:
    """That these callers (or, without one, these days) have work waiting; part of the caller's transaction."""
    wanted = sorted(set(changes), key=str)
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO calls_change (clinic_id, caller, day, created_at, tries, problem)
            SELECT %s, caller, day, %s, 0, '' FROM unnest(%s::uuid[], %s::date[]) AS changed (caller, day)
            """,
            [clinic_id, now, [caller for caller, _ in wanted], [on for _, on in wanted]],
        )


def claim_changes(clinic_id: uuid.UUID, limit: int, now: datetime) -> list[ClaimedChange]:
    """The oldest rows that nobody else works on, that are not held back and not set aside."""
    with connection.cursor() as cursor:
        # index: changes_to_do
        cursor.execute(
            """
            SELECT id, caller, day, tries FROM calls_change
            WHERE clinic_id = %s AND set_aside_at IS NULL AND (not_before IS NULL OR not_before <= %s)
            ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
            """,
            [clinic_id, now, limit],
        )
        return [ClaimedChange(*row) for row in cursor.fetchall()]


def remove_changes(clinic_id: uuid.UUID, ids: Sequence[int]) -> None:
    """They are done."""
    with connection.cursor() as cursor:
        # index: calls_change_pkey
        cursor.execute("DELETE FROM calls_change WHERE clinic_id = %s AND id = ANY(%s)", [clinic_id, list(ids)])


def postpone_change(clinic_id: uuid.UUID, change: ClaimedChange, problem: str, now: datetime) -> None:
    """A try failed: not again before a pause, and after `MAX_TRIES` not at all. `problem` is an exception's type."""
    tries = change.tries + 1
    with connection.cursor() as cursor:
        # index: calls_change_pkey
        cursor.execute(
            """
            UPDATE calls_change SET tries = %s, not_before = %s, problem = %s, set_aside_at = %s
            WHERE clinic_id = %s AND id = %s
            """,
            [
                tries, now + FIRST_PAUSE * 2 ** (tries - 1), problem[:80], now if tries >= MAX_TRIES else None,
                clinic_id, change.id,
            ],
        )  # fmt: skip


def has_caller_changes(clinic_id: uuid.UUID) -> bool:
    """Whether work on a caller is waiting, also where it is held back for now; not what was set aside."""
    with connection.cursor() as cursor:
        # index: changes_to_do
        cursor.execute(
            "SELECT EXISTS (SELECT FROM calls_change"
            " WHERE clinic_id = %s AND set_aside_at IS NULL AND caller IS NOT NULL)",
            [clinic_id],
        )
        return bool(cursor.fetchone()[0])


def clinics_with_changes(now: datetime) -> list[uuid.UUID]:
    """The clinics for which there is something to claim, those that wait longest first."""
    with as_holder_of("work"), connection.cursor() as cursor:
        # index: changes_to_do, all of it: the table holds what is not done yet
        cursor.execute(
            """
            SELECT clinic_id FROM calls_change
            WHERE set_aside_at IS NULL AND (not_before IS NULL OR not_before <= %s)
            GROUP BY clinic_id ORDER BY min(id)
            """,
            [now],
        )
        return [clinic_id for (clinic_id,) in cursor.fetchall()]
