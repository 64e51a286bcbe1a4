"""Trails for tests to spoil as a superuser can, and what verification says of them."""

import uuid
from dataclasses import replace

import psycopg
from pytest_django import Settings

from tenants import audit
from tenants.domain import ClinicFacts
from tenants.events import SYSTEM, Event
from tenants.trail.chain import link_hash
from tenants.trail_reports import Outside, Report, verify_stored
from tests.tenants.factories import bright_smile, oak_street
from tests.tenants.trails import (
    OUTSIDE,
    add_events,
    read_entries,
    sign_with,
    tampering,
)

Superuser = psycopg.Connection
ROW = 3  # the row that is tampered with; the trails here have six


def six_rows(settings: Settings) -> ClinicFacts:
    """And another clinic's trail beside."""
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


def delete_from(superuser: Superuser, table: str, clinic_id: uuid.UUID, condition: str) -> None:
    with tampering(superuser):
        superuser.execute(f"DELETE FROM {table} WHERE clinic_id = %s AND {condition}", [clinic_id])
        if table == "tenants_auditevent":
            superuser.execute(f"DELETE FROM tenants_auditdetail WHERE clinic_id = %s AND {condition}", [clinic_id])


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
