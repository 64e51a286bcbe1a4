"""Turns bookings into appointment events: external ids, types that the clinic lists, values, and numbers asked for.

A type is stored only if the clinic has listed its id or its name under Values: what else stands there could be about
somebody's health. A booking's id has its system's kind and tag before it: two systems never mean the same appointment,
also of one kind, which may count from 1 in every office.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from attribution.bookings import BadAnswer, Booking, Details
from attribution.models import Appointment, TypeEstimate
from attribution.selectors.bookings import SystemFacts
from attribution.services.booking_asking import Asker
from calls.domain import AppointmentEvent
from calls.hashing import call_id, contains_number
from calls.keystore import call_key
from tenants.scope import as_clinic

OTHER_TYPE = "other"
MAX_EXTERNAL_ID = 64
Known = Mapping[str, Decimal | None]  # values by external id


def origin_of(kind: str, system_id: uuid.UUID) -> str:
    """What stands before the ids of a system that is asked."""
    return f"{kind}:{system_id.hex[:8]}"


def external_id(origin: str, key: str) -> str:
    """The id of an appointment for the booking system's own id of it."""
    return f"{origin}:{key}"


def hashed_external_id(clinic_id: uuid.UUID, origin: str, key: str) -> str:
    """The same for an id that would give a number away, or is too long; keyed, and no way back."""
    return f"{origin}:#{call_id(call_key(clinic_id), clinic_id, f'booking/{origin}', key).hex}"


def choose_external_id(clinic_id: uuid.UUID, origin: str, key: str, numbers: Iterable[str]) -> str:
    """The hashed one where the plain one holds digits of a number."""
    plain = external_id(origin, key)
    if len(plain) > MAX_EXTERNAL_ID or any(contains_number(plain, number) for number in numbers):
        return hashed_external_id(clinic_id, origin, key)
    return plain


def find_values(clinic_id: uuid.UUID, ids: Sequence[str]) -> dict[str, Decimal | None]:
    """Which of these appointments there are, and what they are worth."""
    with as_clinic(clinic_id):
        rows = Appointment.objects.filter(clinic_id=clinic_id, external_id__in=ids)
        return dict(rows.values_list("external_id", "value"))


def load_types(clinic_id: uuid.UUID) -> dict[str, str]:
    """The clinic's codes of types, by code and by name, in lower case."""
    with as_clinic(clinic_id):
        rows = list(TypeEstimate.objects.filter(clinic_id=clinic_id).order_by("code").values_list("code", "name"))
    return {name.casefold(): code for code, name in rows} | {code.casefold(): code for code, _ in rows}


def choose_type(labels: Sequence[str], types: Mapping[str, str]) -> str:
    """The first that the clinic has listed; "other" where it has listed none of them, and "" where there was none."""
    for label in labels:
        code = types.get(label.casefold())
        if code is not None:
            return code
    return OTHER_TYPE if labels else ""


class EventMaker:
    """Makes events of one system's bookings. Of one that is known only status and value are made again."""

    def __init__(self, facts: SystemFacts, asker: Asker) -> None:
        self._clinic = clinic = facts.clinic
        self._origin = origin_of(facts.kind, facts.id)
        self._asker = asker
        self._credentials = facts.credentials
        self._types = load_types(clinic.id)

    def known_values(self, bookings: Sequence[Booking]) -> Known:
        """Those of the bookings that are appointments already, under whichever of their two ids."""
        keys = [booking.key for booking in bookings]
        ids = [make(key) for key in keys for make in (self._plain, self._hashed)]
        return find_values(self._clinic.id, ids)

    def is_known(self, booking: Booking, known: Known) -> bool:
        return self._known_id(booking, known) is not None

    def make(self, booking: Booking, known: Known) -> AppointmentEvent | None:
        """None for what says something of a booking that nobody knows. Raises what asking raises."""
        known_id = self._known_id(booking, known)
        if known_id is None and booking.only_known:
            return None
        details = self._details(booking)
        numbers = self._asker.numbers_of(booking.patient) if known_id is None and booking.patient else ()
        is_cancelled = booking.is_cancelled if details.is_cancelled is None else details.is_cancelled
        value = details.value
        if known_id is not None and value is None:
            value = known[known_id]  # nothing was said about it
        return AppointmentEvent(
            external_id=known_id or choose_external_id(self._clinic.id, self._origin, booking.key, numbers),
            booked_at=booking.booked_at,
            numbers=numbers,
            type=choose_type(details.labels, self._types),
            value=value,
            status="cancelled" if is_cancelled else "booked",
        )

    def _details(self, booking: Booking) -> Details:
        if booking.only_known:
            return Details()
        try:
            return self._asker.reader.read_details(booking, self._asker.find, self._credentials)
        except BadAnswer:  # of one type, or of one appointment's procedures: no reason to leave the appointment out
            return Details(booking.labels)

    def _plain(self, key: str) -> str:
        return external_id(self._origin, key)

    def _hashed(self, key: str) -> str:
        return hashed_external_id(self._clinic.id, self._origin, key)

    def _known_id(self, booking: Booking, known: Known) -> str | None:
        return next((name for make in (self._plain, self._hashed) if (name := make(booking.key)) in known), None)
