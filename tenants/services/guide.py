"""Writes how far a clinic is with getting started, where no other fact tells: steps settled by a person, and whether
the checklist is shown. It refuses to take a step back."""

import uuid
from collections.abc import Mapping

from tenants import audit
from tenants.domain import SettledStep
from tenants.events import Actor, Event
from tenants.models import Clinic
from tenants.scope import as_clinic


def settle_step(*, clinic_id: uuid.UUID, step: SettledStep, actor: Actor) -> bool:
    """Somebody has said that it is done; False when it was, or when there is no checklist any more."""
    with as_clinic(clinic_id):
        clinic = _lock(clinic_id)
        if not clinic.guide_open or step in clinic.guide_settled:
            return False
        Clinic.objects.filter(pk=clinic_id).update(**with_step(clinic, step))
        audit.record(Event.GUIDE_STEP_SETTLED, actor=actor, clinic_id=clinic_id, target=clinic_id, step=step.value)
    return True


def end_guide(*, clinic_id: uuid.UUID, is_done: bool, actor: Actor) -> bool:
    """The checklist goes away, for everybody of the clinic; False when it was away. `is_done`: nothing was left."""
    return _set_open(clinic_id, False, Event.GUIDE_ENDED, actor, is_done=is_done)


def show_guide(*, clinic_id: uuid.UUID, actor: Actor) -> bool:
    """It comes back; False when it was there."""
    return _set_open(clinic_id, True, Event.GUIDE_SHOWN, actor)


def with_step(clinic: Clinic, step: SettledStep) -> Mapping[str, list[str]]:
    """What a write that settles a step as well puts into the clinic's row."""
    return {"guide_settled": [*clinic.guide_settled, *([] if step in clinic.guide_settled else [step.value])]}


def _set_open(clinic_id: uuid.UUID, wanted: bool, event: Event, actor: Actor, **details: bool) -> bool:
    with as_clinic(clinic_id):
        if _lock(clinic_id).guide_open == wanted:
            return False
        Clinic.objects.filter(pk=clinic_id).update(guide_open=wanted)
        audit.record(event, actor=actor, clinic_id=clinic_id, target=clinic_id, **details)
    return True


def _lock(clinic_id: uuid.UUID) -> Clinic:
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
