"""Appointments as a booking system tells them: numbers become callers, rows are made or changed, work rows are left.

The numbers go no further than this room. It judges nothing: verdicts come with the next recomputation, but for
appointments without a number, which no walk will ever meet.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from attribution import results
from attribution.domain import AppointmentStatus, Reason, Verdict
from attribution.models import Appointment, AppointmentCaller
from attribution.walk import judge_without_caller
from calls.callers import find_or_make_callers
from calls.changes import leave_changes
from calls.domain import AppointmentEvent, CallerKind, RefusalReason, Refused
from calls.hashing import contains_number, looks_like_number
from calls.holds import Hold
from calls.intake import ensure_weeks
from calls.numbers import read_number
from calls.partitions import week_of
from calls.wakeup import wake_worker
from tenants import audit
from tenants.domain import ClinicFacts
from tenants.events import SYSTEM, Actor, Event
from tenants.scope import as_clinic
from tenants.selectors import get_clinic

FUTURE_TOLERANCE = timedelta(minutes=5)
MAX_NUMBERS = 5
MAX_VALUE = Decimal(1_000_000)


class UnknownAppointment(LookupError):
    """The clinic has no appointment of that external id."""


@dataclass(frozen=True, slots=True)
class AppointmentReceipt:
    """What became of an appointment. `id` is None where it was refused, `changed` where a repeat said something new."""

    id: uuid.UUID | None
    created: bool = False
    changed: bool = False
    refused: Refused | None = None


def record_appointments(
    *,
    clinic_id: uuid.UUID,
    events: Sequence[AppointmentEvent],
    now: datetime,
    region: str | None = None,
    hold: Hold | None = None,
) -> list[AppointmentReceipt]:
    """Stores appointments, each on its own: a refused one keeps no other back. One receipt for each, in order.

    The external id makes repeats harmless: a repeat can change status and value, and nothing else. `region` is where
    numbers without a country code are read, instead of the clinic's; `hold` keeps the work rows of an import back.
    """
    receipts: dict[int, AppointmentReceipt] = {}
    ensure_weeks({week_of(now)})  # for hashes of new callers; outside of the transaction that needs them
    with as_clinic(clinic_id):
        clinic = get_clinic(clinic_id)
        accepted = {}
        for position, event in enumerate(events):
            refused = _refusal(event, clinic, now)
            if refused is None:
                accepted[position] = event
            else:
                receipts[position] = AppointmentReceipt(None, refused=refused)
        receipts |= _store(clinic, accepted, region or clinic.region, now, hold)
    wake_worker(clinic_id)
    return [receipts[position] for position in range(len(events))]


def change_appointment(
    *,
    clinic_id: uuid.UUID,
    external_id: str,
    status: AppointmentStatus | None = None,
    value: Decimal | None = None,
    now: datetime,
    actor: Actor = SYSTEM,
) -> uuid.UUID:
    """Changes status and value, None leaving each as it is; returns the id. Raises `UnknownAppointment`, `Refused`.

    On record by our own id of it: the external one could be anything.
    """
    _require_value(value)
    with as_clinic(clinic_id):
        clinic = get_clinic(clinic_id)
        results.lock_attribution(clinic_id)
        row = Appointment.objects.filter(clinic_id=clinic_id, external_id=external_id).first()
        if row is None or row.booked_at < clinic.visible_from(now):
            raise UnknownAppointment("There is no appointment of that external_id.")
        before = _state(row)
        if _change(row, status or AppointmentStatus(row.status), row.value if value is None else value):
            _leave_changes(clinic, [row], now, None)
            details = audit.changes(before, _state(row))
            audit.record(Event.APPOINTMENT_CHANGED, actor=actor, clinic_id=clinic_id, target=row.id, **details)
    wake_worker(clinic_id)
    return row.id


def _refusal(event: AppointmentEvent, clinic: ClinicFacts, now: datetime) -> Refused | None:
    """Why it can't be stored; None where it can."""
    try:
        _require_storable(event, clinic, now)
    except Refused as refused:
        return refused.with_traceback(None)  # its frames hold the event, and that holds numbers
    return None


def _require_storable(event: AppointmentEvent, clinic: ClinicFacts, now: datetime) -> None:
    if event.booked_at > now + FUTURE_TOLERANCE:
        raise Refused(RefusalReason.IN_FUTURE, "booked_at is more than 5 minutes in the future.", "booked_at")
    if event.booked_at < clinic.visible_from(now):
        raise Refused(RefusalReason.TOO_OLD, "booked_at is past the clinic's retention limit.", "booked_at")
    if len(event.numbers) > MAX_NUMBERS:
        raise Refused(RefusalReason.UNREADABLE, f"numbers holds more than {MAX_NUMBERS}.", "numbers")
    if any(contains_number(event.external_id, number) for number in event.numbers if number):
        raise Refused(
            RefusalReason.IDENTIFIER_CONTAINS_NUMBER, "external_id contains the digits of its number.", "external_id"
        )
    if looks_like_number(event.type):
        raise Refused(RefusalReason.LABEL_CONTAINS_NUMBER, "type contains a run of seven or more digits.", "type")
    _require_value(event.value)


