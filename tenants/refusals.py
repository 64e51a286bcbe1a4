"""Counts what was refused, by day and reason; never who, what or with which id.

Counting costs a write, so somebody who is refused without end is counted no more than sixty times a minute.
"""

import uuid
from collections.abc import Hashable

from django.db import DatabaseError, connection
from django.utils import timezone

from tenants.domain import PLATFORM
from tenants.limits import TokenBuckets
from tenants.scope import as_clinic

_writes = TokenBuckets.from_rate("60/min")  # of each clinic and reason, in each process
_first_times = TokenBuckets.from_rate("6/min")

_COUNT_SQL = """
INSERT INTO tenants_refusedcount AS known (clinic_id, day, what, count) VALUES (%s, %s, %s, 1)
ON CONFLICT (clinic_id, day, what) DO UPDATE SET count = known.count + 1
"""


def count(what: str, *, clinic_id: uuid.UUID = PLATFORM, once_for: Hashable = None) -> bool:
    """Counts one refusal. With `once_for`: whether it is worth a line on record, which a loop is not.

    A refusal stands whether it could be counted or not: a database that is away is no reason for another answer.
    """
    if _writes.take((clinic_id, what)) == 0:
        try:
            with as_clinic(clinic_id), connection.cursor() as cursor:
                cursor.execute(_COUNT_SQL, [clinic_id, timezone.now().date(), what])  # index: one_refused_count
        except DatabaseError:
            return False
    return once_for is not None and _first_times.take((clinic_id, what, once_for)) == 0


def forget() -> None:
    """As if nothing had been counted by this process yet."""
    _writes.forget()
    _first_times.forget()
