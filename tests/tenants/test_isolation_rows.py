"""Whatever a clinic does with whatever tenant table, the other clinic's rows are not there."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from attribution.models import Opportunity
from calls.models import Connection
from tenants import services
from tenants.domain import Scope
from tenants.models import ApiKey, Membership
from tenants.scope import as_clinic, as_holder_of
from tests.retention.rows import add_appointment, add_opportunity
from tests.tenants.factories import NOW, alice, bob, bright_smile, charlie, oak_street
from tests.tenants.tenant_tables import BY_FUNCTION, GROWING, REFERENCES, add_row, build_row, tenant_models

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Pair:
    """One row of a table for each of two clinics."""

    model: type[models.Model]
    ours: uuid.UUID
    theirs: uuid.UUID
    our_row: models.Model
    their_row: models.Model

    @property
    def rows(self) -> "models.QuerySet[models.Model]":
        return self.model._default_manager.all()

    @property
    def table(self) -> str:
        return self.model._meta.db_table


@pytest.fixture(params=tenant_models(), ids=lambda model: model._meta.db_table)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    ours, theirs = bright_smile().id, oak_street().id
    saved = []
    for clinic_id in (ours, theirs):
        with as_clinic(clinic_id):
            request.param._default_manager.all().delete() if can_delete(request.param) else None
            saved.append(add_row(request.param, clinic_id))
    yield Pair(request.param, ours, theirs, *saved)


def can_delete(model: type[models.Model]) -> bool:
    return model._meta.db_table not in GROWING


def refusal_of_insert(pair: Pair) -> str:
    return "permission denied" if pair.table in BY_FUNCTION else "row-level security"


def raw(sql: str, *params: Any) -> int:
    """How many rows a statement found or changed; -1 when the role may not."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            return int(cursor.rowcount)
    except DatabaseError as error:
        assert "permission denied" in str(error)
        return -1


def test_without_a_scope_there_are_no_rows(pair: Pair) -> None:
    assert pair.rows.count() == 0
    assert raw(f"SELECT * FROM {pair.table}") == 0
    assert raw(f"DELETE FROM {pair.table}") in (0, -1)
    assert raw(f"UPDATE {pair.table} SET clinic_id = clinic_id") in (0, -1)


def test_without_a_scope_nothing_can_be_inserted(pair: Pair) -> None:
    with pytest.raises(DatabaseError, match=refusal_of_insert(pair)), transaction.atomic():
        build_row(pair.model, pair.ours).save(force_insert=True)


def test_in_scope_there_are_our_rows_only(pair: Pair) -> None:
    with as_clinic(pair.ours):
        if can_delete(pair.model):
            assert list(pair.rows) == [pair.our_row]
        found = list(pair.rows)
        assert pair.our_row in found
        assert {getattr(row, "clinic_id") for row in found} == {pair.ours}  # noqa: B009 - of any model
        assert raw(f"SELECT * FROM {pair.table}") == len(found)
        assert raw(f"SELECT * FROM {pair.table} WHERE clinic_id = %s", pair.theirs) == 0
        assert pair.rows.filter(pk=pair.their_row.pk).count() == 0


def test_in_scope_their_rows_cannot_be_changed(pair: Pair) -> None:
    with as_clinic(pair.theirs):
        before = pair.rows.count()
    with as_clinic(pair.ours):
        assert raw(f"UPDATE {pair.table} SET clinic_id = clinic_id WHERE clinic_id = %s", pair.theirs) in (0, -1)
        assert raw(f"DELETE FROM {pair.table} WHERE clinic_id = %s", pair.theirs) in (0, -1)
        assert raw(f"UPDATE {pair.table} SET clinic_id = clinic_id") in (1, -1)
        assert raw(f"DELETE FROM {pair.table}") in (1, -1)
    with as_clinic(pair.theirs):
        assert pair.their_row in list(pair.rows)
        assert pair.rows.count() == before


def test_in_scope_nothing_can_be_inserted_for_them(pair: Pair) -> None:
    refused = pytest.raises(DatabaseError, match=refusal_of_insert(pair))
    with as_clinic(pair.ours), refused, transaction.atomic():
        build_row(pair.model, pair.theirs).save(force_insert=True)


