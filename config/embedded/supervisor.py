"""`make run`: servers, migrations, a demo clinic, then web, worker and beat until told to stop; not for production."""

import errno
import fcntl
import http.client
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from config.embedded.attach import Attachment, attach
from config.embedded.children import Child, Family, commands, demo_command, end_leftovers
from config.embedded.home import PROJECT, CannotStart, Home, find_home, open_home
from config.embedded.keeper import die_with_parent
from config.embedded.servers import wait_until

STOP = "stop"
READY = "ready"
ANSWER_SECONDS = 120.0
HEAD_START_SECONDS = 10.0
_terminal = threading.Lock()


@dataclass(frozen=True)
class Address:
    """Where the web process listens, and where a person on this machine finds it."""

    host: str
    port: int

    @property
    def visible_host(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - the visitor's choice

    @property
    def url(self) -> str:
        host = f"[{self.visible_host}]" if ":" in self.visible_host else self.visible_host
        return f"http://{host}:{self.port}"


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        address, home = read_address(os.environ), find_home(os.environ)
        if os.environ.get("ENVIRONMENT") == "production":
            raise CannotStart("this is for one machine without an operator; see docker-compose.yml for production.")
        open_home(home)
        with only_one(home, address):
            end_leftovers(home)
            require_free(address)
            return run(home, address)
    except CannotStart as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def run(home: Home, address: Address) -> int:
    say("ringback", "starting the database and the broker")
    is_first = not home.address_file.exists()
    home.address_file.write_text(f"{os.environ.get('PUBLIC_URL') or address.url}\n")
    attachment = attach(os.environ)
    os.environ.setdefault("ALLOWED_HOSTS", f"127.0.0.1,localhost,[::1],{address.visible_host}")
    try:
        if is_first:
            say("ringback", "the first start makes a demo clinic with 90 days of calls; this takes a moment")
        signins = prepare()
        serve(home, address, signins, with_demo=bool(signins) and wants_demo(os.environ, attachment))
    finally:
        for name in attachment.leave():
            say("ringback", f"{name} runs on: another command uses it")
    say("ringback", "stopped")
    return 0


def wants_demo(environ: Mapping[str, str], attachment: Attachment) -> bool:
    """Whether calls shall go on at the demo clinic: asked for by DEMO=1, which `make run` sets, and on the database of
    this folder; never on one that somebody brought."""
    is_own = any(lease.name == "postgres" for lease in attachment.leases)
    return is_own and environ.get("DEMO") == "1" and environ.get("ENVIRONMENT") == "development"


def prepare() -> str:
    """Migrations, and the demo clinic where there is none; how to sign in to it, if it is there."""
    command = [sys.executable, "-m", "config.embedded.prepare", "--demo"]
    done = subprocess.run(  # noqa: S603 - our own module
        command,
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    if done.returncode != 0:
        raise CannotStart("the databases could not be prepared; the reason is above.")
    return done.stdout.strip()


def serve(home: Home, address: Address, signins: str, *, with_demo: bool) -> None:
    """Until a signal comes; what dies before that is started again."""
    events: queue.SimpleQueue[str] = queue.SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: events.put(STOP))
    children = {name: Child(name, command) for name, command in commands(home, address.host, address.port).items()}
    for name in ("worker", "beat"):
        # The page first: five processes that load Django at once on two cores would make everybody wait.
        children[name].due_at = time.monotonic() + HEAD_START_SECONDS
    if with_demo:  # it needs the page, which hurries it on
        children["demo"] = Child("demo", demo_command(), due_at=time.monotonic() + ANSWER_SECONDS)
    family = Family(home=home, environ=os.environ, say=say, events=events, children=children)
    threading.Thread(target=_announce_answer, args=(address, events), daemon=True).start()
    try:
        _watch(family, address, signins, events)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        say("ringback", "stopping")
        family.stop()


def _watch(family: Family, address: Address, signins: str, events: "queue.SimpleQueue[str]") -> None:
    while True:
        family.start_due(time.monotonic())
        try:
            event = events.get(timeout=family.seconds_to_next(time.monotonic()))
        except queue.Empty:
            continue
        if event == STOP:
            return
        if event == READY:
            welcome(address, signins)
            family.hurry()
        else:
            family.note_death(event, time.monotonic())


def welcome(address: Address, signins: str) -> None:
    say("ringback", f"ready: {address.url}")
    if signins:
        with _terminal:
            sys.stdout.write(f"\n{signins}\n\n")
            sys.stdout.flush()


def say(name: str, line: str) -> None:
    with _terminal:
        sys.stdout.write(f"{name:<8} | {line}\n")
        sys.stdout.flush()


def read_address(environ: Mapping[str, str]) -> Address:
    host, port = environ.get("HOST") or "127.0.0.1", environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise CannotStart(f"PORT must be a number from 1 to 65535, and it is {port!r}.")
    return Address(host=host, port=int(port))


@contextmanager
def only_one(home: Home, address: Address) -> Iterator[None]:
    """One supervisor a home; who comes second is told who is first."""
    with open(home.locks / "supervisor", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(f"already running: {lock.read().strip()}. Stop it first.") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {address.url}\n")
        lock.flush()
        yield


def require_free(address: Address) -> None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                free = f"choose another, as in `make run PORT={address.port + 1}`"
                raise CannotStart(f"port {address.port} is taken: {free}.") from error
            raise CannotStart(f"cannot listen on {address.host}:{address.port}: {error.strerror or error}.") from error


def answers(address: Address) -> bool:
    connection = http.client.HTTPConnection(address.visible_host, address.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _announce_answer(address: Address, events: "queue.SimpleQueue[str]") -> None:
    if wait_until(lambda: answers(address), ANSWER_SECONDS):
        events.put(READY)
    else:
        say("ringback", f"{address.url} has not answered for {ANSWER_SECONDS:g} s; see the lines above")


if __name__ == "__main__":
    sys.exit(main())
