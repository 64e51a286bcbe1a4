"""What a server is to the rest of this package: a command, where it answers, how it is stopped; runs nothing."""

import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.accounts import server_account

LARGEST_LOG = 20 * 1024 * 1024


@dataclass(frozen=True)
class Server:
    """`prepare` makes what the server needs on disk and clears away a dead predecessor."""

    name: str
    command: list[str]
    folder: Path
    log: Path
    stop_signal: signal.Signals
    prepare: Callable[[], None]
    is_ready: Callable[[], bool]
    is_kept: bool = True  # whether its folder outlives its last user

    def spec(self) -> dict[str, Any]:
        """How the keeper is told to run it."""
        account = server_account()
        return {
            "command": self.command,
            "environ": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            "account": [account.uid, account.gid] if account else None,
            "log": str(self.log),
            "stop_signal": int(self.stop_signal),
            "stop_seconds": 30,
            "remove": [] if self.is_kept else [str(self.folder)],
        }


def limit_log(log: Path) -> None:
    """One old log is kept: an installation that runs for years must not fill the disk."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".old.log"))


def ask(path: Path, question: bytes) -> bytes:
    """What a server says on its socket; nothing when there is none."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(question)
            return client.recv(64)
        except OSError:
            return b""


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
