"""What a command finds in its environment, and `manage.py` beside and without `make run`."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from config.embedded.attach import attach, attach_for
from config.embedded.home import PROJECT, CannotStart, Home, read_secrets
from config.embedded.leases import is_kept
from config.embedded.postgres import postgres_url
from config.embedded.provision import Names, derive_urls
from config.embedded.servers import wait_until
from tests.config.homes import temporary_home

COMPLETE = {
    "DATABASE_URL": "postgresql://app@db/ringback",
    "KEYSTORE_DATABASE_URL": "postgresql://app@db/keys",
    "REDIS_URL": "redis://broker:6379/0",
    "SECRET_KEY": "secret",
    "KEY_ENCRYPTION_KEY": "key",
}


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with temporary_home() as made:
        yield made


def environ(home: Home, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "RINGBACK_HOME": str(home.root), **more}


def manage(home: Home, *arguments: str, **more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(PROJECT / "manage.py"), *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environ(home, **more), cwd="/", text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def is_running(home: Home) -> bool:
    return is_kept(home, "postgres") or is_kept(home, "valkey")


def test_the_embedded_servers_fill_in_what_is_missing(home: Home) -> None:
    variables = environ(home)
    attachment = attach(variables)
    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_user::text").fetchone() == ("ringback_app",)
    assert variables["SECRET_KEY"] == read_secrets(home).secret_key
    assert variables["ENVIRONMENT"] == "development"
    assert attachment.leave() == []


def test_what_is_set_wins() -> None:
    variables = dict(COMPLETE)
    assert attach(variables).leases == []
    assert variables == COMPLETE


def test_production_gets_nothing(home: Home) -> None:
    variables = environ(home, ENVIRONMENT="production")
    assert attach(variables).leases == []
    assert "SECRET_KEY" not in variables


def test_a_superusers_address_becomes_the_roles_addresses(home: Home) -> None:
    started = environ(home)
    attachment = attach(started)
    with temporary_home() as other:
        variables = environ(other, DATABASE_URL=postgres_url(home), REDIS_URL="redis://broker/0")
        attach(variables)
        expected = derive_urls(postgres_url(home), Names(), read_secrets(other)).as_environ()
        assert {name: variables[name] for name in expected} == expected
    assert attachment.leave() == []


@pytest.mark.parametrize(
    ("set_by_hand", "message"),
    [
        ({"DATABASE_OWNER_URL": "postgresql://owner@db/ringback"}, "DATABASE_OWNER_URL is set and DATABASE_URL is not"),
        ({"DATABASE_URL": "postgresql://app@127.0.0.1:1/ringback"}, "DATABASE_URL does not answer"),
        (
            {"DATABASE_URL": "postgresql://a@db/x", "DATABASE_OWNER_URL": "postgresql://o@db/x"},
            "set DATABASE_OWNER_URL, KEYSTORE_DATABASE_URL, KEYSTORE_OWNER_URL too",
        ),
    ],
)
def test_half_an_environment_is_refused(home: Home, set_by_hand: dict[str, str], message: str) -> None:
    with pytest.raises(CannotStart, match=message):
        attach(environ(home, **set_by_hand))


@pytest.mark.parametrize("arguments", [["--help"], ["help"], ["version"], ["check", "--help"], []])
def test_help_starts_no_server(home: Home, arguments: list[str]) -> None:
    variables = environ(home)
    assert attach_for(["manage.py", *arguments], variables).leases == []
    assert variables["DATABASE_URL"].startswith("postgresql://ringback_app:")
    assert not is_running(home)


def test_help_is_shown(home: Home) -> None:
    process = manage(home, "--help")
    output, errors = process.communicate()
    assert process.returncode == 0
    assert "Available subcommands" in output
    assert errors == ""


def test_an_unknown_command_is_one_line_and_1(home: Home) -> None:
    process = manage(home, "no_such_command")
    output, errors = process.communicate()
    assert (process.returncode, output) == (1, "")
    assert "Unknown command: 'no_such_command'" in errors
    assert "Traceback" not in errors


def test_an_expected_error_is_one_line_and_1(home: Home) -> None:
    process = manage(home, "check", DATABASE_URL="postgresql://app@127.0.0.1:1/ringback")
    output, errors = process.communicate()
    assert (process.returncode, output) == (1, "")
    assert errors.startswith("error: DATABASE_URL does not answer")
    assert errors.count("\n") == 1


def test_two_commands_at_once_share_the_servers(home: Home) -> None:
    """Each sees the same database, and after both no server is left."""
    query = "from django.db import connection as c; k = c.cursor(); k.execute('SELECT pg_postmaster_start_time()')"
    code = f"{query}; print(k.fetchone()[0])"
    processes = [manage(home, "shell", "--no-imports", "-c", code) for _ in range(2)]
    answers = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], answers
    assert len({output for output, _ in answers}) in {1, 2}  # two, when the first had ended before the second began
    assert wait_until(lambda: not is_running(home), 30)
