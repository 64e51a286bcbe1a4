"""Which clinics have work waiting, before any clinic's scope is open; never what the work is."""

import uuid
from datetime import datetime

from attribution.rollups import clinics_with_days
from calls.changes import clinics_with_changes


def clinics_with_work(now: datetime) -> list[uuid.UUID]:
    """Those with changes to attribute or days to roll up, those that wait longest first."""
    return list(dict.fromkeys([*clinics_with_changes(now), *clinics_with_days()]))
