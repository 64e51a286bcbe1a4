"""Reads of how a clinic's phone systems are asked; credentials leave only by `open_account`, and in no repr."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from calls.models import Account, Connection
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic, as_holder_of
from tenants.vault import CannotUnwrap, unwrap

# What kept a phone system from answering, as the people of a clinic read it.
PROBLEM_WORDS: Mapping[str, str] = {
    "refused": "It refuses these credentials. Type them in again, or make new ones over there.",
    "not_allowed": "It knows these credentials, and they may not read the list of calls. Give them that right there.",
    "unknown": "It does not know this account. Is the account’s id the right one?",
    "unreachable": "It could not be reached. It is asked again by itself.",
    "busy": "It asked us to wait for longer than we do. It is asked again by itself.",
    "broken": "What it answered could not be read.",
    "elsewhere": "It named another server for the next page, which is not asked.",
    "endless": "It listed more for one day than any clinic has.",
    "unreadable": "The stored credentials cannot be opened. Type them in again.",
}


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a phone system is asked with."""

    clinic_id: uuid.UUID
    connection_id: uuid.UUID
    provider: str
    credentials: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountLine:
    """That an account is set, and how it is; nothing of what it is."""

    connection_id: uuid.UUID
    created_at: datetime
    checked_at: datetime | None
    problem: str

    @property
    def problem_words(self) -> str:
        return PROBLEM_WORDS.get(self.problem, self.problem)


class BadAccount(Exception):
    """The stored credentials do not open: the key-encryption key is another one."""


def context_of(connection_id: uuid.UUID) -> str:
    """What the vault authenticates with an account's credentials."""
    return f"account/{connection_id}"


def open_account(clinic_id: uuid.UUID, connection_id: uuid.UUID) -> AccountFacts | None:
    """The account of a connection; None without one, and for another clinic's. Raises `BadAccount`."""
    with as_clinic(clinic_id):
        row = Account.objects.filter(clinic_id=clinic_id, connection_id=connection_id).first()
        provider = Connection.objects.filter(clinic_id=clinic_id, pk=connection_id).values_list("provider", flat=True)
        found = provider.first() if row is not None else None
    if row is None or found is None:
        return None
    try:
        credentials = json.loads(unwrap(row.credentials, context_of(connection_id)))
    except CannotUnwrap as error:
        raise BadAccount(str(connection_id)) from error
    return AccountFacts(clinic_id, connection_id, found, credentials)


def list_accounts(clinic_id: uuid.UUID) -> Sequence[AccountLine]:
    """All of a clinic's, the oldest first."""
    with as_clinic(clinic_id):
        return [_line(row) for row in Account.objects.filter(clinic_id=clinic_id).order_by("created_at", "id")]


def find_account(clinic: ClinicFacts, connection_id: uuid.UUID) -> AccountLine | None:
    """How a connection's account is, times in the clinic's zone; None without one."""
    with as_clinic(clinic.id):
        row = Account.objects.filter(clinic_id=clinic.id, connection_id=connection_id).first()
    return _line(row, clinic.zone) if row else None


def list_all_accounts() -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """(clinic, connection) of every account there is; only that they are there."""
    with as_holder_of("work"):
        rows = Account.objects.order_by("clinic_id", "created_at").values_list("clinic_id", "connection_id")
        return [(clinic_id, connection_id) for clinic_id, connection_id in rows]


def _line(row: Account, zone: tzinfo = UTC) -> AccountLine:
    checked_at = row.checked_at.astimezone(zone) if row.checked_at else None
    return AccountLine(row.connection_id, row.created_at.astimezone(zone), checked_at, row.problem)
