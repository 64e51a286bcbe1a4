"""Locks of slow work: one run at a time asks a phone system, and one worker at a time is busy with such work of a kind.
Raw SQL.
"""

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import DEFAULT_DB_ALIAS, connections

_PULLS, _TURNS = 7_200, 7_201  # the first half of a lock's name


class Busy(Exception):
    """Somebody else holds the lock."""


def pull_lock(connection_id: uuid.UUID | None) -> AbstractContextManager[None]:
    """Of one connection's pulls; of the workers together where there is none to name. Raises `Busy`."""
    return _hold(_PULLS, str(connection_id or ""))


def turn_lock(work: str) -> AbstractContextManager[None]:
    """Of all workers together, for work that waits for others: at most one of them does it. Raises `Busy`."""
    return _hold(_TURNS, work)


@contextmanager
def _hold(space: int, name: str) -> Iterator[None]:
    """Held until the block ends, by a connection of its own.

    It is the lock of an open transaction, so it works behind PgBouncer, and the server gives it up by itself when the
    process is killed. That transaction reads nothing, so vacuum goes on.
    """
    holder = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [space, name])
            if not cursor.fetchone()[0]:
                raise Busy
        yield
    finally:
        if holder.connection is not None:
            holder.rollback()
        holder.close()
