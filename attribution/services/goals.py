"""What a clinic wants to reach: set as a whole, on record once; null is no goal."""

import uuid

from attribution.models import Goals
from tenants import audit
from tenants.events import Actor, Event
from tenants.scope import as_clinic

MOST_RECOVERED = 100_000


class BadGoal(ValueError):
    """`field` is the goal that can't be."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def set_goals(
    *, clinic_id: uuid.UUID, in_time_percent: int | None, recovered_per_month: int | None, actor: Actor
) -> bool:
    """Exactly these from now on; False when that is so already. Raises `BadGoal`."""
    if in_time_percent is not None and not 1 <= in_time_percent <= 100:
        raise BadGoal("in_time_percent", "A share between 1 and 100 %.")
    if recovered_per_month is not None and not 1 <= recovered_per_month <= MOST_RECOVERED:
        raise BadGoal("recovered_per_month", f"A number between 1 and {MOST_RECOVERED:,}.")
    wanted = {"in_time_percent": in_time_percent, "recovered_per_month": recovered_per_month}
    with as_clinic(clinic_id):
        row, _ = Goals.objects.select_for_update().get_or_create(clinic_id=clinic_id)
        before = {name: getattr(row, name) for name in wanted}
        if before == wanted:
            return False
        Goals.objects.filter(clinic_id=clinic_id).update(**wanted)
        audit.record(
            Event.GOALS_CHANGED, actor=actor, clinic_id=clinic_id, target=clinic_id, **audit.changes(before, wanted)
        )
    return True
