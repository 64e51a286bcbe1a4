"""Scopes open, nest, close and never outlive their transaction."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from tenants.models import Membership
from tenants.scope import NoClinic, as_clinic, as_holder_of, current_clinic_id, pipelined
from tests.tenants.factories import alice, bright_smile, oak_street

FIRST, SECOND = uuid.UUID(int=1), uuid.UUID(int=2)


def setting(name: str = "app.clinic_id") -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [name])
        return str(cursor.fetchone()[0] or "")


@pytest.mark.django_db
def test_outside_there_is_no_clinic() -> None:
    with pytest.raises(NoClinic):
        current_clinic_id()
    assert setting() == ""


@pytest.mark.django_db
def test_inside_there_is_one() -> None:
    with as_clinic(FIRST):
        assert current_clinic_id() == FIRST
        assert setting() == str(FIRST)
    assert setting() == ""
    with pytest.raises(NoClinic):
        current_clinic_id()


@pytest.mark.django_db
def test_nested_scopes_put_the_outer_one_back() -> None:
    with as_clinic(FIRST):
        with as_clinic(SECOND):
            assert (current_clinic_id(), setting()) == (SECOND, str(SECOND))
        assert (current_clinic_id(), setting()) == (FIRST, str(FIRST))


@pytest.mark.django_db
def test_a_nested_scope_that_fails_puts_the_outer_one_back() -> None:
    with as_clinic(FIRST):
        with pytest.raises(ZeroDivisionError), as_clinic(SECOND):
            raise ZeroDivisionError
        assert (current_clinic_id(), setting()) == (FIRST, str(FIRST))


@pytest.mark.django_db
def test_a_nested_scope_that_the_database_fails_puts_the_outer_one_back() -> None:
    with as_clinic(FIRST):
        with pytest.raises(DatabaseError), as_clinic(SECOND), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert (current_clinic_id(), setting()) == (FIRST, str(FIRST))


@pytest.mark.django_db
def test_a_look_up_inside_a_scope_leaves_the_scope_alone() -> None:
    with as_clinic(FIRST):
        with as_holder_of("key:abc"):
            assert (setting(), setting("app.lookup")) == (str(FIRST), "key:abc")
        assert (setting(), setting("app.lookup")) == (str(FIRST), "")


@pytest.mark.django_db
def test_a_scope_inside_a_look_up_leaves_the_look_up_alone() -> None:
    with as_holder_of("work"):
        with as_clinic(FIRST):
            assert setting("app.lookup") == "work"
        assert (setting(), setting("app.lookup")) == ("", "work")


def test_after_the_transaction_the_connection_knows_no_clinic(committed_db: None) -> None:
    clinic = bright_smile()
    for _ in range(3):
        with as_clinic(clinic.id), as_holder_of(f"user:{alice().id}"):
            assert Membership.objects.count() == 1
        assert (setting(), setting("app.lookup")) == ("", "")
        assert Membership.objects.count() == 0
        connection.close()  # back into the pool, for somebody else


def test_after_an_error_the_connection_knows_no_clinic(committed_db: None) -> None:
    with pytest.raises(ZeroDivisionError), as_clinic(FIRST):
        raise ZeroDivisionError
    assert setting() == ""
    with pytest.raises(DatabaseError), as_clinic(FIRST), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    assert setting() == ""


def test_connections_of_the_pool_come_clean(committed_db: None) -> None:
    """The same server connection serves the next one who asks: nothing of the last clinic is on it."""
    seen: set[int] = set()
    for number in range(20):
        with as_clinic(uuid.UUID(int=number + 1)):
            seen.add(connection.connection.info.backend_pid)
        connection.close()
        assert setting() == ""
        connection.close()
    assert len(seen) < 20


def test_a_pipelined_scope_is_a_scope(committed_db: None) -> None:
    clinic, other = bright_smile(), oak_street()
    for each in (clinic, other):
        with pipelined(), as_clinic(each.id):
            assert [row.clinic_id for row in Membership.objects.all()] == [each.id]
        assert setting() == ""


def test_an_error_in_a_pipelined_scope_undoes_everything(committed_db: None) -> None:
    clinic = bright_smile()
    with pytest.raises(DatabaseError), pipelined(), as_clinic(clinic.id), connection.cursor() as cursor:
        cursor.execute("DELETE FROM tenants_membership")
        cursor.execute("SELECT 1 / 0")
    with as_clinic(clinic.id):
        assert Membership.objects.count() == 1
    assert setting() == ""


@pytest.mark.django_db
def test_a_scope_survives_no_rollback_of_its_own_savepoint() -> None:
    with as_clinic(FIRST):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError
        assert setting() == str(FIRST)


def test_what_runs_after_the_commit_opens_a_scope_of_its_own(committed_db: None) -> None:
    seen: list[str] = []

    def look() -> None:
        with as_clinic(FIRST):
            seen.append(setting())

    with as_clinic(FIRST):
        transaction.on_commit(look)
    assert seen == [str(FIRST)]
    assert setting() == ""
