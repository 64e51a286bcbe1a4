"""Keeps one server alive for as long as anybody holds its users' lock; knows nothing about what it runs.

It is started as a script of its own and imports the standard library only, so that it is there in milliseconds.
A lock goes when its holder dies, in whatever way: no server outlives its last user, and none stops under another.
"""

import ctypes
import fcntl
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any

PR_SET_PDEATHSIG = 1
MOST_FAILURES = 6
Events = queue.SimpleQueue[str]
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(death_signal: int) -> Callable[[], None]:
    """A `preexec_fn`: on Linux the child gets the signal when its parent is gone, even by kill -9."""
    parent = os.getpid()

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def start(spec: dict[str, Any]) -> subprocess.Popen[bytes]:
    """The server's process: in a session of its own (a Ctrl-C is not for it), its output in its log."""
    account = spec["account"]
    identity = {"user": account[0], "group": account[1], "extra_groups": []} if account else {}
    with open(spec["log"], "ab") as log:
        return subprocess.Popen(  # noqa: S603 - the command is ours
            spec["command"],
            env=spec["environ"],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent(spec["stop_signal"]),
            **identity,
        )


def stop(server: subprocess.Popen[bytes], spec: dict[str, Any]) -> None:
    server.send_signal(spec["stop_signal"])
    try:
        server.wait(spec["stop_seconds"])
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _announce_last_user(users: IO[str], events: Events) -> None:
    """Every user holds the lock shared: it can be had alone only when the last one has gone."""
    fcntl.flock(users, fcntl.LOCK_EX)
    events.put("unused")


def _announce_death(server: subprocess.Popen[bytes], events: Events) -> None:
    server.wait()
    events.put("died")


def _watch(spec: dict[str, Any], events: Events) -> int:
    """Run the server, again when it dies, until the last user leaves; 1 when it dies again and again."""
    failures, running = 0, False
    while True:
        if not running:
            # Started from the main thread: a death signal is sent when the thread that forked ends.
            server, running = start(spec), True
            threading.Thread(target=_announce_death, args=(server, events), daemon=True).start()
        event = _next(events, 10)
        if event == "unused":
            stop(server, spec)
            return 0
        if event is None:
            failures = 0  # it has run for a while: its next death is the first again
            continue
        failures, running = failures + 1, False
        if failures == MOST_FAILURES:
            return 1
        if _next(events, 0.05 * 2**failures) == "unused":
            return 0


def _next(events: Events, seconds: float) -> str | None:
    try:
        return events.get(timeout=seconds)
    except queue.Empty:
        return None


def main(spec: dict[str, Any]) -> int:
    events: Events = queue.SimpleQueue()
    signal.signal(signal.SIGTERM, lambda *_: events.put("unused"))
    with open(spec["users_lock"], "a") as users, open(spec["keeper_lock"], "a") as keeper:
        try:
            fcntl.flock(keeper, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        threading.Thread(target=_announce_last_user, args=(users, events), daemon=True).start()
        code = _watch(spec, events)
        for folder in spec["remove"]:
            shutil.rmtree(folder, ignore_errors=True)
        # In this order: who waits for the users' lock must find the keeper's lock free.
        keeper.close()
    return code


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
