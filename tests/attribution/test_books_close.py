"""Books close: a late event changes nothing that is closed, and older history is written exactly once."""

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from attribution import services
from attribution.domain import ActionKind, AppointmentStatus
from attribution.models import CallerBooks
from calls.models import Change
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, BRAMBLE, COPPER, Desk, ago, make_desk

pytestmark = pytest.mark.django_db
D = timedelta(days=1)


@pytest.fixture
def desk(db: None) -> Desk:
    """A caller was won back 61 days ago, and all of that was written at the time."""
    desk = make_desk()
    desk.now = ago(days=50)
    desk.call(ago(days=61))
    desk.call_back(ago(days=61, hours=-1))
    desk.book(ago(days=61, hours=-2), value=Decimal(70), key="B1")
    desk.attribute()
    desk.now = ago()
    return desk


def closed(desk: Desk) -> tuple[Any, Any]:
    """What must not change: figures of closed days and opportunities opened on them."""
    days = [desk.day(ago(days=61) + number * D) for number in range(-20, 1)]
    return days, [one for one in desk.snapshot()[0] if one["opened_at"] < ago(days=60)]


@pytest.mark.parametrize("is_closed_by_night", [True, False])
@pytest.mark.parametrize("days", [61.5, 61, 60.9])
def test_a_late_event_changes_nothing_that_is_closed(desk: Desk, days: float, is_closed_by_night: bool) -> None:
    if is_closed_by_night:
        assert services.close_books(clinic_id=desk.clinic.id, now=desk.now) == 1
    else:
        with as_clinic(desk.clinic.id):
            assert not CallerBooks.objects.exists()
    before = {**closed(desk)[1][0], "is_settled": True}, closed(desk)[0]
    for caller in (AMBER, BRAMBLE):
        desk.call(ago(days=days), caller)
        desk.call_back(ago(days=days, hours=-3), caller)
        desk.act(ago(days=days, hours=-4), caller, ActionKind.DISMISSED, None, "spam")
        desk.book(ago(days=days, hours=-3.5), caller)
    desk.attribute()
    after = closed(desk)
    assert (after[1], after[0]) == ([before[0]], before[1])
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=desk.now)
    after = closed(desk)
    assert (after[1], after[0]) == ([before[0]], before[1])
    assert desk.call_count() == 6  # stored they are


def test_a_cancellation_that_comes_too_late_takes_nothing_back(desk: Desk) -> None:
    services.change_appointment(
        clinic_id=desk.clinic.id, external_id="B1", status=AppointmentStatus.CANCELLED, now=desk.now
    )
    desk.attribute()
    assert (desk.opportunity.status, desk.opportunity.is_settled) == ("recovered", True)
    assert desk.day(ago(days=61))["recovered_value"] == Decimal(70)


def test_the_purge_of_the_calls_leaves_the_figures(desk: Desk) -> None:
    services.close_books(clinic_id=desk.clinic.id, now=desk.now)
    before = closed(desk)
    desk.now = ago(days=-30)  # the calls are past the clinic's limit by now
    desk.leave(AMBER, desk.local(ago(days=61)))
    desk.attribute()
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=desk.now)
    assert closed(desk) == before


def test_what_comes_after_the_books_is_walked_as_ever(desk: Desk) -> None:
    services.close_books(clinic_id=desk.clinic.id, now=desk.now)
    booking = desk.book(ago(days=59))
    desk.call(ago(days=2))
    desk.call_back(ago(days=1))
    won = desk.book(ago(hours=3))
    desk.attribute()
    assert desk.verdict(booking) == ("unattributed", "already_recovered")
    assert desk.verdict(won) == ("recovered", "callback")
    assert [one.is_settled for one in desk.opportunities()] == [True, False]


def test_a_day_of_sixty_days_is_still_open(desk: Desk) -> None:
    desk.now = ago(days=50)
    desk.call(ago(days=60), BRAMBLE)
    desk.attribute()
    desk.now = ago()
    desk.call(ago(days=60), COPPER)
    desk.attribute()
    assert desk.day(ago(days=60))["missed"] == 2


def test_older_history_is_written_once(db: None) -> None:
    desk = make_desk()
    desk.call(ago(days=70))
    desk.call(ago(days=70), BRAMBLE)
    desk.attribute()
    assert desk.day(ago(days=70))["missed"] == 2
    assert [one.status for one in desk.opportunities()] == ["lapsed", "lapsed"]
    before = desk.snapshot()[2]
    desk.call(ago(days=70), COPPER)
    desk.call(ago(days=69), COPPER)
    desk.attribute()
    written = desk.snapshot()[2]
    assert [day for day in written if day["on"] == desk.local(ago(days=70))] == before
    assert desk.day(ago(days=69))["missed"] == 1  # nobody had written that one
    assert [one.caller for one in desk.opportunities() if one.opened_at == ago(days=70)] == sorted([AMBER, BRAMBLE])


def test_older_history_is_not_written_while_more_of_it_is_coming(db: None) -> None:
    desk = make_desk()
    desk.call(ago(days=70))
    desk.call(ago(days=2))
    desk.call(ago(days=70), BRAMBLE)
    with as_clinic(desk.clinic.id):
        Change.objects.filter(caller=BRAMBLE).update(not_before=desk.now + D)
    desk.attribute()
    assert (desk.day(ago(days=70)), desk.day(ago(days=2))["missed"]) == ({}, 1)
    with as_clinic(desk.clinic.id):
        Change.objects.update(not_before=None)
    desk.attribute()
    assert desk.day(ago(days=70))["opportunities"] == 2


def test_what_was_set_aside_does_not_keep_history_waiting(db: None) -> None:
    desk = make_desk()
    desk.call(ago(days=70))
    desk.call(ago(days=70), BRAMBLE)
    with as_clinic(desk.clinic.id):
        Change.objects.filter(caller=BRAMBLE).update(set_aside_at=desk.now)
    desk.attribute()
    assert desk.day(ago(days=70))["opportunities"] == 1


def test_a_clinic_that_keeps_less_closes_sooner(db: None) -> None:
    desk = make_desk(retention_days=30)
    desk.now = ago(days=20)
    desk.call(ago(days=24))
    desk.call(ago(days=23), BRAMBLE)
    desk.attribute()
    desk.now = ago()
    assert services.close_books(clinic_id=desk.clinic.id, now=desk.now) == 1
    assert {one.caller for one in desk.opportunities() if one.is_settled} == {AMBER}


def test_none_is_settled_unfinished(db: None) -> None:
    """A clinic has just chosen to keep less."""
    desk = make_desk()
    rules = services.current_rules(desk.clinic.id)
    longest = dataclasses.replace(rules, callback_window=14 * D, booking_window=30 * D)
    services.set_rules(clinic_id=desk.clinic.id, rules=longest, now=ago(days=80))
    desk.call(ago(days=30))
    desk.call_back(ago(days=29))
    desk.attribute()
    assert desk.opportunity.status == "reached"
    desk.set(retention_days=31)
    services.close_books(clinic_id=desk.clinic.id, now=desk.now)
    assert (desk.opportunity.is_settled, desk.opportunity.status) == (True, "lapsed")


def test_a_day_without_anything_is_not_closed_by_a_rebuild(db: None) -> None:
    desk = make_desk()
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=desk.now)
    desk.call(ago(days=70))
    desk.attribute()
    assert desk.day(ago(days=70))["missed"] == 1
