"""From events in the database to opportunities, verdicts and figures: the rules themselves are tested without one."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from attribution import services
from attribution.domain import ActionKind, AppointmentStatus
from calls.domain import Direction, Outcome
from tests.attribution.clinics import AMBER, BRAMBLE, COPPER, Desk, ago, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def test_a_missed_call_opens_an_opportunity(desk: Desk) -> None:
    desk.call(ago(hours=2))
    assert desk.attribute() == 1
    assert (desk.opportunity.status, desk.opportunity.attempts, desk.opportunity.caller) == ("open", 1, AMBER)
    assert desk.changes() == []


def test_the_whole_story_is_kept_as_evidence(desk: Desk) -> None:
    desk.estimate("NPE", "New patient exam", 95)
    for at in (ago(hours=20), ago(hours=19)):
        desk.call(at)
    desk.call_back(ago(hours=2))
    booking = desk.book(ago(hours=1), type="NPE")
    desk.attribute()
    won = desk.opportunity
    assert (won.status, won.attempts, won.callbacks, won.rule, won.rules_version) == ("recovered", 2, 1, "callback", 1)
    assert (won.opened_at, won.last_missed_at, won.called_back_at) == (ago(hours=20), ago(hours=19), ago(hours=2))
    assert (won.reached_at, won.contact_at, won.contact_kind) == (ago(hours=2), ago(hours=2), "callback")
    assert (won.contact_talk_seconds, won.booked_at, won.appointment_id) == (180, ago(hours=1), booking)
    assert (won.value, won.value_source) == (Decimal(95), "type_estimate")
    assert desk.verdict(booking) == ("recovered", "callback")


@pytest.mark.parametrize(
    ("own", "code", "value", "source"),
    [
        ("0.00", "NPE", "0.00", "appointment"),
        ("120.50", "NPE", "120.50", "appointment"),
        (None, "NPE", "95.00", "type_estimate"),
        (None, "other", "85.00", "clinic_default"),
    ],
)
def test_a_recovery_has_a_value_and_says_where_it_comes_from(
    desk: Desk, own: str | None, code: str, value: str, source: str
) -> None:
    desk.estimate("NPE", "New patient exam", 95)
    desk.call(ago(hours=3))
    desk.call_back(ago(hours=2))
    desk.book(ago(hours=1), type=code, value=own and Decimal(own))
    desk.attribute()
    assert (desk.opportunity.value, desk.opportunity.value_source) == (Decimal(value), source)


def test_an_estimate_that_changes_does_not_change_what_was_won_before(desk: Desk) -> None:
    desk.estimate("NPE", "New patient exam", 95)
    desk.call(ago(hours=3))
    desk.call_back(ago(hours=2))
    desk.book(ago(hours=1), type="NPE", key="B1")
    desk.attribute()
    desk.estimate("NPE", "New patient exam", 500)
    desk.set(default_value=1)
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=desk.now)
    assert desk.opportunity.value == Decimal(95)
    services.change_appointment(clinic_id=desk.clinic.id, external_id="B1", value=Decimal(70), now=desk.now)
    desk.attribute()
    assert (desk.opportunity.value, desk.day(ago(hours=1))["recovered_value"]) == (Decimal(70), Decimal(70))


def test_ids_stay_when_the_story_goes_on(desk: Desk) -> None:
    desk.call(ago(hours=3))
    desk.attribute()
    before = desk.opportunity.id
    desk.call_back(ago(hours=2))
    desk.attribute()
    assert (desk.opportunity.id, desk.opportunity.status) == (before, "reached")


def test_an_earlier_call_that_comes_late_moves_the_opening(desk: Desk) -> None:
    desk.call(ago(hours=3))
    desk.attribute()
    desk.call(ago(hours=5))
    desk.attribute()
    assert (desk.opportunity.opened_at, desk.opportunity.attempts) == (ago(hours=5), 2)


def test_cancelling_undoes_everything_but_the_verdict_and_uncancelling_restores_it(desk: Desk) -> None:
    desk.call(ago(hours=3))
    desk.call_back(ago(hours=2))
    desk.attribute()
    without = desk.snapshot()
    booking = desk.book(ago(hours=1), key="B1")
    desk.attribute()
    won = desk.snapshot()
    cancelled, booked = AppointmentStatus.CANCELLED, AppointmentStatus.BOOKED
    for status, verdict in ((cancelled, ("unattributed", "cancelled")), (booked, ("recovered", "callback"))) * 2:
        services.change_appointment(clinic_id=desk.clinic.id, external_id="B1", status=status, now=desk.now)
        desk.attribute()
        assert desk.verdict(booking) == verdict
        if status is cancelled:
            assert desk.snapshot()[0] == without[0]
            assert "appointments" not in desk.day(desk.now)
        else:
            assert desk.snapshot() == won


def test_an_opportunity_lapses_with_time_alone(desk: Desk) -> None:
    desk.call(ago(hours=47))
    desk.attribute()
    later = desk.now + timedelta(hours=2)
    assert services.lapse_due(clinic_id=desk.clinic.id, now=desk.now) == 0
    assert services.lapse_due(clinic_id=desk.clinic.id, now=later) == 1
    assert (desk.opportunity.status, desk.opportunity.closed_at) == ("lapsed", ago(hours=-1))
    assert services.lapse_due(clinic_id=desk.clinic.id, now=later) == 0
    services.rebuild_days(clinic_id=desk.clinic.id, now=later)
    assert desk.day(ago(hours=47))["lapsed"] == 1


def test_a_dismissal_keeps_its_reason(desk: Desk) -> None:
    desk.call(ago(hours=3))
    desk.act(ago(hours=2), AMBER, ActionKind.DISMISSED, None, "supplier")
    desk.attribute()
    assert (desk.opportunity.status, desk.opportunity.dismiss_reason) == ("dismissed", "supplier")


def test_withheld_and_unfinished_calls_open_nothing(desk: Desk) -> None:
    desk.call(ago(hours=3), None)
    desk.call(ago(hours=2), AMBER, Outcome.RINGING)
    desk.attribute()
    assert desk.opportunities() == []
    assert desk.day(desk.now) == {"inbound": 1, "missed": 1, "withheld": 1}


def test_two_clinics_that_share_a_caller_id_do_not_meet(desk: Desk) -> None:
    other = make_desk("Oak Street")
    desk.call(ago(hours=3))
    other.call_back(ago(hours=2))
    other.book(ago(hours=1))
    desk.attribute()
    other.attribute()
    assert desk.opportunity.status == "open"
    assert other.opportunities() == []


def test_an_appointment_with_several_numbers_goes_to_whom_was_heard_last(desk: Desk) -> None:
    desk.call(ago(hours=9), AMBER)
    desk.call_back(ago(hours=8), AMBER)
    booking = desk.book(ago(hours=3), BRAMBLE, AMBER)
    desk.attribute()
    assert (desk.owner(booking), desk.verdict(booking)) == (AMBER, ("recovered", "callback"))


def test_a_late_call_moves_an_appointment_and_both_callers_follow(desk: Desk) -> None:
    desk.call(ago(hours=9), AMBER)
    desk.call_back(ago(hours=8), AMBER)
    booking = desk.book(ago(hours=3), AMBER, BRAMBLE)
    desk.attribute()
    desk.call(ago(hours=6), BRAMBLE)
    desk.call_back(ago(hours=5), BRAMBLE)
    desk.attribute()
    assert desk.owner(booking) == BRAMBLE
    assert {one.caller: one.status for one in desk.opportunities()} == {AMBER: "reached", BRAMBLE: "recovered"}
    desk.call(ago(hours=4), AMBER)
    desk.attribute()
    assert desk.owner(booking) == AMBER
    assert {one.caller: one.status for one in desk.opportunities()} == {AMBER: "recovered", BRAMBLE: "reached"}


def test_nobody_heard_of_is_owned_by_the_first_number(desk: Desk) -> None:
    booking = desk.book(ago(hours=3), COPPER, AMBER)
    desk.attribute()
    assert (desk.owner(booking), desk.verdict(booking)) == (COPPER, ("unattributed", "no_missed_call"))


def test_a_batch_takes_the_same_few_queries_for_one_caller_and_for_many(
    desk: Desk, django_assert_max_num_queries: object
) -> None:
    for _ in range(40):
        desk.call(ago(hours=3), uuid.uuid4())
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        services.attribute_changes(clinic_id=desk.clinic.id, now=desk.now)
    assert len(desk.opportunities()) == 40


def test_a_batch_is_no_larger_than_asked_for(desk: Desk) -> None:
    for hours in range(1, 6):
        desk.call(ago(hours=hours), uuid.uuid4())
    assert [services.attribute_changes(clinic_id=desk.clinic.id, now=desk.now, limit=2) for _ in range(4)] == [
        2,
        2,
        1,
        0,
    ]


def test_outbound_calls_to_strangers_mean_nothing(desk: Desk) -> None:
    desk.call(ago(hours=3), AMBER, Outcome.ANSWERED, Direction.OUTBOUND, talk_seconds=300)
    desk.attribute()
    assert desk.opportunities() == []
    assert desk.day(desk.now) == {"outbound": 1}
