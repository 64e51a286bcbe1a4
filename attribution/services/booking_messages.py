"""Bookings that Calendly tells of, stored so that one which was moved stays one, whichever of its messages comes first.

The appointment is the first invitee's: its key, and the time at which it was booked. `BookingLink` remembers whose
successor an invitee is. What is cancelled for good stays so, because nobody can take a cancellation back over there.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from attribution.bookings import HEARD, Booking, calendly
from attribution.domain import AppointmentStatus
from attribution.models import Appointment, BookingLink, BookingSystem
from attribution.services.appointments import AppointmentReceipt, record_appointments
from attribution.services.booking_events import choose_external_id, choose_type, external_id, load_types
from calls.domain import AppointmentEvent, Message, RefusalReason
from calls.intake import ensure_weeks
from calls.partitions import week_of
from calls.selectors import ConnectionFacts
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic


def receive_booking(*, hook: ConnectionFacts, message: Message, now: datetime) -> list[AppointmentReceipt]:
    """One message. Raises `BadSignature`, or `Refused` with nothing stored."""
    bookings = calendly.parse(calendly.verify(message, hook.secret, now))
    ensure_weeks({week_of(now)})  # outside of the transaction that needs them
    with as_clinic(hook.clinic.id):
        # One message of a system at a time: two of one booking must see each other's links.
        row = BookingSystem.objects.select_for_update(no_key=True).filter(pk=hook.id).first()
        receipts = [receipt for booking in bookings for receipt in _store(hook.clinic, booking, now)]
        if row is not None:
            _note(row, receipts, now)
    return receipts


def _store(clinic: ClinicFacts, booking: Booking, now: datetime) -> list[AppointmentReceipt]:
    # Ids of Calendly are random. One that holds a number by chance is hashed, which no other message could know of.
    key = choose_external_id(clinic.id, HEARD, booking.key, booking.numbers)
    was_cancelled = False
    if booking.earlier:
        was_cancelled |= _link(clinic, key, external_id(HEARD, booking.earlier), now)
    if booking.later:
        was_cancelled |= _link(clinic, external_id(HEARD, booking.later), key, now)
    first = _first_of(clinic.id, key)
    row = Appointment.objects.filter(clinic_id=clinic.id, external_id=first).first()
    is_cancelled = booking.is_cancelled or was_cancelled
    if row is None:
        # Of one that was moved we know when it was moved and not when it was booked: the first one's own message tells.
        if first != key and not is_cancelled:
            return []
        return _record(clinic, [_event(clinic, booking, first, is_cancelled)], now)
    if not is_cancelled or row.status == AppointmentStatus.CANCELLED:
        return []
    return _record(clinic, [_cancellation(row)], now)


def _link(clinic: ClinicFacts, moved: str, earlier: str, now: datetime) -> bool:
    """Remembers that `moved` is `earlier`, moved. Whether the appointment is cancelled by what was stored under its
    later name, which counts no more."""
    first, top = _first_of(clinic.id, earlier), _first_of(clinic.id, moved)
    if first == top:
        BookingLink.objects.filter(clinic_id=clinic.id, first=first).update(seen_at=now)
        return False
    BookingLink.objects.filter(clinic_id=clinic.id, first=top).update(first=first, seen_at=now)
    BookingLink.objects.update_or_create(
        clinic_id=clinic.id, moved=top, defaults={"first": first, "seen_at": now}
    )  # fmt: skip
    row = Appointment.objects.filter(clinic_id=clinic.id, external_id=top).first()
    if row is None:
        return False
    if row.status != AppointmentStatus.CANCELLED:
        _record(clinic, [_cancellation(row)], now)
        return False
    return True


def _first_of(clinic_id: uuid.UUID, key: str) -> str:
    """The name under which its appointment is stored."""
    found = BookingLink.objects.filter(clinic_id=clinic_id, moved=key).values_list("first", flat=True).first()
    return found or key


def _event(clinic: ClinicFacts, booking: Booking, key: str, is_cancelled: bool) -> AppointmentEvent:
    return AppointmentEvent(
        external_id=key,
        booked_at=booking.booked_at,
        numbers=booking.numbers,
        type=choose_type(booking.labels, load_types(clinic.id)),
        value=booking.value if booking.currency == clinic.currency else None,
        status="cancelled" if is_cancelled else "booked",
    )


def _cancellation(row: Appointment) -> AppointmentEvent:
    """Of a repeat nothing counts but status and value."""
    return AppointmentEvent(row.external_id, row.booked_at, (), row.type, row.value, "cancelled")


def _record(clinic: ClinicFacts, events: Sequence[AppointmentEvent], now: datetime) -> list[AppointmentReceipt]:
    """Raises `Refused`, but for a booking that is older than the clinic keeps: it is no mistake of the message, and
    Calendly would send it for a day and then nothing any more."""
    receipts = record_appointments(clinic_id=clinic.id, events=events, now=now)
    for receipt in receipts:
        if receipt.refused is not None and receipt.refused.reason is not RefusalReason.TOO_OLD:
            raise receipt.refused
    return receipts


def _note(row: BookingSystem, receipts: Sequence[AppointmentReceipt], now: datetime) -> None:
    """What came last, for the page."""
    row.checked_at = row.last_read_at = now
    row.last_seen = len(receipts)
    row.last_new = sum(receipt.created for receipt in receipts)
    row.last_changed = sum(receipt.changed for receipt in receipts)
    row.last_left_out = sum(receipt.refused is not None for receipt in receipts)
    row.save(
        update_fields=["checked_at", "last_read_at", "last_seen", "last_new", "last_changed", "last_left_out"]
    )  # fmt: skip
