"""Columns and constraints of calls, callers' hashes, keys, connections and work rows; no behaviour.

The tables partitioned by week are made by SQL in the first migration. No table here has a column that could hold a
phone number.
"""

from calls.models.calls import Call, CallerHash, CallerKey, Change
from calls.models.connections import Connection, RefusalCount

__all__ = ["Call", "CallerHash", "CallerKey", "Change", "Connection", "RefusalCount"]
