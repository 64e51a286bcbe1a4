"""Everything that calls shows, as frozen facts, under the names that doors use; each subject has a file of its own."""

from calls.selectors.calls import CallFilter, list_calls
from calls.selectors.connections import ConnectionLine, find_line, list_connections, list_names
from calls.selectors.hooks import ConnectionFacts, find_connection, forget_connections, refusals_since
from calls.selectors.work import list_queues

__all__ = [
    "CallFilter", "ConnectionFacts", "ConnectionLine", "find_connection", "find_line", "forget_connections",
    "list_calls", "list_connections", "list_names", "list_queues", "refusals_since",
]  # fmt: skip
