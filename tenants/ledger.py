"""The SQL of the audit trail: appending through the one function that may, erasing details, reading whole trails."""

import contextlib
import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from tenants.scope import as_clinic, ask_each_clinic
from tenants.trail.anchoring import Anchor
from tenants.trail.chain import Link
from tenants.trail.merkle import Head
from tenants.trail.verification import Entry

_CHECKPOINT_LOCK: Final = 7_200  # the name of the advisory lock
_AT_ONCE: Final = 5_000  # rows of a trail in memory
_BEFORE_THE_FIRST: Final = -(2**63)  # rows that a superuser put in front are read, too
# Each of these tables has both: `append_only` for rows, `never_empty` for TRUNCATE.
_TABLES: Final = ("tenants_auditevent", "tenants_auditdetail", "tenants_auditcheckpoint", "tenants_auditanchor")
_TRIGGERS: Final = ("append_only", "never_empty")


class Standing(NamedTuple):
    """Where a trail ends now, and with which row it ended when it was last anchored (0: never)."""

    head: Head
    anchored_seq: int


def append(
    *, clinic_id: uuid.UUID, actor_kind: str, actor_id: uuid.UUID | None, action: str, target: str, salt: bytes,
    details: str,
) -> int:  # fmt: skip
    """The new row's number. Time and hash are the database's; index: the primary key, backwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ringback_append_audit(%s, %s, %s, %s, %s, %s, %s)",
            [clinic_id, actor_kind, actor_id, action, target, salt, details],
        )
        (seq,) = cursor.fetchone()
    return int(seq)


def forget_details(*, clinic_id: uuid.UUID, before: datetime) -> int:
    """Erases details of rows older than that, which must be 89 days ago at least; says so in the trail."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ringback_forget_audit_details(%s, %s)", [clinic_id, before])
        (count,) = cursor.fetchone()
    return int(count)


def count_details(*, clinic_id: uuid.UUID, before: datetime) -> int:
    """How many `forget_details` would erase."""
    # index: the primary keys (clinic_id, seq) of both
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM tenants_auditdetail AS detail JOIN tenants_auditevent AS event"
            " ON event.clinic_id = detail.clinic_id AND event.seq = detail.seq"
            " WHERE detail.clinic_id = %s AND event.at < %s",
            [clinic_id, before],
        )
        return int(cursor.fetchone()[0])


@contextlib.contextmanager
def one_moment(clinic_id: uuid.UUID) -> Iterator[None]:
    """The clinic's scope, in which everything is as it was at one moment, however long the reading takes.

    Inside a transaction of somebody else's it is that transaction's view of things.
    """
    is_ours = not connection.in_atomic_block
    with transaction.atomic():
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with as_clinic(clinic_id):
            yield


def read_trail(clinic_id: uuid.UUID) -> Iterator[Entry]:
    """All rows with their details, the first one first. Inside of the clinic's scope."""
    last = _BEFORE_THE_FIRST
    while entries := _read_rows(clinic_id, last, 2**63 - 1):
        yield from entries
        last = entries[-1].link.seq


def read_link(clinic_id: uuid.UUID, seq: int) -> Link | None:
    """One row, without its details."""
    entries = _read_rows(clinic_id, seq - 1, seq)
    return entries[0].link if entries else None


def _read_rows(clinic_id: uuid.UUID, after: int, until: int) -> list[Entry]:
    # index: the primary keys (clinic_id, seq) of both
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT event.clinic_id, event.seq, (extract(epoch FROM event.at) * 1000000)::bigint, event.actor_kind,
                event.actor_id, event.action, event.target, event.details_hash, event.previous, event.hash,
                detail.salt, detail.details
            FROM tenants_auditevent AS event LEFT JOIN tenants_auditdetail AS detail
                ON detail.clinic_id = event.clinic_id AND detail.seq = event.seq
            WHERE event.clinic_id = %s AND event.seq > %s AND event.seq <= %s ORDER BY event.seq LIMIT %s
            """,
            [clinic_id, after, until, _AT_ONCE],
        )
        return [
            Entry(Link(*fields[:7], *map(bytes, fields[7:])), bytes(salt) if salt is not None else None, details)
            for *fields, salt, details in cursor.fetchall()
        ]


def take_checkpoint_lock() -> bool:
    """Until the end of the transaction; False while another has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_CHECKPOINT_LOCK])
        return bool(cursor.fetchone()[0])


