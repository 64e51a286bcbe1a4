"""Whatever a superuser does to a trail is found, with the first bad row; what the product itself erases is no fault."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import InternalError, connection
from django.utils import timezone
from psycopg import sql
from pytest_django import Settings

from tenants import audit, ledger
from tenants.chain import Link, link_hash
from tenants.domain import PLATFORM, ClinicFacts
from tenants.events import SYSTEM, Event
from tenants.scope import as_clinic
from tenants.trail_lines import read_kept
from tenants.trail_reports import Outside, Report, verify_stored, whole_lines
from tests.tenants.factories import bright_smile, oak_street
from tests.tenants.trails import (
    OUTSIDE,
    PUBLIC_KEYS,
    TABLES,
    add_events,
    age,
    checkpoint,
    read_entries,
    sign_with,
    tampering,
)

Superuser = psycopg.Connection
ROW = 3  # the row that is tampered with; the trails here have six


@pytest.fixture
def clinic(committed_db: None, settings: Settings) -> ClinicFacts:
    """Six rows, and another clinic's trail beside."""
    sign_with(settings)
    clinic, other = bright_smile(), oak_street()
    add_events(clinic.id, 4)
    add_events(other.id, 2)
    audit.record(Event.STAFF_ADDED, actor=SYSTEM)
    assert len(read_entries(clinic.id)) == 6
    return clinic


def found(clinic: ClinicFacts | None = None, outside: Outside = OUTSIDE) -> tuple[str, int | None] | None:
    """What is wrong, and the first bad row."""
    report = verify_stored(slug=clinic.slug if clinic else None, outside=outside)
    problem = report.first_problem
    return (problem[1].fault.value, problem[1].seq) if problem else None


def report_of(clinic: ClinicFacts) -> Report:
    return verify_stored(slug=clinic.slug, outside=OUTSIDE)


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


def delete_from(superuser: Superuser, table: str, clinic_id: uuid.UUID, condition: str) -> None:
    with tampering(superuser):
        superuser.execute(f"DELETE FROM {table} WHERE clinic_id = %s AND {condition}", [clinic_id])
        if table == "tenants_auditevent":
            superuser.execute(f"DELETE FROM tenants_auditdetail WHERE clinic_id = %s AND {condition}", [clinic_id])


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


def rewrite(superuser: Superuser, clinic_id: uuid.UUID, *, until: int = 1000) -> None:
    """Row 3 says something else, and all hashes from there on are computed anew."""
    entries = read_entries(clinic_id)
    previous = entries[ROW - 2].link.hash
    for entry in entries[ROW - 1 : until]:
        action = "member_added" if entry.link.seq == ROW else entry.link.action
        link = replace(entry.link, action=action, previous=previous)
        previous = link_hash(link)
        with tampering(superuser):
            superuser.execute(
                "UPDATE tenants_auditevent SET action = %s, previous = %s, hash = %s WHERE clinic_id = %s AND seq = %s",
                [action, link.previous, previous, clinic_id, link.seq],
            )


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


