"""Writes what connections received: counts by the hour and names of fields, and which of them have fallen silent."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from calls import heard
from calls.field_names import OTHER
from calls.heard import HourCounts
from calls.models import Connection
from calls.providers import PROVIDERS
from calls.selectors import list_hours
from calls.silence import WINDOW, HourHeard, OpenTime, find_usual, is_silent
from tenants import mail
from tenants.domain import ClinicFacts, Role
from tenants.language import in_language_of
from tenants.scope import as_clinic
from tenants.selectors import list_active_members

logger = logging.getLogger(__name__)
MAX_FIELDS = 100  # names of one connection; what comes after them is "(other)"


@dataclass(frozen=True, slots=True)
class Silent:
    """A connection that has fallen silent, for the mail about it."""

    name: str
    title: str
    since: datetime  # in the clinic's zone


def count_messages(
    *,
    clinic_id: uuid.UUID,
    hours: Sequence[HourCounts],
    fields: Mapping[uuid.UUID, Mapping[str, int]],
    now: datetime,
) -> None:
    """Adds what came by connections of a clinic; of one that was removed meanwhile nothing is kept."""
    with as_clinic(clinic_id):
        there = heard.lock_connections(clinic_id, sorted({counts.connection_id for counts in hours}))
        kept = [counts for counts in hours if counts.connection_id in there]
        if not kept:
            return
        heard.add_hours(clinic_id, kept)
        names = _keep_names(clinic_id, {connection_id: fields.get(connection_id, {}) for connection_id in there})
        if names:
            heard.add_fields(clinic_id, names, now)
        heard.end_silence(clinic_id, list(there))


def _keep_names(
    clinic_id: uuid.UUID, fields: Mapping[uuid.UUID, Mapping[str, int]]
) -> list[tuple[uuid.UUID, str, int]]:
    known = heard.find_field_names(clinic_id, list(fields))
    kept = []
    for connection_id, counts in fields.items():
        names = {name for owner, name in known if owner == connection_id}
        kept += [(connection_id, name, count) for name, count in fold_names(names, counts).items()]
    return kept


def fold_names(known: set[str], counts: Mapping[str, int]) -> dict[str, int]:
    """The counts by name, where what would be more than 100 names of a connection is counted as one."""
    folded: dict[str, int] = {}
    names = known - {OTHER}
    for name, count in sorted(counts.items()):
        if name != OTHER and name not in names and len(names) < MAX_FIELDS:
            names.add(name)
        kept = name if name in names else OTHER
        folded[kept] = folded.get(kept, 0) + count
    return folded


def check_silence(*, clinic: ClinicFacts, now: datetime) -> list[Silent]:
    """Notes which connections have fallen silent and which speak again, and tells the admins of the former, once.
    Returns those that have."""
    with as_clinic(clinic.id):
        rows = Connection.objects.select_for_update(no_key=True).filter(clinic_id=clinic.id, paused_at=None)
        fallen = _mark_silent(clinic, list(rows.order_by("id")), now)
    for silent in fallen:
        _tell_admins(clinic, silent)
    return fallen


def _mark_silent(clinic: ClinicFacts, rows: Sequence[Connection], now: datetime) -> list[Silent]:
    heard_of = list_hours(clinic.id, [row.id for row in rows], now)
    open_time = OpenTime(clinic.opening_hours, clinic.zone, now - WINDOW, now)
    fallen = []
    for row in rows:
        hours = heard_of.get(row.id, [])
        since = max([hour.last_at for hour in hours[-1:]] + [row.resumed_at or row.created_at])
        was_silent, falls = row.silent_since is not None, is_silent(find_usual(hours, open_time), open_time, since, now)
        if falls is was_silent or (was_silent and not _spoke_since(row, hours)):
            continue
        row.silent_since = since if falls else None
        row.save(update_fields=["silent_since"])
        if falls:
            title = PROVIDERS[row.provider].TITLE if row.provider in PROVIDERS else row.provider
            fallen.append(Silent(row.name, title, since.astimezone(clinic.zone)))
    return fallen


def _spoke_since(row: Connection, hours: Sequence[HourHeard]) -> bool:
    """A silence lasts until a message comes, also when what was usual has left the window."""
    return row.silent_since is None or any(hour.last_at > row.silent_since for hour in hours)


def _tell_admins(clinic: ClinicFacts, silent: Silent) -> None:
    for member in list_active_members(clinic.id):
        if member.role is Role.ADMIN:
            with in_language_of(clinic), timezone.override(clinic.zone):
                mail.send(
                    "connection_silent", to=member.email, clinic=clinic.name, connection=silent,
                    url=f"{settings.PUBLIC_URL}/settings/connections/",
                )  # fmt: skip
