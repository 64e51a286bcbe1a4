"""The shared use of a server: the first user starts it, the last one's going stops it; provisions nothing.

Three locks a server: `users` (each user holds it shared, the keeper waits to have it alone), `keeper` (held by the
keeper while it lives), `starting` (one process at a time looks whether a keeper is needed).
"""

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.embedded import keeper
from config.embedded.home import CannotStart, Home
from config.embedded.servers import Server, wait_until

PATIENCE_SECONDS = 60.0


@dataclass
class Lease:
    """One process's use of one server. It ends with the process, if `leave` is not called before."""

    home: Home
    name: str
    users: IO[str]

    def leave(self) -> bool:
        """Give the server up and wait until it has stopped; False when others go on using it."""
        self.users.close()
        wait_until(lambda: not is_kept(self.home, self.name) or self._others_stay(), PATIENCE_SECONDS)
        return not is_kept(self.home, self.name)

    def _others_stay(self) -> bool:
        """Not to be had alone, yet to be had together: other users. Neither: the keeper has it and is stopping."""
        users = lock_path(self.home, self.name, "users")
        return not _can_lock(users, fcntl.LOCK_EX) and _can_lock(users, fcntl.LOCK_SH)


def lock_path(home: Home, name: str, kind: str) -> Path:
    return home.locks / f"{name}.{kind}"


def is_kept(home: Home, name: str) -> bool:
    return not _can_lock(lock_path(home, name, "keeper"), fcntl.LOCK_EX)


def reserve(home: Home, name: str) -> Lease:
    """From now on the server does not stop under us; whether it runs at all is for `join` to see to."""
    users = open(lock_path(home, name, "users"), "a")  # noqa: SIM115 - the lease holds it
    fcntl.flock(users, fcntl.LOCK_SH)  # waits while a server that nobody used is stopping
    return Lease(home=home, name=name, users=users)


def join(home: Home, server: Server) -> Lease:
    """Use the server, which is started when it is not running; returns when it answers."""
    lease = reserve(home, server.name)
    try:
        with alone(lock_path(home, server.name, "starting")):
            if not is_kept(home, server.name):
                server.prepare()
                _await(server, _start_keeper(home, server))
    except BaseException:
        lease.users.close()
        raise
    return lease


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    with open(lock, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start_keeper(home: Home, server: Server) -> subprocess.Popen[bytes]:
    spec = server.spec() | {
        "users_lock": str(lock_path(home, server.name, "users")),
        "keeper_lock": str(lock_path(home, server.name, "keeper")),
    }
    with open(home.logs / "keepers.log", "ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", "-S", str(Path(keeper.__file__)), json.dumps(spec)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _await(server: Server, keeper_process: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: server.is_ready() or keeper_process.poll() is not None, PATIENCE_SECONDS)
    if keeper_process.poll() is not None or not server.is_ready():
        raise CannotStart(f"{server.name} does not start; the reason is in {server.log}.")
    # The keeper outlives us on purpose: without this the interpreter would warn of a child left behind.
    keeper_process.returncode = 0


def _can_lock(path: Path, kind: int) -> bool:
    with open(path, "a") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
