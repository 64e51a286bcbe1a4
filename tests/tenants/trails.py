"""Audit trails for tests: rows, checkpoints that are signed by a key of the tests, and what a superuser does."""

import base64
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg
from django.utils import timezone
from pytest_django import Settings

from tenants import audit, ledger
from tenants.checkpoints import make_checkpoint
from tenants.events import SYSTEM, Actor, ActorKind, Event
from tenants.scope import as_clinic
from tenants.trail.chain import GENESIS, link_hash
from tenants.trail.seals import Checkpoint, key_name, public_key_of
from tenants.trail.verification import Entry
from tenants.trail_reports import Outside

SEED = base64.b64encode(bytes(range(32))).decode()
PUBLIC_KEY = public_key_of(SEED)
PUBLIC_KEYS = {key_name(PUBLIC_KEY): PUBLIC_KEY}
OUTSIDE = Outside(PUBLIC_KEYS)
TABLES = ("tenants_auditevent", "tenants_auditdetail", "tenants_auditcheckpoint", "tenants_auditanchor")


def add_events(clinic_id: uuid.UUID, count: int = 3) -> None:
    for number in range(count):
        audit.record(Event.MEMBER_REMOVED, actor=SYSTEM, clinic_id=clinic_id, target=uuid.uuid4(), number=number)


def person(user_id: uuid.UUID) -> Actor:
    return Actor(ActorKind.PERSON, user_id, "203.0.113.0")


def read_entries(clinic_id: uuid.UUID) -> list[Entry]:
    with as_clinic(clinic_id):
        return list(ledger.read_trail(clinic_id))


def sign_with(settings: Settings, **more: str) -> None:
    settings.AUDIT_SIGNING_KEY = SEED
    for name, value in more.items():
        setattr(settings, name, value)


def checkpoint(after: float = 0) -> Checkpoint:
    """One made so many hours from now."""
    made = make_checkpoint(now=timezone.now() + timedelta(hours=after))
    assert made is not None
    return made


@contextmanager
def tampering(superuser: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """What somebody with all rights does: switches the triggers and foreign keys off, changes, switches them on."""
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        yield superuser


def age(superuser: psycopg.Connection, clinic_id: uuid.UUID, days: int) -> None:
    """The trail as if it had been written so many days earlier, hashes and all."""
    previous = GENESIS
    for entry in read_entries(clinic_id):
        moved = replace(entry.link, at=entry.link.at - days * 24 * 60 * 60 * 1_000_000, previous=previous)
        previous = link_hash(moved)
        superuser.execute(
            "UPDATE tenants_auditevent SET at = at - make_interval(hours => %s), previous = %s, hash = %s"
            " WHERE clinic_id = %s AND seq = %s",
            [24 * days, moved.previous, previous, clinic_id, moved.seq],
        )
