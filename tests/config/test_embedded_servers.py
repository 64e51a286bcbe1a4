"""The private servers: they start, are shared, survive kill -9, and stop with their last user and not before."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded.accounts import server_account
from config.embedded.home import CannotStart, Home, open_sockets
from config.embedded.leases import Lease, is_kept, join
from config.embedded.postgres import postgres_server, postgres_url
from config.embedded.servers import Server, wait_until
from config.embedded.valkey import valkey_server, valkey_url
from tests.config.homes import temporary_home

SECONDS = 30


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """The path has spaces, and for root it lies where the servers' account cannot reach it."""
    with temporary_home() as made:
        yield made


def postgres(home: Home) -> Server:
    return postgres_server(home, is_durable=False)


def select(home: Home, query: str) -> object:
    with psycopg.connect(postgres_url(home)) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def postmaster(home: Home) -> int:
    return int((home.servers / "postgres" / "postmaster.pid").read_text().split("\n")[0])


def keeper_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() != b""


def test_postgres_listens_on_no_network_and_logs_no_values(home: Home) -> None:
    lease = join(home, postgres(home))
    assert select(home, "SELECT current_setting('listen_addresses')") == ""
    assert select(home, "SELECT current_setting('server_encoding')") == "UTF8"
    with psycopg.connect(postgres_url(home), autocommit=True) as connection:
        connection.execute("CREATE TABLE people (name text UNIQUE)")
        for _ in range(2):
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO people VALUES (%s)", ["+441632960001"])
    assert "duplicate key" in (home.logs / "postgres.log").read_text()
    assert "441632960001" not in (home.logs / "postgres.log").read_text()
    assert lease.leave()


def test_data_survive_a_restart_and_the_last_user_stops_the_server(home: Home) -> None:
    first = join(home, postgres(home))
    with psycopg.connect(postgres_url(home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    second = join(home, postgres(home))
    assert not first.leave()
    assert select(home, "SELECT answer FROM kept") == 42
    assert second.leave()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres_url(home))
    third = join(home, postgres(home))
    assert select(home, "SELECT answer FROM kept") == 42
    assert third.leave()


def test_a_server_that_is_killed_comes_back(home: Home) -> None:
    lease = join(home, postgres(home))
    killed = postmaster(home)
    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: answers_as_another(home, killed), SECONDS)
    assert lease.leave()


def answers_as_another(home: Home, killed: int) -> bool:
    try:
        return select(home, "SELECT 1") == 1 and postmaster(home) != killed
    except (psycopg.OperationalError, OSError):
        return False


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux")
def test_no_server_outlives_a_keeper_that_is_killed(home: Home) -> None:
    lease = join(home, postgres(home))
    pid = postmaster(home)
    os.kill(keeper_of(pid), signal.SIGKILL)
    assert wait_until(lambda: not is_alive(pid), SECONDS)
    again = join(home, postgres(home))
    assert select(home, "SELECT 1") == 1
    lease.users.close()
    assert again.leave()


def test_it_starts_beside_the_traces_of_a_server_that_died_with_the_machine(home: Home) -> None:
    """After a reboot the number in the file may belong to anybody, here to ourselves."""
    join(home, postgres(home)).leave()
    (home.servers / "postgres" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{home.servers / 'postgres'}\n0\n5432\n\n\n"
    )
    lease = join(home, postgres(home))
    assert select(home, "SELECT 1") == 1
    assert lease.leave()


def test_valkey_answers_on_its_socket_only_and_comes_back_after_a_kill(home: Home) -> None:
    lease = join(home, valkey_server(home))
    client = redis.Redis.from_url(valkey_url(home, database=3))
    client.set("greeting", "hello")
    assert client.get("greeting") == b"hello"
    assert client.config_get("port") == {"port": "0"}
    killed = int(client.info("server")["process_id"])
    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: valkey_pid(home) not in {None, killed}, SECONDS)
    assert lease.leave()
    assert not (open_sockets(home) / "valkey.sock").exists()


def valkey_pid(home: Home) -> int | None:
    try:
        return int(redis.Redis.from_url(valkey_url(home)).info("server")["process_id"])
    except redis.RedisError:
        return None


def test_a_server_that_does_not_start_is_reported_with_its_log(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        __import__("config.embedded.postgres", fromlist=["SETTINGS"]).SETTINGS, "shared_buffers", "much"
    )
    with pytest.raises(CannotStart, match=r"postgres does not start; the reason is in .*postgres\.log"):
        join(home, postgres(home))
    assert wait_until(lambda: not is_kept(home, "postgres"), SECONDS)


@pytest.mark.skipif(os.geteuid() != 0, reason="for root only")
def test_as_root_the_servers_run_as_somebody_who_may_nothing(home: Home) -> None:
    leases: list[Lease] = [join(home, postgres(home)), join(home, valkey_server(home))]
    account = server_account()
    assert account is not None
    pids = [postmaster(home), int(redis.Redis.from_url(valkey_url(home)).info("server")["process_id"])]
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in pids} == {account.uid}
    assert home.servers_link.is_symlink()
    assert [lease.leave() for lease in leases] == [True, True]
