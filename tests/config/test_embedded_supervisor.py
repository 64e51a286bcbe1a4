"""`make run`, really run: what it says, what it refuses, and that nothing is left when it ends, however it ends."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.attach import Attachment
from config.embedded.children import STOP_ORDER, Child, Family, demo_command, end_leftovers, identity, launch
from config.embedded.home import PROJECT, CannotStart, Home
from config.embedded.leases import is_kept, reserve
from config.embedded.servers import wait_until
from config.embedded.supervisor import Address, answers, only_one, read_address, require_free, wants_demo
from tests.config.homes import temporary_home
from tests.stack import free_port

SECONDS = 180
needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux")


@pytest.fixture
def home() -> Iterator[Home]:
    with temporary_home() as made:
        yield made


class Run:
    """One `make run`, without make."""

    def __init__(self, home: Home, port: int, **more: str) -> None:
        self.home = home
        self.address = Address("127.0.0.1", port)
        self.log = home.root.parent / f"run {port}.log"
        variables = {"PATH": os.environ["PATH"], "RINGBACK_HOME": str(home.root), "PORT": str(port), **more}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.embedded.supervisor"], cwd=PROJECT, env=variables, stdout=log, stderr=log
            )

    def wait_until_ready(self) -> None:
        wait_until(lambda: "ready: http" in self.output or self.process.poll() is not None, SECONDS)
        assert "ready: http" in self.output, self.output

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever a failed test has left running."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)

    @property
    def output(self) -> str:
        return self.log.read_text()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)


def signins(run: Run) -> str:
    """What is said right after the address."""
    return run.output.partition("ready: http")[2].partition("\n")[2]


def processes_of(home: Home) -> list[str]:
    """Whatever has the home in its command or its environment, ourselves left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(home.root) in text or os.fsencode(home.servers) in text:
            found.append(f"{folder.name} {(folder / 'cmdline').read_bytes()!r}")
    return found


@pytest.mark.slow
@needs_proc
def test_it_serves_says_where_restarts_what_dies_and_leaves_nothing(home: Home) -> None:
    with Run(home, free_port()) as run:
        run.wait_until_ready()
        assert "@" in signins(run)
        assert answers(run.address)

        second = Run(home, free_port())
        assert second.process.wait(SECONDS) == 1
        assert f"already running: process {run.process.pid}, {run.address.url}" in second.output

        web, _ = json.loads((home.root / "children.json").read_text())["web"]
        os.kill(web, signal.SIGKILL)
        assert wait_until(lambda: "starting it again in" in run.output and answers(run.address), SECONDS)

        assert run.end(signal.SIGINT) == 0
        assert run.output.rstrip().endswith("stopped")
        assert wait_until(lambda: not processes_of(home), SECONDS), processes_of(home)

    with Run(home, free_port()) as again:
        again.wait_until_ready()
        assert "@" in signins(again)
        assert "migrations applied" not in again.output
        assert again.end(signal.SIGTERM) == 0
        assert not processes_of(home)


@pytest.mark.slow
@needs_proc
def test_nothing_is_left_when_it_is_killed(home: Home) -> None:
    with Run(home, free_port()) as run:
        run.wait_until_ready()
        assert run.end(signal.SIGKILL) == -signal.SIGKILL
        assert wait_until(lambda: not processes_of(home), SECONDS), processes_of(home)


@pytest.mark.slow
def test_a_terminated_start_leaves_nothing(home: Home) -> None:
    with Run(home, free_port()) as run:
        assert wait_until(lambda: is_kept(home, "postgres"), SECONDS)
        run.end(signal.SIGTERM)
        assert wait_until(lambda: not processes_of(home), SECONDS), processes_of(home)


