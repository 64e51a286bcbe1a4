"""What staff do: it shows at once, it can be undone by who did it, and what is over is left alone."""

import uuid
from datetime import timedelta

import pytest

from attribution import services
from attribution.domain import ActionKind, DismissReason
from attribution.models import StaffAction
from attribution.selectors import get_worklist
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, Desk, ago, make_desk
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


def act(desk: Desk, user_id: uuid.UUID | None, **what: object) -> uuid.UUID:
    details = what or {"kind": ActionKind.CALLED_BACK, "reached": True}
    return services.record_action(
        clinic_id=desk.clinic.id,
        opportunity_id=desk.opportunity.id,
        user_id=user_id,
        now=desk.now,
        **details,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("what", "status", "is_waiting"),
    [
        ({"kind": ActionKind.CALLED_BACK, "reached": True}, "reached", False),
        ({"kind": ActionKind.CALLED_BACK, "reached": False}, "attempted", True),
        ({"kind": ActionKind.DISMISSED, "reason": DismissReason.SPAM}, "dismissed", False),
    ],
)
def test_what_was_done_shows_at_once(
    desk: Desk, bob: uuid.UUID, what: dict[str, object], status: str, is_waiting: bool
) -> None:
    act(desk, bob, **what)
    assert desk.opportunity.status == status
    assert bool(get_worklist(desk.clinic, desk.now).rows) == is_waiting
    services.rebuild_days(clinic_id=desk.clinic.id, now=desk.now)
    assert desk.day(desk.now).get("called_back", 0) == (what["kind"] is ActionKind.CALLED_BACK)


def test_undoing_is_as_if_it_had_never_been(desk: Desk, bob: uuid.UUID) -> None:
    before = desk.snapshot()
    action_id = act(desk, bob)
    services.undo_action(
        clinic_id=desk.clinic.id, action_id=action_id, user_id=bob, now=desk.now + timedelta(minutes=10)
    )
    services.rebuild_days(clinic_id=desk.clinic.id, now=desk.now)
    assert desk.snapshot() == before
    with pytest.raises(services.UnknownAction):
        services.undo_action(clinic_id=desk.clinic.id, action_id=action_id, user_id=bob, now=desk.now)


@pytest.mark.parametrize(("is_bob", "minutes"), [(False, 0), (True, 10.1)])
def test_only_who_did_it_can_undo_it_and_not_for_long(desk: Desk, bob: uuid.UUID, is_bob: bool, minutes: float) -> None:
    action_id = act(desk, bob)
    with pytest.raises(services.NotUndoable):
        services.undo_action(
            clinic_id=desk.clinic.id,
            action_id=action_id,
            user_id=bob if is_bob else uuid.uuid4(),
            now=desk.now + timedelta(minutes=minutes),
        )
    assert desk.opportunity.status == "reached"


def test_what_is_over_is_left_alone(desk: Desk, bob: uuid.UUID) -> None:
    act(desk, bob, kind=ActionKind.DISMISSED, reason=DismissReason.SPAM)
    with pytest.raises(services.OpportunityClosed):
        act(desk, bob)
    with as_clinic(desk.clinic.id):
        assert StaffAction.objects.count() == 1


def test_what_has_run_out_unnoticed_is_over_too(desk: Desk, bob: uuid.UUID) -> None:
    desk.now += timedelta(days=3)
    with pytest.raises(services.OpportunityClosed):
        act(desk, bob)


def test_nobody_acts_on_another_clinics_caller(desk: Desk) -> None:
    other = make_desk("Oak Street")
    with pytest.raises(services.UnknownOpportunity):
        services.record_action(
            clinic_id=other.clinic.id,
            opportunity_id=desk.opportunity.id,
            kind=ActionKind.CALLED_BACK,
            reached=True,
            user_id=None,
            now=desk.now,
        )
    assert desk.opportunity.status == "open"


@pytest.mark.parametrize(
    "what",
    [
        {"kind": ActionKind.CALLED_BACK},
        {"kind": ActionKind.CALLED_BACK, "reached": True, "reason": DismissReason.SPAM},
        {"kind": ActionKind.DISMISSED},
        {"kind": ActionKind.DISMISSED, "reached": False, "reason": DismissReason.SPAM},
    ],
)
def test_an_action_has_what_its_kind_needs_and_no_more(desk: Desk, bob: uuid.UUID, what: dict[str, object]) -> None:
    with pytest.raises(services.BadAction):
        act(desk, bob, **what)


def test_a_phone_system_whose_clock_is_ahead_can_be_called_back(desk: Desk, bob: uuid.UUID) -> None:
    desk.call(ago(minutes=-3))
    desk.attribute()
    act(desk, bob)
    assert desk.opportunity.status == "reached"


def test_a_machine_acts_without_a_person(desk: Desk) -> None:
    act(desk, None)
    with as_clinic(desk.clinic.id):
        assert StaffAction.objects.get(caller=AMBER).user_id is None
