"""The SQL of the audit trail: appending through the one function that may, and erasing details."""

import uuid
from datetime import datetime

from django.db import connection


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
    """Erases details of rows older than that, which must be 30 days ago at least; says so in the trail."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ringback_forget_audit_details(%s, %s)", [clinic_id, before])
        (count,) = cursor.fetchone()
    return int(count)
