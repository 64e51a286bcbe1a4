"""What attribution does when the floor below says that something happened; a door like the others, opened by `apps`."""

import uuid
from datetime import datetime

from django.dispatch import receiver

from attribution import services
from tenants.services import zone_changed


@receiver(zone_changed)
def recount_days(clinic_id: uuid.UUID, now: datetime, **_: object) -> None:
    """A call of half past midnight may be on another day now."""
    services.recount_open_days(clinic_id=clinic_id, now=now)
