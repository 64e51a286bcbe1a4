"""Whatever Bright Smile has, no page shows it to Charlie of Oak Street: every list leaves it out."""

import uuid

import pytest
from django.utils import timezone

from attribution.models import Appointment, TypeEstimate
from calls.models import Call, Connection, SavedMapping
from tenants import audit
from tenants.domain import Scope
from tenants.events import SYSTEM, Event
from tenants.models import Invitation
from tenants.scope import as_clinic
from tenants.services import create_api_key
from tests.access.doors import CLINIC_DOORS, PERSON_DOORS
from tests.access.ours import fill_in
from tests.access.people import Town, found_town
from tests.access.test_matrix import ADDRESSES, knock
from tests.tenants.tenant_tables import build_row

pytestmark = pytest.mark.django_db
MARK = "zanzibar"
PAGES = [name for name, door in CLINIC_DOORS.items() if "GET" in door.methods]
PAGES += [name for name, methods in PERSON_DOORS.items() if "GET" in methods and name != "account_logout"]


@pytest.fixture
def town() -> Town:
    town = found_town()
    clinic_id = town.clinic.id
    with as_clinic(clinic_id):
        rows = [build_row(model, clinic_id) for model in (Connection, TypeEstimate, Invitation, SavedMapping)]
        for row in rows:
            for field in ("name", "code"):
                if hasattr(row, field):
                    setattr(row, field, MARK)
            if isinstance(row, Invitation):
                row.email = f"{MARK}@bright-smile.example"
            row.save(force_insert=True)
        create_api_key(clinic_id=clinic_id, name=MARK, scopes=list(Scope), now=timezone.now())
        audit.record(Event.CLINIC_CHANGED, actor=SYSTEM, clinic_id=clinic_id, target=MARK, word=MARK)
        for model, field in ((Call, "line"), (Appointment, "type")):
            row = build_row(model, clinic_id)
            setattr(row, field, MARK)
            for at in ("started_at", "booked_at"):
                if hasattr(row, at):
                    setattr(row, at, timezone.now())
            row.save(force_insert=True)
    return town


def strings_of(town: Town) -> list[str]:
    """All that would give Bright Smile away."""
    people = [person.email for who, person in town.people.items() if who not in ("charlie", "staff", "stranger")]
    ids: list[uuid.UUID] = [town.clinic.id, town.people["admin"].id]
    return [MARK, town.clinic.name, town.clinic.slug, *people, *(str(one) for one in ids)]


def test_the_marks_can_be_seen_by_their_owner(town: Town) -> None:
    """Else the next test would find nothing because there is nothing."""
    shown = b"".join(
        knock(town.client("admin"), "GET", fill_in(ADDRESSES[name], town)).content
        for name in PAGES
        if not ADDRESSES[name].arguments
    )
    assert shown.count(MARK.encode()) >= 5


@pytest.mark.parametrize("name", PAGES)
def test_no_page_shows_the_other_clinic(name: str, town: Town) -> None:
    answer = knock(town.client("charlie"), "GET", fill_in(ADDRESSES[name], town))
    text = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code < 500
    assert [word for word in strings_of(town) if word.encode() in text] == []
