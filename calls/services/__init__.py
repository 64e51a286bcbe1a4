"""Everything that the calls floor writes, under the names that doors use; each matter has a file of its own."""

from calls.services.connections import (
    MAX_NAME,
    BadName,
    NewConnection,
    UnknownConnection,
    UnknownProvider,
    add_connection,
    pause_connection,
    remove_connection,
    renew_connection,
    require_connection_name,
    resume_connection,
    rotate_secret,
)
from calls.services.recording import (
    count_refusal,
    merge_calls,
    record_call,
)
from calls.services.work import (
    give_up_work,
    retry_work,
)

__all__ = [
    "BadName", "MAX_NAME", "NewConnection", "UnknownConnection", "UnknownProvider", "add_connection",
    "count_refusal", "give_up_work", "merge_calls", "pause_connection", "record_call", "remove_connection",
    "renew_connection", "require_connection_name", "resume_connection", "retry_work", "rotate_secret",
]  # fmt: skip