def read_standings(clinic_ids: Iterable[uuid.UUID]) -> list[Standing]:
    """Of those clinics that have a trail."""
    # index: tenants_auditevent_pkey, backwards; one_anchor_per_checkpoint (clinic_id, checkpoint_id), backwards
    found = ask_each_clinic(
        """
        SELECT event.seq, event.hash, coalesce((SELECT anchor.seq FROM tenants_auditanchor AS anchor
            WHERE anchor.clinic_id = event.clinic_id ORDER BY anchor.checkpoint_id DESC LIMIT 1), 0)
        FROM tenants_auditevent AS event WHERE event.clinic_id = %s ORDER BY event.seq DESC LIMIT 1
        """,
        ((clinic_id, [clinic_id]) for clinic_id in clinic_ids),
    )
    return [
        Standing(Head(clinic_id, seq, bytes(head)), anchored)
        for clinic_id, rows in found
        for seq, head, anchored in rows
    ]


def insert_anchors(anchors: Iterable[Anchor]) -> None:
    """One for each clinic; they are never changed."""
    ask_each_clinic(
        "INSERT INTO tenants_auditanchor (clinic_id, checkpoint_id, seq, head, path)"
        " VALUES (%s, %s, %s, %s, %s::jsonb)",
        ((anchor.head.clinic_id, _anchor_fields(anchor)) for anchor in anchors),
    )


def _anchor_fields(anchor: Anchor) -> list[Any]:
    head = anchor.head
    return [head.clinic_id, anchor.checkpoint_id, head.seq, head.hash, json.dumps(anchor.path)]


def read_anchors(clinic_ids: Iterable[uuid.UUID], *, after: int = 0, until: int = 2**63 - 1) -> list[Anchor]:
    """Of checkpoints whose ids are between, in the order of the clinics, the oldest first."""
    # index: one_anchor_per_checkpoint (clinic_id, checkpoint_id)
    found = ask_each_clinic(
        """
        SELECT checkpoint_id, seq, head, path::text FROM tenants_auditanchor
        WHERE clinic_id = %s AND checkpoint_id > %s AND checkpoint_id <= %s ORDER BY checkpoint_id
        """,
        ((clinic_id, [clinic_id, after, until]) for clinic_id in clinic_ids),
    )
    return [
        Anchor(Head(clinic_id, seq, bytes(head)), json.loads(path), checkpoint_id)
        for clinic_id, rows in found
        for checkpoint_id, seq, head, path in rows
    ]


def list_missing_triggers() -> list[str]:
    """Those that keep the tables append-only and are not there, or not on, or do something else: "table: trigger"."""
    # index: pg_trigger by table
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.tbl || ': ' || wanted.name
            FROM unnest(%s::text[]) AS tbls (tbl) CROSS JOIN LATERAL (
                SELECT tbls.tbl, name FROM unnest(%s::text[]) AS names (name)
            ) AS wanted
            WHERE NOT EXISTS (
                SELECT FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
                WHERE tgrelid = to_regclass('public.' || wanted.tbl) AND tgname = wanted.name
                    AND tgenabled IN ('O', 'A') AND proname = 'ringback_refuse_change'
                    AND prosrc LIKE '%%RAISE EXCEPTION%%'
            )
            ORDER BY 1
            """,
            [list(_TABLES), list(_TRIGGERS)],
        )
        return [name for (name,) in cursor.fetchall()]
