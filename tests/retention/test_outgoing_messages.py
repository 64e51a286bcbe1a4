"""What was sent to other systems goes after 30 days, and with what it tells of; counted by a dry run, and logged."""

import uuid
from datetime import datetime, timedelta

import pytest

from attribution.models import OutgoingMessage
from retention import services
from retention.models import DeletionLog
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.retention.rows import MONDAY, add_opportunity, instant
from tests.tenants.factories import bright_smile
from tests.tenants.tenant_tables import target_of_scope

pytestmark = pytest.mark.django_db
NOW = instant(MONDAY, days=2, hours=3)


def add_message(clinic: ClinicFacts, at: datetime, opportunity_id: uuid.UUID | None = None) -> uuid.UUID:
    with as_clinic(clinic.id):
        row = OutgoingMessage.objects.create(
            clinic_id=clinic.id, target_id=target_of_scope(), event="test", subject=str(uuid.uuid4()), body={},
            created_at=at, not_before=at, opportunity_id=opportunity_id, caller=opportunity_id,
        )  # fmt: skip
    return row.id


def test_messages_go_by_age_and_with_their_opportunity() -> None:
    clinic = bright_smile(NOW, retention_days=60)
    recent = add_opportunity(clinic, NOW - timedelta(days=3), uuid.uuid4())
    expiring = add_opportunity(clinic, NOW - timedelta(days=61), uuid.uuid4())
    kept = {
        add_message(clinic, NOW - timedelta(days=29)),
        add_message(clinic, NOW - timedelta(days=2), recent.id),
    }
    add_message(clinic, NOW - timedelta(days=30, seconds=1))
    add_message(clinic, NOW - timedelta(days=1), expiring.id)  # was recovered yesterday, and goes with its evidence
    add_message(clinic, NOW - timedelta(days=1), uuid.uuid4())  # the opportunity was recomputed away, or erased
    foreseen = services.purge_expired(now=NOW, dry_run=True)
    assert [one.count for one in foreseen.deletions if one.what == "outgoing_messages"] == [3]
    services.purge_expired(now=NOW)
    with as_clinic(clinic.id):
        assert set(OutgoingMessage.objects.values_list("id", flat=True)) == kept
        logs = DeletionLog.objects.filter(what="outgoing_messages")
        assert list(logs.values_list("count", flat=True)) == [3]
