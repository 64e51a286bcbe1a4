"""Follows a clinic through its first steps; the checklist goes away by itself when nothing is left to do."""

from collections.abc import Collection

from attribution.guide import Guide
from attribution.selectors.guide import get_guide
from tenants.domain import ClinicFacts
from tenants.events import SYSTEM
from tenants.permissions import Permission
from tenants.services import end_guide


def follow_guide(*, clinic: ClinicFacts, may: Collection[Permission]) -> Guide | None:
    """The checklist, for who can do something about it; None without a question where it was put away or finished.

    One that turns out to be finished is ended, and handed out this once more, so that a page can say so.
    """
    if not clinic.guide_open or Permission.CHANGE_SETTINGS not in may:
        return None
    guide = get_guide(clinic)
    if guide.is_done:
        end_guide(clinic_id=clinic.id, is_done=True, actor=SYSTEM)
    return guide