def _require_value(value: Decimal | None) -> None:
    if value is not None and not (value.is_finite() and 0 <= value < MAX_VALUE and value == round(value, 2)):
        raise Refused(RefusalReason.UNREADABLE, "value is not an amount from 0 to 999999.99.", "value")


def _store(
    clinic: ClinicFacts, events: Mapping[int, AppointmentEvent], region: str, now: datetime, hold: Hold | None
) -> dict[int, AppointmentReceipt]:
    seen = _read_known(clinic, events.values())
    fresh = [event for event in events.values() if event.external_id not in seen]
    callers = _callers_of(clinic, fresh, region, now)
    # One writer at a time: a repeat changes rows which the worker may be judging, in another order. Taken only now,
    # because callers take their time, and read again, because somebody else may have been quicker.
    results.lock_attribution(clinic.id)
    known = _read_known(clinic, events.values())
    made: dict[str, Appointment] = {}
    changed: list[Appointment] = []
    receipts: dict[int, AppointmentReceipt] = {}
    for position, event in events.items():
        row = known.get(event.external_id)
        if row is None:
            is_new = event.external_id not in made
            row = made.setdefault(event.external_id, _new_row(clinic, event, callers))
            row.status, row.value = AppointmentStatus(event.status), event.value  # of two in one list, the later wins
            receipts[position] = AppointmentReceipt(row.id, created=is_new)
        else:
            is_news = _change(row, AppointmentStatus(event.status), event.value)
            changed += [row] if is_news else []
            receipts[position] = AppointmentReceipt(row.id, changed=is_news)
    _insert(clinic, list(made.values()))
    _leave_changes(clinic, [*made.values(), *changed], now, hold)
    return receipts


def _read_known(clinic: ClinicFacts, events: Iterable[AppointmentEvent]) -> dict[str, Appointment]:
    wanted = [event.external_id for event in events]
    rows = Appointment.objects.filter(clinic_id=clinic.id, external_id__in=wanted)
    return {row.external_id: row for row in rows}


def _callers_of(
    clinic: ClinicFacts, events: Iterable[AppointmentEvent], region: str, now: datetime
) -> dict[str, list[uuid.UUID]]:
    """The callers of each appointment, in the order of its numbers, by external id."""
    numbers = {
        event.external_id: [read_number(number, region) for number in event.numbers if number] for event in events
    }
    e164s = [one.e164 for of_event in numbers.values() for one in of_event if one.kind is CallerKind.CALLER]
    found = find_or_make_callers(clinic_id=clinic.id, e164s=e164s, now=now)
    return {
        external_id: list(dict.fromkeys(found[one.e164] for one in of_event if one.e164))
        for external_id, of_event in numbers.items()
    }


def _new_row(clinic: ClinicFacts, event: AppointmentEvent, callers: Mapping[str, list[uuid.UUID]]) -> Appointment:
    mine = callers.get(event.external_id, [])
    return Appointment(
        clinic_id=clinic.id,
        external_id=event.external_id,
        booked_at=event.booked_at,
        type=event.type,
        callers=mine,
        # With several numbers the recomputation says whose it is.
        caller=mine[0] if len(mine) == 1 else None,
        verdict=Verdict.UNATTRIBUTED,
        reason=Reason.NO_MISSED_CALL,
    )


def _insert(clinic: ClinicFacts, rows: Sequence[Appointment]) -> None:
    for row in rows:
        _judge_without_caller(row)
    Appointment.objects.bulk_create(rows)
    AppointmentCaller.objects.bulk_create(
        AppointmentCaller(clinic_id=clinic.id, caller=caller, appointment_id=row.id)
        for row in rows
        if len(row.callers) > 1
        for caller in row.callers
    )


def _change(row: Appointment, status: AppointmentStatus, value: Decimal | None) -> bool:
    """Whether that was anything new."""
    if (row.status, row.value) == (status, value):
        return False
    row.status, row.value = status, value
    _judge_without_caller(row)
    row.save(update_fields=["status", "value", "verdict", "reason"])
    return True


def _state(row: Appointment) -> dict[str, str | None]:
    """What can change of it, as the audit trail says it."""
    return {"status": AppointmentStatus(row.status).value, "value": None if row.value is None else f"{row.value:.2f}"}


def _judge_without_caller(row: Appointment) -> None:
    if not row.callers:
        said = judge_without_caller(row.id.bytes, AppointmentStatus(row.status))
        row.verdict, row.reason = said.verdict, said.reason


def _leave_changes(clinic: ClinicFacts, rows: Iterable[Appointment], now: datetime, hold: Hold | None) -> None:
    """Work rows of all candidates, and of the day of the booking."""
    changes: set[tuple[uuid.UUID | None, date]] = set()
    for row in rows:
        on = row.booked_at.astimezone(clinic.zone).date()
        changes |= {(caller, on) for caller in row.callers} or {(None, on)}
    if hold is None:
        leave_changes(clinic.id, changes, now)
    else:
        hold.add({caller.bytes for caller, _ in changes if caller is not None}, {on for _, on in changes})
