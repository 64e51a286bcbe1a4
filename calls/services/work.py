"""Work that was set aside after too many tries: tried again, or given up."""

import uuid
from collections.abc import Sequence

from calls.models import Change
from tenants import audit
from tenants.events import Actor, Event
from tenants.scope import as_clinic


def retry_work(*, clinic_id: uuid.UUID, ids: Sequence[int], actor: Actor) -> int:
    """Work that was set aside has its tries again; returns how much of it."""
    with as_clinic(clinic_id):
        aside = Change.objects.filter(clinic_id=clinic_id, pk__in=ids, set_aside_at__isnull=False)
        count = aside.update(set_aside_at=None, not_before=None, tries=0, problem="")
        if count:
            audit.record(Event.WORK_RETRIED, actor=actor, clinic_id=clinic_id, count=count)
    return count


def give_up_work(*, clinic_id: uuid.UUID, ids: Sequence[int], actor: Actor) -> int:
    """Work that was set aside is not done; returns how much. A new message, or a rebuild, makes it anew."""
    with as_clinic(clinic_id):
        count, _ = Change.objects.filter(clinic_id=clinic_id, pk__in=ids, set_aside_at__isnull=False).delete()
        if count:
            audit.record(Event.WORK_GIVEN_UP, actor=actor, clinic_id=clinic_id, count=count)
    return count