@pytest.fixture
def kept(clinic: ClinicFacts, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A file of checkpoints, kept elsewhere."""
    sign_with(settings, AUDIT_CHECKPOINT_FILE=str(tmp_path / "checkpoints.jsonl"))
    checkpoint()
    yield tmp_path / "checkpoints.jsonl"


def outside(path: Path) -> Outside:
    with path.open() as file:
        lines, torn = whole_lines(read_kept(file))
    assert torn == []
    return Outside(PUBLIC_KEYS, lines)


def test_a_cut_tail_with_its_anchors_is_found_by_the_file_kept_elsewhere(
    clinic: ClinicFacts, kept: Path, superuser_sql: Superuser
) -> None:
    assert found(clinic, outside(kept)) is None
    assert found(None, outside(kept)) is None
    delete_from(superuser_sql, "tenants_auditevent", clinic.id, "seq > 4")
    with tampering(superuser_sql):
        superuser_sql.execute("DELETE FROM tenants_auditanchor; DELETE FROM tenants_auditcheckpoint")
    assert found() is None  # all that could tell is gone here
    assert found(clinic, outside(kept)) == ("cut", 5)
    assert found(None, outside(kept)) == ("cut", 5)


def test_checkpoints_that_are_gone_here_are_found_by_the_file(kept: Path, superuser_sql: Superuser) -> None:
    with tampering(superuser_sql):
        superuser_sql.execute("DELETE FROM tenants_auditanchor; DELETE FROM tenants_auditcheckpoint")
    assert found(None, outside(kept)) == ("checkpoints_broken", None)


def test_a_checkpoint_that_was_made_up_is_not_signed(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    checkpoint()
    with tampering(superuser_sql):
        superuser_sql.execute("UPDATE tenants_auditcheckpoint SET root = set_byte(root, 0, get_byte(root, 0) # 1)")
    assert found(clinic) == ("signature_wrong", None)
    assert found(clinic, Outside({})) == ("anchor_wrong", 6)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_checkpoint_that_is_gone_breaks_their_chain(
    clinic: ClinicFacts, superuser_sql: Superuser, number: int
) -> None:
    made = [checkpoint(after) for after in (0, 1, 2, 3)]
    with tampering(superuser_sql):
        superuser_sql.execute("DELETE FROM tenants_auditcheckpoint WHERE id = %s", [made[number - 1].id])
    assert found() == ("checkpoints_broken", None)


def test_an_anchor_that_was_changed_leads_nowhere(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    checkpoint()
    with tampering(superuser_sql):
        superuser_sql.execute(
            "UPDATE tenants_auditanchor SET seq = 4, head = %s WHERE clinic_id = %s",
            [read_entries(clinic.id)[3].link.hash, clinic.id],
        )
    delete_from(superuser_sql, "tenants_auditevent", clinic.id, "seq > 4")
    assert found(clinic) == ("anchor_wrong", 4)


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


def test_details_that_were_deleted_too_early_are_found(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    delete_from(superuser_sql, "tenants_auditdetail", clinic.id, f"seq = {ROW}")
    assert found(clinic) == ("details_missing", ROW)
    assert "has lost its details" in (report_of(clinic).first_problem or ("", None))[1].text  # type: ignore[union-attr]


def aged(superuser: Superuser, clinic: ClinicFacts, days: int) -> None:
    with tampering(superuser):
        age(superuser, clinic.id, days)


def forget(clinic: ClinicFacts, days: int = 90) -> int:
    with as_clinic(clinic.id):
        return ledger.forget_details(clinic_id=clinic.id, before=timezone.now() - timedelta(days=days))


def test_details_that_were_erased_for_their_age_leave_a_good_trail(
    clinic: ClinicFacts, superuser_sql: Superuser
) -> None:
    aged(superuser_sql, clinic, 91)
    assert found(clinic) is None
    add_events(clinic.id, 2)
    assert forget(clinic) == 6
    entries = read_entries(clinic.id)
    assert [entry.details is None for entry in entries] == [True] * 6 + [False] * 3
    assert json.loads(entries[-1].details or "")["count"] == 6
    assert found(clinic) is None
    aged(superuser_sql, clinic, 95)  # so that the row that tells of it is itself old enough
    assert forget(clinic) == 3
    assert found(clinic) is None
    assert forget(clinic) == 0


@pytest.mark.parametrize(("days", "is_found"), [(31, True), (89, True), (91, False)])
def test_details_between_the_ages_are_covered_by_no_erasure(
    clinic: ClinicFacts, superuser_sql: Superuser, days: int, is_found: bool
) -> None:
    """The erasure of last night names its day: what is younger than that it has not erased."""
    audit.record(Event.MEMBER_REMOVED, actor=SYSTEM, clinic_id=clinic.id)
    aged(superuser_sql, clinic, days)
    delete_from(superuser_sql, "tenants_auditdetail", clinic.id, f"seq = {ROW}")
    # As the function writes it when something is old enough; its own time is the proof.
    named = f"{timezone.now() - timedelta(days=90):%Y-%m-%d}"
    audit.record(Event.AUDIT_DETAILS_FORGOTTEN, actor=SYSTEM, clinic_id=clinic.id, before=named, count=1)
    assert found(clinic) == (("details_missing", ROW) if is_found else None)


def test_young_details_cannot_be_erased_by_the_function(clinic: ClinicFacts) -> None:
    for days in (29.9, 0, -1):
        with pytest.raises(Exception, match="too young to be forgotten"):
            forget(clinic, days=days)  # type: ignore[arg-type]
    assert forget(clinic, days=31) == 0
    assert found(clinic) is None


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
