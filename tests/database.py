"""The tests' database server and broker: one pair a run, started when first needed, one clone a worker; no Django here.

The server is private and careless (no fsync), in a temporary home. With a superuser's DATABASE_URL in the environment
that server is used instead, with databases of our own that are dropped at the end.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded.home import PROJECT, Home, Secrets, find_home, open_home, read_secrets
from config.embedded.leases import Lease, alone, join, reserve
from config.embedded.postgres import postgres_server, postgres_url
from config.embedded.provision import (
    DatabaseUrls,
    Names,
    allow_connections,
    derive_urls,
    is_superuser,
    make_database,
    provision,
    replace_database,
)
from config.embedded.valkey import valkey_server, valkey_url

RUN_VARIABLE = "RINGBACK_TEST_RUN"
ADMIN_VARIABLE = "RINGBACK_TEST_ADMIN_URL"


@dataclass(frozen=True)
class DatabaseRun:
    """What one process of a test run knows: the run's home, its own pair of databases, whose server it is."""

    home: Home
    worker: str
    admin_url: str
    is_private: bool
    secrets: Secrets

    @property
    def template(self) -> Names:
        return Names().with_suffix(f"test_{self.home.root.name[-8:]}")

    @property
    def names(self) -> Names:
        return self.template.with_suffix(self.worker)

    @property
    def urls(self) -> DatabaseUrls:
        return derive_urls(self.admin_url, self.names, self.secrets)

    def environ(self) -> dict[str, str]:
        """What settings need; known before any server runs."""
        number = int(self.worker.removeprefix("gw")) + 1 if self.worker.startswith("gw") else 0
        return self.urls.as_environ() | {
            "ENVIRONMENT": "test",
            "SECRET_KEY": self.secrets.secret_key,
            "KEY_ENCRYPTION_KEY": self.secrets.key_encryption_key,
            "REDIS_URL": valkey_url(self.home, number),
            "PUBLIC_URL": "http://testserver",
        }


def find_run(environ: MutableMapping[str, str]) -> DatabaseRun:
    """The run that a controlling process began, or a new one, which is then written down for the workers."""
    if RUN_VARIABLE not in environ:
        environ[RUN_VARIABLE] = tempfile.mkdtemp(prefix="ringback-tests-")
        environ[ADMIN_VARIABLE] = environ.get("DATABASE_URL", "")
    home, admin_url = Home(Path(environ[RUN_VARIABLE])), environ[ADMIN_VARIABLE]
    open_home(home)
    return DatabaseRun(
        home=home,
        worker=environ.get("PYTEST_XDIST_WORKER", "main"),
        admin_url=admin_url or postgres_url(home),
        is_private=not admin_url,
        # Another's server has our roles already if `make run` used it: their passwords must stay as they are.
        secrets=read_secrets(_opened(find_home({})) if admin_url else home),
    )


def _opened(home: Home) -> Home:
    open_home(home)
    return home


@contextmanager
def whole_run(run: DatabaseRun) -> Iterator[None]:
    """Held by the controlling process: servers that a worker starts run until the end of this, and leave nothing."""
    leases = [reserve(run.home, name) for name in ("valkey", "postgres")]
    try:
        yield
    finally:
        if not run.is_private:
            _drop(run, run.template)
        for lease in leases:
            lease.leave()
        shutil.rmtree((run.home.root / "sockets").resolve(), ignore_errors=True)
        shutil.rmtree(run.home.servers.resolve(), ignore_errors=True)
        shutil.rmtree(run.home.root, ignore_errors=True)


@contextmanager
def own_databases(run: DatabaseRun) -> Iterator[None]:
    """The worker's pair of databases, with all migrations applied; the servers are started when they do not run."""
    leases = _servers(run)
    _make_template(run)
    renew(run)
    try:
        yield
    finally:
        if not run.is_private:
            _drop(run, run.names)
        for lease in leases:
            lease.users.close()


def renew(run: DatabaseRun) -> None:
    """The worker's databases as migrations leave them, whatever was in them; open connections are cut."""
    _drop(run, run.names)
    with alone(run.home.locks / "template"), psycopg.connect(run.admin_url, autocommit=True) as admin:
        make_database(admin, run.names.database, template=run.template.database)
        make_database(admin, run.names.keystore, template=run.template.keystore)
    allow_connections(run.admin_url, run.names.database)
    allow_connections(run.admin_url, run.names.keystore)


def connect_superuser(run: DatabaseRun) -> psycopg.Connection:
    """To the worker's application database; sees everything, bypasses every policy."""
    return psycopg.connect(replace_database(run.admin_url, run.names.database), autocommit=True)


def _servers(run: DatabaseRun) -> list[Lease]:
    leases = [join(run.home, valkey_server(run.home, is_kept=False))]
    if run.is_private:
        leases.append(join(run.home, postgres_server(run.home, is_kept=False, is_durable=False)))
    elif not is_superuser(run.admin_url):
        raise RuntimeError("DATABASE_URL is set for the tests, and its role is not a superuser: unset it.")
    return leases


def _make_template(run: DatabaseRun) -> None:
    """By the real migrations, as the real owner role."""
    with alone(run.home.locks / "template"):
        done = run.home.root / "template-made"
        if done.exists():
            return
        urls = provision(run.admin_url, run.template, run.secrets)
        migrate(os.environ | urls.as_environ())
        done.touch()


def migrate(environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "config.embedded.prepare"]
    made = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise RuntimeError(f"The migrations failed:\n{made.stdout}\n{made.stderr}")


def _drop(run: DatabaseRun, names: Names) -> None:
    with psycopg.connect(run.admin_url, autocommit=True) as admin:
        for database in (names.database, names.keystore):
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