def test_a_taken_port_is_said_before_anything_is_started(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = Run(home, taken.getsockname()[1])
        assert run.process.wait(SECONDS) == 1
    assert run.output.count("\n") == 1
    assert f"port {run.address.port} is taken: choose another, as in `make run PORT=" in run.output
    assert not home.address_file.exists()


def test_it_is_not_for_production(home: Home) -> None:
    run = Run(home, free_port(), ENVIRONMENT="production")
    assert run.process.wait(SECONDS) == 1
    assert "docker-compose.yml" in run.output


def test_a_second_supervisor_of_a_home_is_told_who_is_first(home: Home) -> None:
    address = Address("127.0.0.1", 8000)
    first = rf"already running: process {os.getpid()}, http://127.0.0.1:8000"
    with only_one(home, address), pytest.raises(CannotStart, match=first), only_one(home, address):
        raise AssertionError("two of them")
    with only_one(home, address):
        pass


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "8000 "])
def test_it_refuses_a_port_that_is_none(port: str) -> None:
    with pytest.raises(CannotStart, match="PORT must be a number"):
        read_address({"PORT": port})


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("clinic.lan", "http://clinic.lan:8000"),
    ],
)
def test_the_address_is_one_that_a_person_can_open(host: str, url: str) -> None:
    assert read_address({"HOST": host}).url == url


def test_a_host_that_is_not_ours_is_said() -> None:
    with pytest.raises(CannotStart, match=r"cannot listen on 192\.0\.2\.1:8000"):
        require_free(Address("192.0.2.1", 8000))


def test_a_child_that_keeps_dying_is_started_later_each_time(home: Home) -> None:
    doomed: dict[str, Child] = {"web": Child("web", [sys.executable, "-c", "raise SystemExit(3)"])}
    said: list[str] = []
    events: queue.SimpleQueue[str] = queue.SimpleQueue()
    family = Family(home, os.environ, lambda name, line: said.append(f"{name}: {line}"), events, doomed)
    now = 1000.0
    for _ in range(4):
        family.start_due(now)
        family.note_death(events.get(timeout=SECONDS), now)
        now += family.seconds_to_next(now) or 0
    assert [line.rpartition(" in ")[2] for line in said] == ["0.5 s", "1 s", "2 s", "4 s"]
    family.stop()


@needs_proc
def test_children_of_a_killed_supervisor_are_ended_at_the_next_start(home: Home) -> None:
    with open(os.devnull, "wb") as nothing:
        code = "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"
        stubborn = launch([sys.executable, "-c", code], {}, nothing.fileno())
    wait_until(lambda: b"pause" in Path(f"/proc/{stubborn.pid}/cmdline").read_bytes(), SECONDS)
    (home.root / "children.json").write_text(json.dumps({"web": identity(stubborn.pid), "beat": [os.getpid(), "0"]}))
    end_leftovers(home)
    assert stubborn.wait(SECONDS) in {-signal.SIGKILL, -signal.SIGTERM}
    assert not (home.root / "children.json").exists()


DEVELOPMENT = {"DEMO": "1", "ENVIRONMENT": "development"}


def test_the_demo_lives_on_this_folders_own_database_where_it_was_asked_for(home: Home) -> None:
    own = Attachment([reserve(home, "postgres"), reserve(home, "valkey")])
    assert wants_demo(DEVELOPMENT, own)
    for changes in ({"DEMO": "0"}, {"DEMO": ""}, {"ENVIRONMENT": "production"}, {"ENVIRONMENT": "test"}):
        assert not wants_demo(DEVELOPMENT | changes, own)
    assert not wants_demo({"ENVIRONMENT": "development"}, own)  # what tests start
    assert not wants_demo(DEVELOPMENT, Attachment([reserve(home, "valkey")]))  # a database that somebody brought
    own.release()


def test_the_demo_ends_before_the_product_that_it_calls() -> None:
    assert STOP_ORDER[0] == "demo"
    assert demo_command()[1:3] == ["manage.py", "live_demo"]


@pytest.mark.slow
@needs_proc
def test_the_demo_lives_while_it_runs_and_ends_with_it(home: Home) -> None:
    with Run(home, free_port(), DEMO="1") as run:
        run.wait_until_ready()
        assert wait_until(lambda: '"demo"' in (home.root / "children.json").read_text(), SECONDS)
        assert wait_until(lambda: any("live_demo" in text for text in processes_of(home)), SECONDS)
        assert run.end(signal.SIGINT) == 0
        assert "demo     | ended" not in run.output
        assert wait_until(lambda: not processes_of(home), SECONDS), processes_of(home)
