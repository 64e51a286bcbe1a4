"""Who calls whom: colleagues see it, it ends by itself, and nobody is marked as called back twice by accident."""

import uuid
from datetime import timedelta

import pytest

from attribution import services
from attribution.domain import ActionKind, ClaimFacts
from attribution.models import Claim, StaffAction
from attribution.selectors import get_worklist
from attribution.selectors.worklist import CLAIM_LASTS, initials_of
from tenants.domain import Role
from tenants.models import User
from tenants.scope import as_clinic
from tenants.services import add_member
from tests.attribution.clinics import Desk, ago, make_desk
from tests.tenants.factories import bob as make_bob

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    desk = make_desk()
    desk.call(ago(hours=3))
    desk.attribute()
    return desk


@pytest.fixture
def bob(desk: Desk) -> uuid.UUID:
    return make_bob(desk.clinic).id


@pytest.fixture
def maya(desk: Desk) -> uuid.UUID:
    add_member(clinic_id=desk.clinic.id, email="maya@bright-smile.example", role=Role.MANAGER)
    return User.objects.get(email="maya@bright-smile.example").id


def claim(desk: Desk, user_id: uuid.UUID, later: timedelta = timedelta()) -> None:
    services.claim_caller(
        clinic_id=desk.clinic.id, opportunity_id=desk.opportunity.id, user_id=user_id, now=desk.now + later
    )


def shown_to(desk: Desk, viewer: uuid.UUID, later: timedelta = timedelta()) -> ClaimFacts | None:
    [row] = get_worklist(desk.clinic, desk.now + later, viewer=viewer).rows
    return row.claim


def reach(desk: Desk, user_id: uuid.UUID, seen_after: timedelta | None, after: timedelta = timedelta()) -> uuid.UUID:
    return services.record_action(
        clinic_id=desk.clinic.id,
        opportunity_id=desk.opportunity.id,
        kind=ActionKind.CALLED_BACK,
        reached=True,
        user_id=user_id,
        now=desk.now + after,
        seen_at=None if seen_after is None else desk.now + seen_after,
    )


def test_colleagues_see_who_calls(desk: Desk, maya: uuid.UUID, bob: uuid.UUID) -> None:
    assert shown_to(desk, bob) is None
    before = get_worklist(desk.clinic, desk.now, viewer=maya).version
    claim(desk, bob)
    mine, theirs = shown_to(desk, bob), shown_to(desk, maya)
    assert mine is not None and mine.is_mine
    assert theirs is not None and not theirs.is_mine and theirs.initials
    assert get_worklist(desk.clinic, desk.now, viewer=maya).version != before  # an open page is told


def test_a_colleague_can_take_over_and_the_first_can_no_longer_let_go(
    desk: Desk, maya: uuid.UUID, bob: uuid.UUID
) -> None:
    claim(desk, bob)
    claim(desk, maya)
    services.release_caller(clinic_id=desk.clinic.id, opportunity_id=desk.opportunity.id, user_id=bob)
    claimed = shown_to(desk, maya)
    assert claimed is not None and claimed.is_mine
    services.release_caller(clinic_id=desk.clinic.id, opportunity_id=desk.opportunity.id, user_id=maya)
    assert shown_to(desk, maya) is None


def test_whoever_is_shown_a_number_has_taken_the_caller_on_unless_a_colleague_has(
    desk: Desk, maya: uuid.UUID, bob: uuid.UUID
) -> None:
    what = {"clinic_id": desk.clinic.id, "opportunity_id": desk.opportunity.id}
    services.claim_if_free(**what, user_id=bob, now=desk.now)
    services.claim_if_free(**what, user_id=maya, now=desk.now + timedelta(minutes=1))
    claimed = shown_to(desk, bob)
    assert claimed is not None and claimed.is_mine
    later = CLAIM_LASTS + timedelta(seconds=1)  # Bob's is worth nothing any more
    services.claim_if_free(**what, user_id=maya, now=desk.now + later)
    claimed = shown_to(desk, maya, later)
    assert claimed is not None and claimed.is_mine


def test_it_ends_by_itself(desk: Desk, bob: uuid.UUID) -> None:
    claim(desk, bob)
    assert shown_to(desk, bob, CLAIM_LASTS) is not None
    assert shown_to(desk, bob, CLAIM_LASTS + timedelta(seconds=1)) is None


def test_what_is_done_ends_it(desk: Desk, bob: uuid.UUID) -> None:
    claim(desk, bob)
    reach(desk, bob, None)
    with as_clinic(desk.clinic.id):
        assert not Claim.objects.exists()
    with pytest.raises(services.OpportunityClosed):
        claim(desk, bob)


def test_nobody_claims_what_is_not_there(desk: Desk, bob: uuid.UUID) -> None:
    with pytest.raises(services.UnknownOpportunity):
        services.claim_caller(clinic_id=desk.clinic.id, opportunity_id=uuid.uuid4(), user_id=bob, now=desk.now)


def test_what_a_colleague_did_since_the_list_was_made_is_not_done_again(
    desk: Desk, maya: uuid.UUID, bob: uuid.UUID
) -> None:
    reach(desk, maya, None, timedelta(seconds=1))
    with pytest.raises(services.TakenCareOf):
        reach(desk, bob, timedelta(), timedelta(seconds=2))
    with as_clinic(desk.clinic.id):
        assert StaffAction.objects.count() == 1


def test_what_the_list_showed_already_can_be_added_to(desk: Desk, maya: uuid.UUID, bob: uuid.UUID) -> None:
    reach(desk, maya, None, timedelta(seconds=1))
    reach(desk, bob, timedelta(seconds=3), timedelta(seconds=4))
    reach(desk, bob, timedelta(seconds=3), timedelta(seconds=5))  # one's own last click is known to oneself
    with as_clinic(desk.clinic.id):
        assert StaffAction.objects.count() == 3


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Bob O’Neil", "BO"), ("Ana Maria da Silva", "AS"), ("maya", "M"), ("omar@bright-smile.example", "O"), ("", "")],
)
def test_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials
