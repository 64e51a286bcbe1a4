"""Which clinics have work waiting, before any clinic's scope is open; never what the work is."""

import uuid
from datetime import datetime

from attribution import outbox
from attribution.rollups import clinics_with_days
from calls.changes import clinics_with_changes


def clinics_with_work(now: datetime) -> list[uuid.UUID]:
    """Those with changes to attribute or days to roll up, those that wait longest first."""
    return list(dict.fromkeys([*clinics_with_changes(now), *clinics_with_days()]))


def clinics_to_tell(now: datetime) -> list[uuid.UUID]:
    """Those with outgoing webhooks to which the day before is to be told now."""
    return outbox.clinics_with_digests(now)


def clinics_to_mail(now: datetime) -> list[uuid.UUID]:
    """Those in which somebody is to be sent a summary now."""
    return outbox.clinics_with_mail(now)
