"""What an appointment of a type is worth when it comes without a value; changes nothing that was recovered before."""

import uuid
from collections.abc import Iterable
from decimal import Decimal

from attribution.models import TypeEstimate
from tenants.scope import as_clinic


def set_estimates(*, clinic_id: uuid.UUID, estimates: Iterable[tuple[str, str, Decimal]]) -> None:
    """Code, name and value of types; a code that is known gets the new name and value."""
    with as_clinic(clinic_id):
        TypeEstimate.objects.bulk_create(
            [TypeEstimate(clinic_id=clinic_id, code=code, name=name, value=value) for code, name, value in estimates],
            update_conflicts=True,
            unique_fields=["clinic", "code"],
            update_fields=["name", "value"],
        )
