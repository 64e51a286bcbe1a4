"""The really served product for journeys: its own PostgreSQL (durable) and Valkey, web, worker and beat; no shortcuts.

Every part is a process that a test may kill and start again. What they write is in files, so that the leak sweep can
read all of it.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from config.embedded import keeper
from config.embedded.children import STOP_ORDER, commands, end_group, launch
from config.embedded.home import PROJECT, Home, open_home, read_secrets, read_signing_key
from config.embedded.postgres import postgres_server, postgres_url
from config.embedded.programs import find_postgres
from config.embedded.provision import Names, derive_urls, provision, replace_database
from config.embedded.servers import Server, wait_until
from config.embedded.supervisor import Address, answers
from config.embedded.valkey import valkey_server, valkey_url
from tests.database import migrate

START_SECONDS = 120.0


class Stack:
    """Parts are called web, worker, beat, postgres and valkey."""

    def __init__(self, home: Home, port: int) -> None:
        self.home = home
        self.address = Address(host="127.0.0.1", port=port)
        self.url = self.address.url
        self.mail = home.root / "mail"
        self.phone_system_port = free_port()  # here a test may play the phone system that the product asks
        self.admin_url = postgres_url(home)
        self._servers = {"postgres": postgres_server(home), "valkey": valkey_server(home)}
        self._commands = commands(home, self.address.host, port)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ended: list[str] = []  # which parts have ended by themselves, as often as they have
        self.environ = self._environ()

    @property
    def logs(self) -> dict[str, Path]:
        """Everything that the parts have said so far."""
        return {path.stem: path for path in sorted(self.home.logs.iterdir())}

    @property
    def data_folders(self) -> list[Path]:
        """All that the product and its servers have written, logs and mails included."""
        return [self.home.root, self.home.servers.resolve()]

    def start(self) -> None:
        for name in self._servers:
            self.restart(name)
        provision(self.admin_url, Names(), read_secrets(self.home))
        migrate(self.environ)
        for name in self._commands:
            self.restart(name)

    def stop(self) -> None:
        for name in (*STOP_ORDER, "valkey", "postgres"):
            process = self._processes.pop(name, None)
            if process is None:
                continue
            process.send_signal(self._servers[name].stop_signal if name in self._servers else signal.SIGTERM)
            try:
                process.wait(START_SECONDS)
            finally:
                end_group(process.pid, signal.SIGKILL)

    def kill(self, name: str) -> None:
        """kill -9, of the part and all that it has started."""
        process = self._processes.pop(name)
        end_group(process.pid, signal.SIGKILL)
        process.wait()

    def restart(self, name: str) -> None:
        """Start a part that is not running, and wait until it answers where it is one that answers."""
        if name in self._processes:
            raise AssertionError(f"{name} is still running: kill it first.")
        if name in self._servers:
            self._start_server(self._servers[name])
            return
        with open(self.home.logs / f"{name}.log", "ab") as log:
            self._processes[name] = launch(self._commands[name], self.environ, log.fileno())
        if name == "web":
            self.wait_until(lambda: answers(self.address))

    def is_running(self, name: str) -> bool:
        process = self._processes.get(name)
        return process is not None and process.poll() is None

    def manage(self, *arguments: str, stdin: str | None = None) -> str:
        """The standard output of a management command, which must succeed."""
        command = [sys.executable, str(PROJECT / "manage.py"), *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=self.environ, input=stdin or "", capture_output=True, text=True, check=False
        )
        with open(self.home.logs / "manage.log", "a") as log:
            log.write(done.stdout + done.stderr)
        assert done.returncode == 0, f"manage.py {arguments[0]} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def celery(self, *arguments: str) -> None:
        """A command to the worker, as an operator gives it."""
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", *arguments]
        subprocess.run(command, cwd=PROJECT, env=self.environ, capture_output=True, check=True)

    def wait_until(self, condition: Callable[[], bool], timeout: float = START_SECONDS) -> None:
        def look() -> bool:
            self._renew_ended()
            return condition()

        assert wait_until(look, timeout), f"It did not come true within {timeout:g} s. {self.describe()}"

    def describe(self) -> str:
        """How the parts are, for who reads of a failure."""
        running = {name: "running" if self.is_running(name) else "not running" for name in self._commands}
        ends = [f"{name}: …{path.read_text(errors='replace')[-1500:]}" for name, path in self.logs.items()]
        query = "SELECT usename, state, wait_event, pg_blocking_pids(pid), left(query, 120) FROM pg_stat_activity"
        try:
            with psycopg.connect(self.admin_url, connect_timeout=5) as connection:
                activity = connection.execute(f"{query} WHERE backend_type = 'client backend'").fetchall()
        except psycopg.Error as error:
            activity = [(str(error),)]
        return "\n".join([f"{running}, ended by themselves: {self.ended}", *ends, *map(str, activity)])

    def _renew_ended(self) -> None:
        """As the supervisor and the containers do: a part that has ended by itself is started again."""
        for name in self._commands:
            process = self._processes.get(name)
            if process is not None and process.poll() is not None:
                end_group(process.pid, signal.SIGKILL)
                del self._processes[name]
                self.ended.append(name)
                self.restart(name)

    def dump(self) -> str:
        """Both databases as SQL, with the rows that policies hide."""
        program = str(find_postgres(self.home) / "pg_dump")
        urls = [replace_database(self.admin_url, name) for name in (Names().database, Names().keystore)]
        return "".join(subprocess.check_output([program, url], text=True) for url in urls)

    def _start_server(self, server: Server) -> None:
        """More than one try: what a killed server leaves behind may stand in the way for a moment."""
        for _ in range(10):
            server.prepare()
            process = keeper.start(server.spec())
            if _comes_up(server, process):
                self._processes[server.name] = process
                return
        raise AssertionError(f"{server.name} does not start: {server.log.read_text()[-2000:]}")

    def _environ(self) -> dict[str, str]:
        secrets = read_secrets(self.home)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home.root),
            "TMPDIR": tempfile.gettempdir(),
            "ENVIRONMENT": "test",
            "WORKER_QUIET_SECONDS": "20",
            "LOG_LEVEL": "DEBUG",  # each line that there can be is swept for numbers
            "SECRET_KEY": secrets.secret_key,
            "KEY_ENCRYPTION_KEY": secrets.key_encryption_key,
            "AUDIT_SIGNING_KEY": read_signing_key(self.home),
            "AUDIT_CHECKPOINT_FILE": str(self.home.checkpoints_file),
            "REDIS_URL": valkey_url(self.home),
            "PUBLIC_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            # One slash more than it seems to need: django-environ drops the first.
            "EMAIL_URL": f"filemail:///{quote(str(self.mail))}",
            "RINGBACK_HOME": str(self.home.root),
            "OUTBOUND_INNER_HOSTS": f"127.0.0.1:{self.phone_system_port}",
            "PROVIDER_API_URLS": json.dumps({"twilio": f"http://127.0.0.1:{self.phone_system_port}"}),
            **derive_urls(self.admin_url, Names(), secrets).as_environ(),
        }


def _comes_up(server: Server, process: subprocess.Popen[bytes]) -> bool:
    wait_until(lambda: server.is_ready() or process.poll() is not None, START_SECONDS)
    return process.poll() is None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """One served product for all journeys of a run."""
    home = Home(Path(tempfile.mkdtemp(prefix="ringback-stack-")))
    open_home(home)
    served = Stack(home, free_port())
    try:
        served.start()
        yield served
    finally:
        served.stop()
        for folder in (home.servers, home.root / "sockets", home.root):
            shutil.rmtree(folder.resolve(), ignore_errors=True)
