"""What types of appointments are worth to a clinic, and which types came without a price and have no value."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count

from attribution.domain import AppointmentStatus
from attribution.facts import TypeValue, UnvaluedType
from attribution.models import Appointment, TypeEstimate
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

MOST_TYPES = 20


class UnknownValue(LookupError):
    """The clinic has no such value."""


def list_values(clinic_id: uuid.UUID) -> Sequence[TypeValue]:
    """All of the clinic's, by name."""
    with as_clinic(clinic_id):
        rows = TypeEstimate.objects.filter(clinic_id=clinic_id).order_by("name", "code")
        return [TypeValue(row.id, row.code, row.name, row.value) for row in rows]


def get_value(clinic_id: uuid.UUID, value_id: uuid.UUID) -> TypeValue:
    """Raises `UnknownValue`."""
    with as_clinic(clinic_id):
        row = TypeEstimate.objects.filter(clinic_id=clinic_id, pk=value_id).first()
    if row is None:
        raise UnknownValue(str(value_id))
    return TypeValue(row.id, row.code, row.name, row.value)


def list_unvalued_types(clinic: ClinicFacts, now: datetime) -> Sequence[UnvaluedType]:
    """The most frequent first; of those appointments that are still held and were not cancelled."""
    with as_clinic(clinic.id):
        known = TypeEstimate.objects.filter(clinic_id=clinic.id).values("code")
        without = Appointment.objects.filter(
            clinic_id=clinic.id, booked_at__gte=clinic.visible_from(now), status=AppointmentStatus.BOOKED, value=None
        )
        types = without.exclude(type="").exclude(type__in=known).values_list("type")
        counted = types.annotate(total=Count("id")).order_by("-total", "type")[:MOST_TYPES]
        return [UnvaluedType(code, total) for code, total in counted]
