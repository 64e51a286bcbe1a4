"""What a clinic's audit trail says, for tests to look at."""

import json
import uuid
from typing import Any

from tenants.events import Event
from tenants.models import AuditDetail, AuditEvent
from tenants.scope import as_clinic


def events(clinic_id: uuid.UUID, *wanted: Event) -> list[AuditEvent]:
    """The rows of these events, or all of them, in order."""
    with as_clinic(clinic_id):
        rows = AuditEvent.objects.filter(clinic_id=clinic_id).order_by("seq")
        return [row for row in rows if not wanted or row.action in wanted]


def details(row: AuditEvent) -> dict[str, Any]:
    with as_clinic(row.clinic_id):
        kept = AuditDetail.objects.get(clinic_id=row.clinic_id, seq=row.seq)
    read: dict[str, Any] = json.loads(kept.details)
    return read
