"""The served product of the journeys: every part can be killed and comes back, on the restricted role's database."""

import subprocess

import psycopg
import pytest
import redis

from config.embedded.supervisor import answers
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.journey]


def test_it_serves_and_runs_commands(stack: Stack) -> None:
    assert answers(stack.address)
    assert stack.manage("version").strip()
    with pytest.raises(AssertionError, match="no_such_command"):
        stack.manage("no_such_command")
    assert {"postgres", "valkey", "web", "worker", "beat", "manage"} <= set(stack.logs)


def test_it_works_as_the_restricted_role(stack: Stack) -> None:
    with psycopg.connect(stack.environ["DATABASE_URL"]) as connection:
        query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(query).fetchone() == (False,)


def test_a_dump_has_both_databases(stack: Stack) -> None:
    dump = stack.dump()
    assert "CREATE TABLE public.tenants_clinic" in dump
    assert "CREATE TABLE public.calls_callerkey" in dump


@pytest.mark.parametrize("name", ["web", "worker", "beat", "postgres", "valkey"])
def test_a_killed_part_can_be_started_again(stack: Stack, name: str) -> None:
    stack.kill(name)
    with pytest.raises((AssertionError, OSError, psycopg.Error, redis.RedisError, subprocess.SubprocessError)):
        require_all(stack)
    stack.restart(name)
    stack.wait_until(lambda: answers(stack.address))
    require_all(stack)


def require_all(stack: Stack) -> None:
    assert all(stack.is_running(name) for name in ("web", "worker", "beat", "postgres", "valkey"))
    psycopg.connect(stack.environ["DATABASE_URL"]).close()
    redis.Redis.from_url(stack.environ["REDIS_URL"]).ping()
