"""The private PostgreSQL: made once, reached through one socket, never listening on a network; provisions nothing."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from config.embedded.accounts import run_as, server_account
from config.embedded.home import CannotStart, Home, open_sockets
from config.embedded.programs import find_postgres
from config.embedded.servers import Server, limit_log, wait_until

SUPERUSER = "ringback_admin"
# For a machine with two cores that does other things as well.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A log holds no value of ours: no parameters, no statements, no `Key (email)=(…) already exists`.
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# For tests: what a power cut would destroy is thrown away anyway.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
PATIENCE_SECONDS = 30.0


def postgres_server(home: Home, *, is_kept: bool = True, is_durable: bool = True) -> Server:
    programs, folder, sockets = find_postgres(home), home.servers / "postgres", open_sockets(home)
    log = home.logs / "postgres.log"
    settings = SETTINGS | {"unix_socket_directories": f'"{sockets}"'} | ({} if is_durable else CARELESS)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def prepare() -> None:
        limit_log(log)
        if not folder.exists():
            _initialise(programs, folder, is_durable=is_durable)
        _stop_predecessor(folder)

    return Server(
        name="postgres",
        command=[str(programs / "postgres"), "-D", str(folder), *options],
        folder=folder,
        log=log,
        stop_signal=signal.SIGINT,  # fast shutdown: no waiting for clients
        prepare=prepare,
        is_ready=lambda: _answers(postgres_url(home)),
        is_kept=is_kept,
    )


def postgres_url(home: Home, role: str = SUPERUSER, database: str = "postgres") -> str:
    """A spelling of a socket that libpq, psycopg and django-environ understand alike."""
    return f"postgresql://{role}@/{database}?host={quote(str(open_sockets(home)), safe='')}"


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _initialise(programs: Path, folder: Path, *, is_durable: bool) -> None:
    """Made beside its place and then moved, so that a half-made cluster is never taken for one."""
    draft = folder.with_name("postgres.draft")
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    shutil.rmtree(draft, ignore_errors=True)
    command = [str(programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
    command += [*_locale(programs), "--no-instructions", *([] if is_durable else ["--no-sync"])]
    options: dict[str, Any] = {"env": environ, "capture_output": True, "text": True, **run_as(server_account())}
    made = subprocess.run(command, check=False, **options)  # noqa: S603 - a fixed command
    if made.returncode != 0:
        reason = next(reversed(made.stderr.strip().splitlines()), "no reason given")
        raise CannotStart(f"PostgreSQL could not make its data folder: {reason}")
    draft.rename(folder)


def _locale(programs: Path) -> list[str]:
    """From 17 on PostgreSQL sorts by itself, and an update of the system's C library cannot break an index."""
    command = [str(programs / "postgres"), "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - a fixed command
    major = int(version.stdout.split()[2].split(".")[0].removesuffix("devel"))
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _stop_predecessor(folder: Path) -> None:
    """End a server of this folder that has lost its keeper, and forget the number of one that is dead.

    PostgreSQL does the second by itself unless the number has gone to another process since, as after a reboot.
    """
    pid_file = folder / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    if str(folder) not in _command_of(pid):
        pid_file.unlink(missing_ok=True)
        return
    os.kill(pid, signal.SIGINT)
    if not wait_until(lambda: str(folder) not in _command_of(pid), PATIENCE_SECONDS):
        raise CannotStart(f"an earlier PostgreSQL of this folder (process {pid}) does not stop.")


def _command_of(pid: int) -> str:
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    command = ["/bin/ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - a fixed command
