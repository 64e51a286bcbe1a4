"""The private Valkey: a broker that is reached through one socket and keeps nothing on disk."""

import os
import signal
from pathlib import Path
from urllib.parse import quote

from config.embedded.accounts import server_account
from config.embedded.home import Home, open_sockets
from config.embedded.programs import find_valkey
from config.embedded.servers import Server, ask, limit_log

# PostgreSQL holds the work and the broker only wakes workers up, so losing it loses nothing: no snapshots, no journal.
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "daemonize": "no",
    "maxmemory-policy": "noeviction",
    "maxmemory": "256mb",
    "loglevel": "notice",
}


def valkey_server(home: Home, *, is_kept: bool = True) -> Server:
    folder, address = home.servers / "valkey", open_sockets(home) / "valkey.sock"
    log = home.logs / "valkey.log"
    return Server(
        name="valkey",
        command=[str(find_valkey(home)), *_arguments(folder, address)],
        folder=folder,
        log=log,
        stop_signal=signal.SIGTERM,
        prepare=lambda: _prepare(folder, log),
        is_ready=lambda: ask(address, b"PING\r\n").startswith(b"+PONG"),
        is_kept=is_kept,
    )


def valkey_url(home: Home, database: int = 0) -> str:
    """redis-py's spelling of a socket; settings derive Celery's from it."""
    return f"unix://{quote(str(open_sockets(home) / 'valkey.sock'))}?db={database}"


def _arguments(folder: Path, address: Path) -> list[str]:
    settings = SETTINGS | {"dir": str(folder), "unixsocket": str(address)}
    return [part for name, value in settings.items() for part in (f"--{name}", value)]


def _prepare(folder: Path, log: Path) -> None:
    limit_log(log)
    folder.mkdir(mode=0o700, exist_ok=True)
    account = server_account()
    if account is not None:
        os.chown(folder, account.uid, account.gid)