def test_in_scope_no_row_can_be_given_to_them(pair: Pair) -> None:
    refused = pytest.raises(DatabaseError, match="row-level security|permission denied")
    with as_clinic(pair.ours), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {pair.table} SET clinic_id = %s", [pair.theirs])


def test_copying_a_table_out_copies_our_rows_only(pair: Pair) -> None:
    copy_out = f"COPY (SELECT * FROM {pair.table}) TO STDOUT"
    with as_clinic(pair.ours), connection.cursor() as cursor, cursor.copy(copy_out) as lines:
        copied = b"".join(lines).decode()
    assert str(pair.ours) in copied
    assert str(pair.theirs) not in copied


def test_their_unique_values_can_be_ours_too(pair: Pair) -> None:
    """A refusal would tell that the other clinic has the value."""
    names = {field.attname for field in plain_fields(pair.model)}
    ours = {name: getattr(pair.our_row, name) for name in names & REFERENCES} | {"clinic_id": pair.ours}
    copy = pair.model(**{name: getattr(pair.their_row, name) for name in names} | ours)
    with as_clinic(pair.ours):
        if can_delete(pair.model):
            pair.rows.delete()
            copy.save(force_insert=True)
            assert pair.rows.count() == 1


def plain_fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    """All but those by which a row is known in the whole database: its own id and random tokens."""
    return [
        field
        for field in model._meta.concrete_fields
        if not isinstance(field, models.CompositePrimaryKey) and not field.unique
    ]


def test_an_appointment_of_another_clinic_cannot_be_pointed_at() -> None:
    ours, theirs = bright_smile(), oak_street()
    their_appointment = add_appointment(theirs, NOW, uuid.uuid4())
    opportunity = add_opportunity(ours, NOW, uuid.uuid4())
    for appointment_id in (their_appointment.id, uuid.uuid4()):  # theirs and nobody's are refused alike
        with (
            as_clinic(ours.id),
            pytest.raises(IntegrityError, match="appointment_of_same_clinic"),
            transaction.atomic(),
        ):
            Opportunity.objects.filter(pk=opportunity.pk).update(appointment_id=appointment_id)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_person_finds_only_his_own_memberships() -> None:
    ours = bright_smile()
    oak_street()
    people = alice(), bob(ours), charlie()
    for person in people:
        with as_holder_of(f"user:{person.id}"):
            assert {row.user_id for row in Membership.objects.all()} == {person.id}
            assert raw("SELECT * FROM tenants_apikey") == 0
            assert raw("DELETE FROM tenants_membership") == 0
            assert raw("UPDATE tenants_membership SET role = 'admin'") == 0


def test_a_key_finds_only_itself() -> None:
    clinic, other = bright_smile(), oak_street()
    for owner in (clinic, clinic, other):
        services.create_api_key(clinic_id=owner.id, name="x", scopes=[Scope.READ], now=NOW)
    with as_clinic(clinic.id):
        prefixes = list(ApiKey.objects.values_list("prefix", flat=True))
    assert len(prefixes) == 3
    for prefix in prefixes:
        with as_holder_of(f"key:{prefix}"):
            assert [key.prefix for key in ApiKey.objects.all()] == [prefix]
            assert raw("UPDATE tenants_apikey SET revoked_at = NULL") == 0
            assert Membership.objects.count() == 0


def test_a_token_finds_only_its_connection() -> None:
    rows = []
    for clinic in (bright_smile(), oak_street()):
        with as_clinic(clinic.id):
            row = build_row(Connection, clinic.id)
            row.save(force_insert=True)
            rows.append(Connection.objects.get())
    for row in rows:
        with as_holder_of(f"hook:{row.token_hash.hex()}"):
            assert list(Connection.objects.all()) == [row]
            assert raw("DELETE FROM calls_connection") == 0


@pytest.mark.parametrize("credential", ["", "user:", "key:", "hook:", "key:%", f"user:{uuid.UUID(int=0)}", "other"])
def test_what_is_no_credential_finds_nothing(credential: str, pair: Pair) -> None:
    with as_holder_of(credential):
        assert pair.rows.count() == 0
