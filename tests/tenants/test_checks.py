"""The check at start refuses every role that could see past the policies; the roles are real."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from django.core import checks
from django.db import connection
from psycopg import sql

from tenants.checks import check_application_role, check_audit_triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def role(superuser_sql: psycopg.Connection) -> Iterator[str]:
    """A role of the server, which the application's may become for the length of a test's transaction."""
    name = f"ringback_check_{secrets.token_hex(4)}"
    named = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        application = sql.Identifier(cursor.fetchone()[0])
    superuser_sql.execute(sql.SQL("CREATE ROLE {}").format(named))
    superuser_sql.execute(sql.SQL("GRANT {} TO {}").format(named, application))
    yield name
    connection.rollback() if not connection.in_atomic_block else None
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    superuser_sql.execute(sql.SQL("DROP OWNED BY {}; DROP ROLE {}").format(named, named))


def become(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))


def found() -> list[str | None]:
    return [error.id for error in check_application_role(None, databases=["default"])]


def test_the_application_role_passes() -> None:
    assert found() == []


@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_that_bypasses_policies_is_refused(role: str, right: str, superuser_sql: psycopg.Connection) -> None:
    superuser_sql.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role), sql.SQL(right)))
    become(role)
    assert found() == ["tenants.E001"]


def test_a_role_that_owns_tables_is_refused(role: str, superuser_sql: psycopg.Connection) -> None:
    superuser_sql.execute("CREATE TABLE owned_by_check ()")
    superuser_sql.execute(sql.SQL("ALTER TABLE owned_by_check OWNER TO {}").format(sql.Identifier(role)))
    become(role)
    assert found() == ["tenants.E002"]


def test_the_check_is_run_when_databases_are_checked() -> None:
    assert check_application_role in checks.registry.registry.registered_checks
    assert check_application_role(None, databases=None) == []
    assert check_application_role(None, databases=["keystore"]) == []


def test_the_audit_trail_that_cannot_be_changed_passes() -> None:
    assert check_audit_triggers in checks.registry.registry.registered_checks
    assert check_audit_triggers(None, databases=["default"]) == []
    assert check_audit_triggers(None, databases=None) == []


def test_an_audit_trail_that_can_be_changed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """That missing and disabled triggers are found is shown in test_audit_tampering.py."""
    monkeypatch.setattr("tenants.checks.list_missing_triggers", lambda: ["tenants_auditevent: append_only"])
    (error,) = check_audit_triggers(None, databases=["default"])
    assert (error.id, "tenants_auditevent: append_only" in str(error.msg)) == ("tenants.E003", True)
