"""One transaction of the purge: rows and their log row go together; asks again when somebody else is in the way."""

import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable

from retention.domain import Deletion, Run
from retention.models import DeletionLog
from tenants.scope import set_local

# Shorter than the server's deadlock_timeout (1 s): when two wait for each other it is the purge that gives up.
LOCK_TIMEOUT = "400ms"
TRIES = 6
FIRST_PAUSE_SECONDS = 0.2  # doubles: seven seconds in all
Result = TypeVar("Result")


class Busy(Exception):
    """Somebody else held a lock for too long; the next run tries again."""


def patiently(batch: Callable[[], Result]) -> Result:
    """Runs a batch, which is one transaction, until it gets its locks. Raises `Busy` after some tries."""
    pause = FIRST_PAUSE_SECONDS
    for _ in range(TRIES):
        try:
            return batch()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                raise
        time.sleep(pause)
        pause *= 2
    raise Busy


def limit_waiting() -> None:
    """Until the end of the transaction no lock is waited for so long that intake would queue up behind us."""
    set_local("lock_timeout", LOCK_TIMEOUT)


def write_log(
    run: Run, clinic_id: uuid.UUID, what: str, before: datetime, count: int, certificate: str = ""
) -> Deletion:
    """The log row, inside the clinic's scope and the transaction that deletes."""
    DeletionLog.objects.create(
        clinic_id=clinic_id,
        run_id=run.id,
        at=run.now,
        what=what,
        before=before,
        count=count,
        certificate=certificate,
    )
    return Deletion(clinic_id, what, before, count, certificate)
