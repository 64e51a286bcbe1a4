"""The SQL of what is to be told to others: left with the fact, claimed with a lease, marked when it is done.

PostgreSQL is the queue. All of it runs inside a clinic's scope but for `clinics_with_messages` and
`clinics_with_digests`, which see that there is something to send and for whom. Claimed is not locked: a lease runs out.
"""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection, connections

from attribution.deliveries import SETTLES_AFTER, OutgoingEvent
from attribution.events import Caller, hexes
from attribution.rules import from_micros
from tenants.scope import as_holder_of

_SENDER_LOCK = 7_102  # the name of an advisory lock
_IS_ACTIVE = "target.paused_at IS NULL AND target.switched_off_at IS NULL"
Key = tuple[Caller, int]  # the natural key of an opportunity: caller and when it opened, in microseconds


class ClaimedMessage(NamedTuple):
    """`tries` counts this one, too. The wrapped columns are as they are stored."""

    id: uuid.UUID
    target_id: uuid.UUID
    event: str
    subject: str
    opportunity_id: uuid.UUID | None
    body: Any  # text of JSON, or None before the first try
    created_at: datetime
    tries: int
    url: bytes
    secret: bytes
    old_secret: bytes | None
    old_secret_until: datetime | None


def leave_missed(clinic_id: uuid.UUID, keys: Sequence[Key], now: datetime) -> None:
    """That these opportunities were opened, to every target that wants to know and does not yet."""
    _leave(clinic_id, keys, OutgoingEvent.MISSED_CALL, now, now + SETTLES_AFTER, "found.id::text", "found.opened_at")


def leave_recovered(clinic_id: uuid.UUID, keys: Sequence[Key], now: datetime) -> None:
    """That these opportunities were recovered: once for each of their appointments."""
    subject = "found.id || '/' || found.appointment_id"
    _leave(clinic_id, keys, OutgoingEvent.RECOVERED, now, now, subject, "found.booked_at")


def _leave(
    clinic_id: uuid.UUID, keys: Sequence[Key], event: OutgoingEvent, now: datetime, not_before: datetime,
    subject: str, happened_at: str,
) -> None:  # fmt: skip
    with connection.cursor() as cursor:
        # index: attribution_outgoingtarget by clinic, then one_opportunity_per_opening, a_fact_is_told_once
        cursor.execute(
            f"""
            INSERT INTO attribution_outgoingmessage
                (id, clinic_id, target_id, event, subject, opportunity_id, caller, created_at, not_before, tries,
                last_problem)
            SELECT gen_random_uuid(), %s, target.id, %s, {subject}, found.id, found.caller, %s, %s, 0, ''
            FROM attribution_outgoingtarget AS target
            CROSS JOIN unnest(%s::uuid[], %s::timestamptz[]) AS wanted (caller, opened_at)
            JOIN attribution_opportunity AS found ON found.clinic_id = target.clinic_id
                AND found.caller = wanted.caller AND found.opened_at = wanted.opened_at
            WHERE target.clinic_id = %s AND {_IS_ACTIVE} AND %s = ANY(target.events)
                AND {happened_at} >= target.active_since
            ON CONFLICT DO NOTHING
            """,  # noqa: S608 - constants of this file
            [
                clinic_id, event.value, now, not_before, hexes([caller for caller, _ in keys]),
                [from_micros(opened_at) for _, opened_at in keys], clinic_id, event.value,
            ],
        )  # fmt: skip


def clinics_with_messages(now: datetime) -> list[uuid.UUID]:
    """The clinics that have something to send now, the one that waits longest first."""
    with as_holder_of("work"), connection.cursor() as cursor:
        # index: outgoing_messages_to_send, which holds what is not done yet
        cursor.execute(
            f"""
            SELECT message.clinic_id FROM attribution_outgoingmessage AS message
            JOIN attribution_outgoingtarget AS target ON target.id = message.target_id
            WHERE message.delivered_at IS NULL AND message.given_up_at IS NULL AND message.not_before <= %s
                AND {_IS_ACTIVE}
            GROUP BY message.clinic_id ORDER BY min(message.not_before)
            """,  # noqa: S608 - constants of this file
            [now],
        )
        return [clinic_id for (clinic_id,) in cursor.fetchall()]


def clinics_with_digests(now: datetime) -> list[uuid.UUID]:
    """The clinics with a target to which the day before is to be told now."""
    with as_holder_of("work"), connection.cursor() as cursor:
        # index: outgoing_digests_due
        cursor.execute(
            "SELECT DISTINCT clinic_id FROM attribution_outgoingtarget WHERE digest_at IS NOT NULL AND digest_at <= %s",
            [now],
        )
        return [clinic_id for (clinic_id,) in cursor.fetchall()]


def claim_messages(
    clinic_id: uuid.UUID, now: datetime, lease: timedelta, limit: int, per_target: int, busy: Sequence[uuid.UUID]
) -> list[ClaimedMessage]:
    """Takes the oldest of each target that is not busy, and leases them: nobody else takes them meanwhile."""
    with connection.cursor() as cursor:
        # index: outgoing_messages_to_send, for each target of the clinic
        cursor.execute(
            f"""
            WITH claimed AS MATERIALIZED (  -- once, or its limits would hold for each row of a join
                SELECT due.id, target.url, target.secret, target.old_secret, target.old_secret_until
                FROM attribution_outgoingtarget AS target
                CROSS JOIN LATERAL (
                    SELECT id FROM attribution_outgoingmessage AS waiting
                    WHERE waiting.target_id = target.id AND waiting.clinic_id = target.clinic_id
                        AND waiting.delivered_at IS NULL AND waiting.given_up_at IS NULL AND waiting.not_before <= %s
                    ORDER BY waiting.not_before LIMIT %s FOR UPDATE SKIP LOCKED
                ) AS due
                WHERE target.clinic_id = %s AND {_IS_ACTIVE} AND target.id <> ALL(%s::uuid[])
                LIMIT %s
            )
            UPDATE attribution_outgoingmessage AS message SET not_before = %s, tries = message.tries + 1
            FROM claimed WHERE message.id = claimed.id AND message.clinic_id = %s
            RETURNING message.id, message.target_id, message.event, message.subject, message.opportunity_id,
                message.body::text, message.created_at, message.tries,
                claimed.url, claimed.secret, claimed.old_secret, claimed.old_secret_until
            """,  # noqa: S608 - constants of this file
            [now, per_target, clinic_id, list(busy), limit, now + lease, clinic_id],
        )
        return [ClaimedMessage(*row) for row in cursor.fetchall()]


@contextlib.contextmanager
def only_sender() -> Iterator[bool]:
    """Whether this process alone sends, of all workers; until it ends or is killed.

    Held by a connection of its own in an open transaction that has read nothing: it keeps no snapshot, works behind
    PgBouncer, and the server gives it up by itself when the process is gone.
    """
    holder = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SENDER_LOCK])
            is_alone = bool(cursor.fetchone()[0])
        yield is_alone
    finally:
        if holder.connection is not None:
            holder.rollback()
        holder.close()


def clinics_with_mail(now: datetime) -> list[uuid.UUID]:
    """The clinics in which somebody is to be sent a summary now."""
    with as_holder_of("work"), connection.cursor() as cursor:
        # index: digests_due
        cursor.execute(
            "SELECT DISTINCT clinic_id FROM attribution_digestchoice"
            " WHERE due_at <= %s AND (leased_until IS NULL OR leased_until <= %s)",
            [now, now],
        )
        return [clinic_id for (clinic_id,) in cursor.fetchall()]
