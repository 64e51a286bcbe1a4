"""Plays a made-up history through the real doors: intake, appointments, the desk and the rules; writes no row itself.

Each chapter is played with the time at which it ended, so that the desk acts on what was open then.
"""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime

from attribution import services
from attribution.demo import Chapter, DeskAction
from attribution.models import Opportunity
from calls.callers import find_caller
from calls.domain import CallEvent
from calls.formats import ReadRow
from calls.imports import ImportOptions, import_calls
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

NOBODY = uuid.UUID(int=0)


def play_history(
    *,
    clinic: ClinicFacts,
    chapters: Iterable[Chapter],
    user_id: uuid.UUID | None,
    now: datetime,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """`user_id` is who sits at the desk. At the end all is attributed, and all days are written."""
    for chapter in chapters:
        rows = (ReadRow[CallEvent](line, event) for line, event in enumerate(chapter.calls, 1))
        import_calls(clinic=clinic, events=rows, options=ImportOptions(clinic.region), now=chapter.until)
        services.record_appointments(clinic_id=clinic.id, events=chapter.appointments, now=chapter.until)
        _attribute(clinic.id, chapter.until)
        for action in chapter.actions:
            _act(clinic, action, user_id, chapter.until)
        progress()
    settle_figures(clinic_id=clinic.id, now=now)


def settle_figures(*, clinic_id: uuid.UUID, now: datetime) -> None:
    """Does at once what workers do in the background: afterwards the first page is right."""
    _attribute(clinic_id, now)
    while services.lapse_due(clinic_id=clinic_id, now=now):
        pass
    services.rebuild_days(clinic_id=clinic_id, now=now)
    services.close_books(clinic_id=clinic_id, now=now)


def _attribute(clinic_id: uuid.UUID, now: datetime) -> None:
    while services.attribute_changes(clinic_id=clinic_id, now=now):
        pass


def _act(clinic: ClinicFacts, action: DeskAction, user_id: uuid.UUID | None, now: datetime) -> None:
    """Passes over a caller who does not wait any more: somebody has called back in the meantime."""
    with as_clinic(clinic.id):
        caller = find_caller(clinic_id=clinic.id, e164=action.number, now=now)
        found = Opportunity.objects.filter(clinic_id=clinic.id, caller=caller or NOBODY).order_by("-opened_at").first()
    if found is None or found.closed_at is not None or found.deadline < now:
        return
    services.record_action(
        clinic_id=clinic.id,
        opportunity_id=found.id,
        kind=action.kind,
        reached=action.reached,
        reason=action.reason,
        user_id=user_id,
        now=now,
        actor=None,
    )
