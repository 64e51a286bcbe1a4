"""What an appointment of a type is worth when it comes without a price: added, changed and removed by the clinic.

Nothing that was recovered before is estimated again. It refuses a second value for a type, and text that could be
about somebody.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from attribution.models import TypeEstimate
from attribution.selectors.values import UnknownValue
from tenants import audit
from tenants.events import Actor, Event
from tenants.labels import find_fault
from tenants.scope import as_clinic

MOST = Decimal("9999999.99")
LONGEST_CODE, LONGEST_NAME = 40, 80


class BadValue(ValueError):
    """It can't be stored; `field` says which one, the message why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class NewValue:
    """A type and what it is to be worth."""

    code: str
    name: str
    value: Decimal


def add_value(*, clinic_id: uuid.UUID, code: str, name: str, value: Decimal, actor: Actor) -> uuid.UUID:
    """A value for a type that has none; returns its id. Raises `BadValue`."""
    _require_label("code", code, LONGEST_CODE)
    _require(name, value)
    with as_clinic(clinic_id):
        row, is_new = TypeEstimate.objects.get_or_create(
            clinic_id=clinic_id, code=code, defaults={"name": name, "value": value}
        )
        if not is_new:
            raise BadValue("code", "This type has a value already. Change that one.")
        audit.record(Event.VALUE_SET, actor=actor, clinic_id=clinic_id, target=code, after=_details(row))
    return row.id


def add_values(*, clinic_id: uuid.UUID, values: Sequence[NewValue], actor: Actor) -> int:
    """Values for types that have none, all or nothing; how many. Those that have one meanwhile keep it. Raises
    `BadValue`, whose `field` ends with the place of the value."""
    for place, one in enumerate(values):
        try:
            _require_label("code", one.code, LONGEST_CODE)
            _require(one.name, one.value)
        except BadValue as problem:
            raise BadValue(f"{problem.field}_{place}", str(problem)) from problem
    with as_clinic(clinic_id):
        known = set(TypeEstimate.objects.filter(clinic_id=clinic_id).values_list("code", flat=True))
        rows = [
            TypeEstimate(clinic_id=clinic_id, code=one.code, name=one.name, value=one.value)
            for one in values
            if one.code not in known
        ]
        if not rows:
            return 0
        TypeEstimate.objects.bulk_create(rows)
        after = {row.code: _details(row) for row in rows}
        audit.record(Event.VALUE_SET, actor=actor, clinic_id=clinic_id, target=clinic_id, after=after)
    return len(rows)


def change_value(*, clinic_id: uuid.UUID, value_id: uuid.UUID, name: str, value: Decimal, actor: Actor) -> bool:
    """Another name or value; False when nothing is different. Raises `BadValue` and `UnknownValue`."""
    _require(name, value)
    with as_clinic(clinic_id):
        row = _find(clinic_id, value_id)
        before = _details(row)
        if (row.name, row.value) == (name, value):
            return False
        row.name, row.value = name, value
        row.save(update_fields=["name", "value"])
        audit.record(
            Event.VALUE_SET, actor=actor, clinic_id=clinic_id, target=row.code, **audit.changes(before, _details(row))
        )
    return True


def remove_value(*, clinic_id: uuid.UUID, value_id: uuid.UUID, actor: Actor) -> None:
    """Its type counts for the clinic's default from now on. Raises `UnknownValue`."""
    with as_clinic(clinic_id):
        row = _find(clinic_id, value_id)
        row.delete()
        audit.record(Event.VALUE_REMOVED, actor=actor, clinic_id=clinic_id, target=row.code, before=_details(row))


def _find(clinic_id: uuid.UUID, value_id: uuid.UUID) -> TypeEstimate:
    row = TypeEstimate.objects.select_for_update(no_key=True).filter(clinic_id=clinic_id, pk=value_id).first()
    if row is None:
        raise UnknownValue(str(value_id))
    return row


def _require(name: str, value: Decimal) -> None:
    _require_label("name", name, LONGEST_NAME)
    if not (value.is_finite() and 0 <= value <= MOST and value == round(value, 2)):
        raise BadValue("value", "An amount from 0 to 9,999,999.99, with at most two decimals.")


def _require_label(field: str, text: str, longest: int) -> None:
    fault = f"At most {longest} characters." if len(text) > longest else find_fault(text)
    if fault:
        raise BadValue(field, fault)


def _details(row: TypeEstimate) -> dict[str, str]:
    return {"name": row.name, "value": str(row.value)}
