"""Whatever a superuser does to the rows of a trail is found, with the first bad one."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from django.db import InternalError, connection
from django.utils import timezone
from psycopg import sql
from pytest_django import Settings

from tenants import ledger
from tenants.domain import PLATFORM, ClinicFacts
from tenants.trail.chain import Link
from tenants.trail_reports import verify_stored
from tests.tenants.tampered import ROW, Superuser, delete_from, found, rewrite, six_rows
from tests.tenants.trails import (
    OUTSIDE,
    TABLES,
    add_events,
    checkpoint,
    read_entries,
    tampering,
)


@pytest.fixture
def clinic(committed_db: None, settings: Settings) -> ClinicFacts:
    return six_rows(settings)


def test_untouched_trails_are_good(clinic: ClinicFacts) -> None:
    checkpoint()
    add_events(clinic.id, 2)
    checkpoint(after=1)
    report = verify_stored(slug=None, outside=OUTSIDE)
    assert report.first_problem is None
    assert {(name, verdict.count) for name, verdict in report.verdicts} == {
        ("(platform)", 1), ("bright-smile", 8), ("oak-street", 4),
    }  # fmt: skip
    assert (report.checkpoints, report.are_signatures) == (2, True)


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("at", "at + interval '1 microsecond'", "changed"),
        ("actor_kind", "'person'", "changed"),
        ("actor_id", "gen_random_uuid()", "changed"),
        ("action", "'member_added'", "changed"),
        ("target", "overlay(target placing 'x' from 1 for 1)", "changed"),
        ("details_hash", "set_byte(details_hash, 0, get_byte(details_hash, 0) # 1)", "changed"),
        ("previous", "set_byte(previous, 31, get_byte(previous, 31) # 1)", "changed"),
        ("hash", "set_byte(hash, 5, get_byte(hash, 5) # 1)", "changed"),
        ("clinic_id", "gen_random_uuid()", "missing"),
        ("seq", "99", "missing"),
    ],
)
def test_one_changed_byte_is_found(
    clinic: ClinicFacts, superuser_sql: Superuser, column: str, value: str, fault: str
) -> None:
    with tampering(superuser_sql):
        superuser_sql.execute(
            f"UPDATE tenants_auditevent SET {column} = {value} WHERE clinic_id = %s AND seq = %s", [clinic.id, ROW]
        )
    assert found(clinic) == (fault, ROW)
    assert found() == (fault, ROW)


@pytest.mark.parametrize(
    ("column", "value"), [("details", "details || ' '"), ("salt", "set_byte(salt, 0, get_byte(salt, 0) # 1)")]
)
def test_changed_details_are_found(clinic: ClinicFacts, superuser_sql: Superuser, column: str, value: str) -> None:
    with tampering(superuser_sql):
        superuser_sql.execute(
            f"UPDATE tenants_auditdetail SET {column} = {value} WHERE clinic_id = %s AND seq = %s", [clinic.id, ROW]
        )
    assert found(clinic) == ("details_changed", ROW)


def test_a_deleted_row_is_found(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    delete_from(superuser_sql, "tenants_auditevent", clinic.id, f"seq = {ROW}")
    assert found(clinic) == ("missing", ROW)


def test_a_deleted_beginning_is_found(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    delete_from(superuser_sql, "tenants_auditevent", clinic.id, "seq < 3")
    assert found(clinic) == ("missing", 1)


def test_two_rows_that_changed_places_are_found(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    with tampering(superuser_sql):
        for before, after in ((3, -1), (4, 3), (-1, 4)):
            for table in TABLES[:2]:
                superuser_sql.execute(
                    f"UPDATE {table} SET seq = %s WHERE clinic_id = %s AND seq = %s", [after, clinic.id, before]
                )
    assert found(clinic) == ("changed", ROW)


def insert(superuser: Superuser, link: Link) -> None:
    fields = [getattr(link, name) for name in Link.__slots__]
    fields[2] = timezone.now()
    with tampering(superuser):
        superuser.execute(
            "INSERT INTO tenants_auditevent (clinic_id, seq, at, actor_kind, actor_id, action, target, details_hash,"
            " previous, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            fields,
        )


@pytest.mark.parametrize(("seq", "fault"), [(0, "reordered"), (-5, "reordered"), (9, "missing"), (7, "changed")])
def test_an_inserted_row_is_found(clinic: ClinicFacts, superuser_sql: Superuser, seq: int, fault: str) -> None:
    first = read_entries(clinic.id)[0].link
    insert(superuser_sql, replace(first, seq=seq))
    assert found(clinic) == (fault, 7 if fault == "missing" else seq)


def test_a_row_that_was_pushed_in_is_found(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    fourth = read_entries(clinic.id)[ROW].link
    with tampering(superuser_sql):
        for table in TABLES[:2]:
            for seq in (6, 5, 4):
                superuser_sql.execute(
                    f"UPDATE {table} SET seq = seq + 1 WHERE clinic_id = %s AND seq = %s", [clinic.id, seq]
                )
    insert(superuser_sql, fourth)
    assert found(clinic) == ("changed", 4)


def test_a_row_with_its_hash_computed_anew_is_found_by_the_next(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    rewrite(superuser_sql, clinic.id, until=ROW)
    assert found(clinic) == ("forked", ROW + 1)


def test_a_trail_written_anew_is_found_by_its_anchor(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    checkpoint()
    rewrite(superuser_sql, clinic.id)
    assert found(clinic) == ("rewritten", 6)


def test_a_tail_that_was_cut_off_is_found_by_its_anchor(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    checkpoint()
    delete_from(superuser_sql, "tenants_auditevent", clinic.id, "seq > 4")
    assert found(clinic) == ("cut", 5)
    add_events(clinic.id, 1)
    assert found(clinic) == ("cut", 6)
    add_events(clinic.id, 1)
    assert found(clinic) == ("rewritten", 6)


def test_a_trail_that_is_gone_is_found_by_its_anchor(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    checkpoint()
    delete_from(superuser_sql, "tenants_auditevent", clinic.id, "true")
    assert found(clinic) == ("cut", 1)


def test_anchors_that_were_deleted_are_missed_in_the_signed_roots(
    clinic: ClinicFacts, superuser_sql: Superuser
) -> None:
    checkpoint()
    delete_from(superuser_sql, "tenants_auditevent", clinic.id, "seq > 4")
    delete_from(superuser_sql, "tenants_auditanchor", clinic.id, "true")
    assert found(clinic) is None  # one clinic alone can't tell
    assert found() == ("anchor_wrong", None)
    add_events(clinic.id, 2)
    checkpoint(after=1)
    assert found() == ("anchor_wrong", None)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("trigger", ["append_only", "never_empty"])
def test_a_trigger_that_is_off_or_gone_is_found(
    clinic: ClinicFacts, superuser_sql: Superuser, table: str, trigger: str
) -> None:
    names = {"table": sql.Identifier(table), "trigger": sql.Identifier(trigger)}
    superuser_sql.execute(sql.SQL("ALTER TABLE {table} DISABLE TRIGGER {trigger}").format(**names))
    assert found(clinic) == ("trigger_off", None)
    assert ledger.list_missing_triggers() == [f"{table}: {trigger}"]
    superuser_sql.execute(sql.SQL("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}").format(**names))
    assert found(clinic) is None
    superuser_sql.execute(sql.SQL("DROP TRIGGER {trigger} ON {table}").format(**names))
    assert found(clinic) == ("trigger_off", None)


def test_a_trigger_that_refuses_nothing_is_found(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    superuser_sql.execute(
        "CREATE OR REPLACE FUNCTION ringback_refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'"
    )
    assert found(clinic) == ("trigger_off", None)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_while_the_triggers_stand_not_even_a_superuser_changes_a_row(
    clinic: ClinicFacts, superuser_sql: Superuser, table: str, verb: str
) -> None:
    checkpoint()
    column = "root" if "checkpoint" in table else "clinic_id"
    if (table, verb) == ("tenants_auditdetail", "DELETE FROM {}"):
        return  # details can be erased; that they were erased too early is found
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="are never changed"):
        superuser_sql.execute(verb.format(table, column, column))
    assert found() is None


def test_the_platforms_trail_is_verified_as_well(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    with tampering(superuser_sql):
        superuser_sql.execute("UPDATE tenants_auditevent SET action = 'x' WHERE clinic_id = %s", [PLATFORM])
    assert found() == ("changed", 1)
    assert found(clinic) is None


def test_reading_is_of_one_moment(clinic: ClinicFacts) -> None:
    with ledger.one_moment(clinic.id):
        trail = ledger.read_trail(clinic.id)
        next(trail)
        with ThreadPoolExecutor(1) as other:
            other.submit(add_elsewhere, clinic.id).result()
        assert len(list(trail)) == 5
        with pytest.raises(InternalError, match="read-only transaction"):
            add_events(clinic.id, 1)
    assert len(read_entries(clinic.id)) == 7


def add_elsewhere(clinic_id: uuid.UUID) -> None:
    try:
        add_events(clinic_id, 1)
    finally:
        connection.close()
