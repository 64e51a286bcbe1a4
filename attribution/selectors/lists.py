"""Appointments and opportunities, newest first, any page for the price of the first; never past the limit."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from attribution import events
from attribution.domain import (
    AppointmentRow,
    AppointmentStatus,
    OpportunityRow,
    OpportunityStatus,
    Page,
    Progress,
    Reason,
    Verdict,
)
from attribution.models import Appointment, Opportunity
from attribution.selectors.stories import appointment_row, opportunity_row
from tenants.cursors import Position
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

Stored = TypeVar("Stored", Appointment, Opportunity)


_CAME_SO_FAR = {
    Progress.NOBODY_CALLED: Q(called_back_at=None),
    Progress.CALLED_BACK: Q(called_back_at__isnull=False),
    Progress.REACHED: Q(reached_at__isnull=False),
    Progress.RECOVERED: Q(status=OpportunityStatus.RECOVERED),
}


@dataclass(frozen=True, slots=True)
class AppointmentFilter:
    """Instants: `since` is included, `until` is not."""

    since: datetime | None = None
    until: datetime | None = None
    status: AppointmentStatus | None = None
    verdict: Verdict | None = None
    reason: Reason | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Instants of `opened_at`: `since` is included, `until` is not."""

    since: datetime | None = None
    until: datetime | None = None
    status: OpportunityStatus | None = None
    id: uuid.UUID | None = None
    progress: Progress | None = None


def list_appointments(
    *,
    clinic: ClinicFacts,
    wanted: AppointmentFilter,
    now: datetime,
    position: Position | None = None,
    forwards: bool = True,
    size: int = 50,
) -> Page[AppointmentRow]:
    """By `booked_at`. `position` is where another page ended; `forwards` goes to older ones."""
    condition = _between("booked_at", clinic, wanted.since, wanted.until, now)
    for name in ("status", "verdict", "reason", "external_id"):
        value = getattr(wanted, name)
        condition &= Q(**{name: value}) if value is not None else Q()
    with as_clinic(clinic.id):
        rows = Appointment.objects.filter(condition)
        page = _page(rows, "booked_at", position, forwards, size)
        told = _read_told(clinic, page.rows)
        estimates = events.read_estimates(clinic.id)
    made = [appointment_row(clinic, estimates, row, told_by(row, told)) for row in page.rows]
    return Page(made, page.next, page.previous)


def list_opportunities(
    *,
    clinic: ClinicFacts,
    wanted: OpportunityFilter,
    now: datetime,
    position: Position | None = None,
    forwards: bool = True,
    size: int = 50,
) -> Page[OpportunityRow]:
    """By `opened_at`. `position` is where another page ended; `forwards` goes to older ones."""
    condition = _between("opened_at", clinic, wanted.since, wanted.until, now)
    for name in ("status", "id"):
        value = getattr(wanted, name)
        condition &= Q(**{name: value}) if value is not None else Q()
    condition &= _CAME_SO_FAR[wanted.progress] if wanted.progress is not None else Q()
    with as_clinic(clinic.id):
        page = _page(Opportunity.objects.filter(condition), "opened_at", position, forwards, size)
        ids = [row.appointment_id for row in page.rows if row.appointment_id]
        booked = {row.id: row for row in Appointment.objects.filter(clinic_id=clinic.id, id__in=ids)}
        estimates = events.read_estimates(clinic.id)
    made = [
        opportunity_row(clinic, estimates, row, booked.get(row.appointment_id) if row.appointment_id else None)
        for row in page.rows
    ]
    return Page(made, page.next, page.previous)


def _between(name: str, clinic: ClinicFacts, since: datetime | None, until: datetime | None, now: datetime) -> Q:
    visible_from = clinic.visible_from(now)
    condition = Q(clinic_id=clinic.id, **{f"{name}__gte": max(since or visible_from, visible_from)})
    return condition & Q(**{f"{name}__lt": until}) if until else condition


def _page(query: QuerySet[Stored], name: str, position: Position | None, forwards: bool, size: int) -> Page[Stored]:
    order = (f"-{name}", "-id") if forwards else (name, "id")
    if position is not None:
        query = query.filter(_beyond(name, position, forwards))
    found = list(query.order_by(*order)[: size + 1])
    rows, has_more = found[:size], len(found) > size
    if not forwards:
        rows.reverse()
    has_next = has_more if forwards else bool(rows)
    has_previous = position is not None if forwards else has_more
    return Page(
        rows,
        (getattr(rows[-1], name), rows[-1].id) if rows and has_next else None,
        (getattr(rows[0], name), rows[0].id) if rows and has_previous else None,
    )


def _beyond(name: str, position: Position, forwards: bool) -> Q:
    at, row_id = position
    way = "lt" if forwards else "gt"
    # The first condition alone is what an index can go by.
    return Q(**{f"{name}__{way}e": at}) & (Q(**{f"{name}__{way}": at}) | Q(**{f"id__{way}": row_id}))


def _read_told(clinic: ClinicFacts, rows: Sequence[Appointment]) -> list[Opportunity]:
    callers = {row.caller for row in rows if row.caller is not None}
    return list(Opportunity.objects.filter(clinic_id=clinic.id, caller__in=callers).order_by("opened_at"))


def told_by(row: Appointment, told: Sequence[Opportunity]) -> Opportunity | None:
    """The opportunity that it closed; else the caller's last one then, which says why there was none to close."""
    mine = [one for one in told if one.caller == row.caller]
    for one in mine:
        if one.appointment_id == row.id:
            return one
    before = [one for one in mine if one.opened_at <= row.booked_at]
    return before[-1] if before and row.reason in (Reason.WINDOW_ELAPSED, Reason.ALREADY_RECOVERED) else None
