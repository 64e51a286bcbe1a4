"""The product's own processes: web, worker and beat, and the life of the demo. Starts, restarts and stops them; knows
nothing of the servers."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.embedded.home import PROJECT, Home
from config.embedded.keeper import die_with_parent
from config.embedded.servers import wait_until

STOP_ORDER = ("demo", "web", "beat", "worker")  # first nobody asks, then nothing is scheduled, then the work ends
GRACE_SECONDS = 15.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
# Whoever runs this as root knows it: one line less on every start.
WARNINGS = "ignore:You're running the worker with superuser privileges"
Say = Callable[[str, str], None]


def commands(home: Home, host: str, port: int) -> dict[str, list[str]]:
    """For two cores. Access logs are off: a webhook's address holds its token."""
    python, quiet = [sys.executable, "-m"], ["--loglevel=WARNING"]
    # Processes and not threads: only they have hard time limits, as in production, and one cannot take the other down.
    # Four: calls, booking systems and summaries each keep at most one waiting for others, so one is always free.
    worker = ["worker", "--concurrency=4", "--pool=prefork", "--without-gossip", "--without-mingle", *quiet]
    beat = ["beat", f"--schedule={home.root / 'beat-schedule'}", "--pidfile=", *quiet]
    return {
        "web": [*python, "granian", *web_options(host, port), "config.wsgi:application"],
        "worker": [*python, "celery", "--quiet", "-A", "config", *worker],
        "beat": [*python, "celery", "--quiet", "-A", "config", *beat],
    }


def demo_command() -> list[str]:
    """What keeps the demo clinic alive; only `make run` on its own databases has it."""
    return [sys.executable, "manage.py", "live_demo", "--verbosity=0"]


def web_options(host: str, port: int) -> list[str]:
    """Four threads a process: a request waits for PostgreSQL more than it computes."""
    threads = ["--workers=2", "--blocking-threads=4", "--backlog=1024", "--respawn-failed-workers"]
    # Workers that are told to stop while they still start do not hear it.
    quiet = ["--no-access-log", "--log-level=warning", "--workers-kill-timeout=5"]
    return ["--interface=wsgi", f"--host={host}", f"--port={port}", *threads, *quiet]


def launch(command: list[str], environ: Mapping[str, str], output: int) -> subprocess.Popen[bytes]:
    """In a process group of its own: a Ctrl-C is ours to pass on, and the group can be ended as a whole."""
    return subprocess.Popen(  # noqa: S603 - the command is ours
        command,
        cwd=PROJECT,
        env={"PYTHONWARNINGS": WARNINGS, **environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


def end_group(pid: int, death_signal: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, death_signal)


@dataclass
class Child:
    """One process that is to run; `due_at` says when to start it again after a death."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float | None = 0.0
    failures: int = 0


@dataclass
class Family:
    """All children. `events` gets the name of each that dies."""

    home: Home
    environ: Mapping[str, str]
    say: Say
    events: "queue.SimpleQueue[str]"
    children: dict[str, Child]

    def start_due(self, now: float) -> None:
        for child in self.children.values():
            if child.due_at is not None and child.due_at <= now:
                self._start(child, now)

    def hurry(self) -> None:
        """Whoever waits for a start waits no longer."""
        for child in self.children.values():
            child.due_at = child.due_at if child.due_at is None else 0.0

    def seconds_to_next(self, now: float) -> float | None:
        """How long nothing needs to be done unless something happens."""
        due = [max(0.0, child.due_at - now) for child in self.children.values() if child.due_at is not None]
        return min(due, default=None)

    def note_death(self, name: str, now: float) -> None:
        """Sweep up what the child has left behind, and plan its return: later each time that it does not last."""
        child = self.children[name]
        if child.process is None:
            return
        code = child.process.wait()
        end_group(child.process.pid, signal.SIGKILL)
        child.failures = 0 if now - child.started_at > STEADY_SECONDS else child.failures + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** max(0, child.failures - 1))
        child.process, child.due_at = None, now + pause
        self.say(name, f"ended with code {code}; starting it again in {pause:g} s")

    def stop(self) -> None:
        """One after the other, each with time to finish; what is left of a group after that is killed."""
        for name in STOP_ORDER:
            child = self.children.get(name)
            if child is None or child.process is None:
                continue
            child.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(GRACE_SECONDS)
            end_group(child.process.pid, signal.SIGKILL)
            child.process.wait()
        _pids_file(self.home).unlink(missing_ok=True)

    def _start(self, child: Child, now: float) -> None:
        child.process = launch(child.command, self.environ, subprocess.PIPE)
        child.started_at, child.due_at = now, None
        # Two threads: what the child leaves behind may hold its output open long after its death.
        for follow in (self._read, self._await_death):
            threading.Thread(target=follow, args=(child.name, child.process), daemon=True).start()
        pids = {one.name: identity(one.process.pid) for one in self.children.values() if one.process}
        _pids_file(self.home).write_text(json.dumps(pids))

    def _read(self, name: str, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe, as asked for
        for line in process.stdout:
            self.say(name, line.decode(errors="replace").rstrip())

    def _await_death(self, name: str, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        self.events.put(name)


def end_leftovers(home: Home) -> None:
    """Where a supervisor was killed its children end by themselves; this waits for them and helps where they do not."""
    try:
        known = json.loads(_pids_file(home).read_text())
    except (OSError, ValueError):
        return
    left = [one for one in known.values() if identity(one[0]) == one]
    for death_signal in (signal.SIGTERM, signal.SIGKILL):
        for pid, _ in left:
            end_group(pid, death_signal)
        wait_until(lambda: not any(identity(one[0]) == one for one in left), GRACE_SECONDS)
    _pids_file(home).unlink(missing_ok=True)


def identity(pid: int) -> list[object]:
    """A process number and when it began, for numbers are used again; nothing for one that has ended."""
    if sys.platform == "linux":
        try:
            state, *facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return [pid, ""]
        return [pid, "" if state == "Z" else facts[18]]
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    return [pid, shown.stdout.strip()]


def _pids_file(home: Home) -> Path:
    return home.root / "children.json"
