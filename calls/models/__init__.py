"""Columns and constraints of calls, callers' hashes, keys, connections and work rows; no behaviour.

The tables partitioned by week are made by SQL in the first migration. No table here has a column that could hold a
phone number.
"""

from calls.models.calls import Call, CallerHash, CallerKey, Change
from calls.models.connections import Connection, ConnectionHour, ReceivedField, RefusalCount
from calls.models.imports import ImportRun, SavedMapping
from calls.models.pulls import UNFINISHED, Account, Pull

__all__ = [
    "Account", "Call", "CallerHash", "CallerKey", "Change", "Connection", "ConnectionHour", "ImportRun", "Pull",
    "ReceivedField", "RefusalCount", "SavedMapping", "UNFINISHED",
]  # fmt: skip
