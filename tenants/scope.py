"""Opens and closes a clinic's scope in the database; the only place that sets what the policies read.

Outside of a scope a tenant table has no rows. The settings are local to the transaction: the database may stand
behind PgBouncer in transaction mode, and a session setting would leak into somebody else's next transaction.
"""

import contextlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, transaction

_clinic: ContextVar[uuid.UUID | None] = ContextVar("clinic", default=None)


class NoClinic(RuntimeError):
    """Code that needs a clinic ran outside of `as_clinic`."""


def current_clinic_id() -> uuid.UUID:
    """The clinic of the open scope; raises `NoClinic` outside of one."""
    clinic_id = _clinic.get()
    if clinic_id is None:
        raise NoClinic("Open a scope with as_clinic() first.")
    return clinic_id


def set_local(name: str, value: str) -> None:
    """Sets a setting until the end of the transaction. `set_config` takes a parameter, `SET LOCAL` can't."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


@contextlib.contextmanager
def as_clinic(clinic_id: uuid.UUID) -> Iterator[None]:
    """A transaction in which the rows of one clinic can be seen and written, and those of no other."""
    outer = _clinic.get()
    # Nested in itself: the setting stands, and two statements are saved. Not in what runs after the commit.
    if outer == clinic_id and connection.in_atomic_block:
        with transaction.atomic(using=DEFAULT_DB_ALIAS):
            yield
        return
    token = _clinic.set(clinic_id)
    try:
        with _setting("app.clinic_id", str(clinic_id), str(outer) if outer else ""):
            yield
    finally:
        _clinic.reset(token)


@contextlib.contextmanager
def as_holder_of(credential: str) -> Iterator[None]:
    """A transaction in which only what this credential names can be found: see `rls.TenantTable.lookup`.

    `credential` is `user:<id>`, `key:<prefix>`, `hook:<hex of the token's hash>` or `work`.
    """
    with _setting("app.lookup", credential, ""):
        yield


@contextlib.contextmanager
def _setting(name: str, value: str, outer: str) -> Iterator[None]:
    """A transaction with a setting. Nested in another one, the setting would outlive us, so it is put back;
    after an error the rollback to the savepoint has done so."""
    with transaction.atomic(using=DEFAULT_DB_ALIAS):
        set_local(name, value)
        yield
        if connection.savepoint_ids:
            set_local(name, outer)


@contextlib.contextmanager
def pipelined() -> Iterator[None]:
    """Sends statements without waiting for each answer, until somebody fetches: round trips are what a write costs.

    Open it around a scope, so that the last statements and the commit travel together.
    """
    connection.ensure_connection()
    if connection.in_atomic_block:  # a savepoint's errors must be seen at the savepoint
        yield
        return
    with connection.connection.pipeline():
        yield


def ask_each_clinic(
    statement: str, asked: Iterable[tuple[uuid.UUID, Sequence[Any]]]
) -> list[tuple[uuid.UUID, list[tuple[Any, ...]]]]:
    """Runs one statement in the scope of each clinic in turn, with that clinic's parameters; its rows by clinic.

    For what must be known of all clinics, which may be thousands: one transaction, and no wait between two of them.
    """
    with transaction.atomic(using=DEFAULT_DB_ALIAS):
        outer = _clinic.get()
        raw = connection.connection
        with raw.pipeline():
            cursors = []
            for clinic_id, parameters in asked:
                raw.execute("SELECT set_config('app.clinic_id', %s, true)", [str(clinic_id)])
                cursors.append((clinic_id, raw.execute(statement, parameters)))
        rows = [(clinic_id, cursor.fetchall() if cursor.description else []) for clinic_id, cursor in cursors]
        set_local("app.clinic_id", str(outer) if outer else "")
    return rows
