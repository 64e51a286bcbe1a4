"""Everything that calls shows, as frozen facts, under the names that doors use; each subject has a file of its own."""

from calls.selectors.accounts import AccountFacts, AccountLine, BadAccount, find_account, list_accounts, open_account
from calls.selectors.calls import CallFilter, list_calls
from calls.selectors.connections import (
    ConnectionLine,
    find_details,
    find_line,
    find_provider,
    find_waiting,
    list_connections,
    list_hours,
    list_names,
    list_providers,
    list_silent,
)
from calls.selectors.firsts import BROUGHT, CONNECTED, HEARD, find_firsts
from calls.selectors.hooks import ConnectionFacts, find_connection, forget_connections, refusals_since
from calls.selectors.imports import (
    SILENT_AFTER,
    Finding,
    ImportLine,
    MappingLine,
    find_mapping,
    find_run,
    list_mappings,
    list_runs,
)
from calls.selectors.pulls import PullLine, find_pull, find_unfinished, list_due, list_pulls
from calls.selectors.work import list_queues

__all__ = [
    "AccountFacts", "AccountLine", "BROUGHT", "BadAccount", "CONNECTED", "CallFilter", "ConnectionFacts",
    "ConnectionLine", "Finding", "HEARD", "ImportLine", "MappingLine", "PullLine", "SILENT_AFTER", "find_account",
    "find_connection", "find_details", "find_firsts", "find_line", "find_mapping", "find_provider", "find_pull",
    "find_run", "find_unfinished", "find_waiting", "forget_connections", "list_accounts", "list_calls",
    "list_connections", "list_due", "list_hours", "list_mappings", "list_names", "list_providers", "list_pulls",
    "list_queues", "list_runs", "list_silent", "open_account", "refusals_since",
]  # fmt: skip
