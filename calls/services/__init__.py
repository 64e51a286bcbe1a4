"""Everything that the calls floor writes, under the names that doors use; each matter has a file of its own."""

from calls.services.accounts import CannotBeAsked, note_answer, remove_account, require_credentials, set_account
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
from calls.services.import_runs import (
    ImportRunning,
    NewRun,
    UnknownRun,
    finish_run,
    move_run,
    start_run,
    stop_run,
)
from calls.services.listening import check_silence, count_messages
from calls.services.mappings import UnknownMapping, remove_mapping, save_mapping
from calls.services.pulls import (
    AlreadyFetching,
    IsPaused,
    NoAccount,
    UnknownPull,
    finish_pull,
    move_pull,
    put_off_pull,
    start_pull,
    start_reconciles,
    stop_pull,
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
    "AlreadyFetching", "BadName", "CannotBeAsked", "ImportRunning", "IsPaused", "MAX_NAME", "NewConnection",
    "NewRun", "NoAccount", "UnknownConnection", "UnknownMapping", "UnknownProvider", "UnknownPull", "UnknownRun",
    "add_connection", "check_silence", "count_messages", "count_refusal", "finish_pull", "finish_run",
    "give_up_work", "merge_calls", "move_pull", "move_run", "note_answer", "pause_connection", "put_off_pull",
    "record_call", "remove_account", "remove_connection", "remove_mapping", "renew_connection",
    "require_connection_name", "require_credentials", "resume_connection", "retry_work", "rotate_secret",
    "save_mapping", "set_account", "start_pull", "start_reconciles", "start_run", "stop_pull", "stop_run",
]  # fmt: skip
