"""The operating-system account that the servers run under: ours, or, for root, an unprivileged one; makes none."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


@cache
def server_account() -> Account | None:
    """None when the servers run as ourselves. PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LookupError("Neither the account `postgres` nor `nobody` exists.")


def run_as(account: Account | None) -> dict[str, Any]:
    """Arguments of `subprocess` that run a command as that account, in a place that it can certainly enter."""
    if account is None:
        return {"cwd": "/"}
    return {"cwd": "/", "user": account.uid, "group": account.gid, "extra_groups": []}


def can_enter(account: Account, folder: Path) -> bool:
    """Asked of the system and not computed from mode bits: every parent and any access list counts."""
    return _test(account, "-x", folder)


def can_read(account: Account, path: Path) -> bool:
    return _test(account, "-r", path)


def _test(account: Account, operator: str, path: Path) -> bool:
    command = ["/usr/bin/test", operator, str(path)]
    answer = subprocess.run(command, **run_as(account), check=False)  # noqa: S603 - a fixed command
    return answer.returncode == 0
