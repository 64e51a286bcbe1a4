"""Appointments: which are recovered, by which contact, and why the others are not counted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from attribution.domain import AppointmentStatus, ContactKind, OpportunityStatus, Reason, Verdict
from attribution.opportunities import Opportunity
from attribution.rules import RuleSet, to_micros
from attribution.walk import judge_without_caller
from tests.attribution.histories import (
    LATEST,
    RULES,
    Fact,
    FactMaker,
    after,
    answered,
    booked,
    called_back,
    cancelled,
    dismissed,
    ident,
    missed,
    outbound,
    reasons,
    run,
    tried,
    verdicts,
)

RECOVERED, UNATTRIBUTED = Verdict.RECOVERED, Verdict.UNATTRIBUTED
COUNTS = replace(RULES, caller_returned_counts=True)
TOLERANCE = RULES.clock_tolerance
WEEK = RULES.booking_window


def judged(facts: Sequence[Fact], rules: RuleSet = RULES) -> tuple[Opportunity, dict[int, tuple[Verdict, Reason]]]:
    """The one opportunity and the verdicts of a history, looked at in the end."""
    result = run(facts, rules, now=after(days=60))
    [opportunity] = result.opportunities
    return opportunity, verdicts(result)


def test_an_appointment_after_a_callback_is_recovered_with_its_evidence() -> None:
    facts = [
        missed(after(), 1),
        missed(after(minutes=2), 2),
        outbound(after(hours=1), 3, 185),
        booked(after(hours=2), 8),
    ]
    found, said = judged(facts)
    assert said == {8: (RECOVERED, Reason.CALLBACK)}
    assert (found.status, found.rule, found.rules_version) == (OpportunityStatus.RECOVERED, ContactKind.CALLBACK, 1)
    assert (found.appointment_id, found.booked_at) == (ident(8).bytes, to_micros(after(hours=2)))
    assert (found.contact_at, found.contact_talk_seconds) == (to_micros(after(hours=1)), 185)
    assert found.closed_at == to_micros(after(hours=2) + TOLERANCE)
    assert found.dismissed_by is None


def test_the_verdict_names_the_opportunity_that_it_closed() -> None:
    result = run([missed(after(), 1), booked(after(hours=2), 8), booked(after(hours=3), 9)])
    assert [said.opened_at for said in result.verdicts] == [to_micros(after()), None]


def test_who_was_reached_on_another_phone_is_recovered_too() -> None:
    _found, said = judged([missed(after()), called_back(after(hours=1), reached=True), booked(after(hours=2))])
    assert said == {1: (RECOVERED, Reason.CALLBACK)}


@pytest.mark.parametrize(
    "tries",
    [[], [tried(after(hours=1), 2)], [outbound(after(hours=1), 2, 19)], [called_back(after(hours=1), reached=False)]],
)
def test_without_a_contact_it_was_booked_elsewhere(tries: list[Fact]) -> None:
    found, said = judged([missed(after(), 1), *tries, booked(after(hours=2), 8)])
    assert said == {8: (UNATTRIBUTED, Reason.NO_CONTACT)}
    assert (found.status, found.rule) == (OpportunityStatus.BOOKED_ELSEWHERE, None)
    assert (found.appointment_id, found.booked_at) == (ident(8).bytes, to_micros(after(hours=2)))


@pytest.mark.parametrize(
    ("rules", "verdict", "status"),
    [(RULES, UNATTRIBUTED, OpportunityStatus.RETURNED), (COUNTS, RECOVERED, OpportunityStatus.RECOVERED)],
)
def test_a_caller_who_rang_back_counts_if_the_clinic_says_so(
    rules: RuleSet, verdict: Verdict, status: OpportunityStatus
) -> None:
    found, said = judged([missed(after(), 1), answered(after(hours=1), 2), booked(after(hours=2), 8)], rules)
    assert said == {8: (verdict, Reason.CALLER_RETURNED)}
    assert (found.status, found.rule) == (status, ContactKind.CALLER_RETURNED)
    assert found.contact_kind is ContactKind.CALLER_RETURNED


@pytest.mark.parametrize("rules", [RULES, COUNTS])
@pytest.mark.parametrize("callback_first", [True, False])
def test_a_callback_goes_before_a_caller_who_rang_back(rules: RuleSet, callback_first: bool) -> None:
    early, late = after(hours=1), after(hours=2)
    facts = [
        missed(after(), 1),
        outbound(early if callback_first else late, 2, 60),
        answered(late if callback_first else early, 3, 90),
        booked(after(hours=3), 8),
    ]
    found, said = judged(facts, rules)
    assert said == {8: (RECOVERED, Reason.CALLBACK)}
    assert (found.contact_at, found.contact_talk_seconds) == (to_micros(early if callback_first else late), 60)


def test_a_callback_that_is_too_old_leaves_it_to_the_caller_who_rang_back() -> None:
    facts = [
        missed(after(), 1),
        outbound(after(hours=1), 2),
        answered(after(days=3), 3),
        booked(after(hours=1) + WEEK + LATEST, 8),
    ]
    assert judged(facts)[1] == {8: (UNATTRIBUTED, Reason.CALLER_RETURNED)}
    assert judged(facts, COUNTS)[1] == {8: (RECOVERED, Reason.CALLER_RETURNED)}


@pytest.mark.parametrize("late", [timedelta(0), LATEST])
@pytest.mark.parametrize("contact", [outbound(after(hours=1), 2), answered(after(hours=1), 2)])
def test_an_appointment_is_booked_within_the_booking_window(contact: Fact, late: timedelta) -> None:
    # The second missed call keeps the opportunity open for longer than the booking window of the contact.
    facts = [missed(after(), 1), contact, missed(after(days=6), 3), booked(after(hours=1) + WEEK + late, 8)]
    [(verdict, reason)] = judged(facts, COUNTS)[1].values()
    assert (verdict is RECOVERED) is not bool(late)
    assert (reason is Reason.NO_CONTACT) is bool(late)


def test_the_booking_window_runs_from_the_latest_contact() -> None:
    facts = [
        missed(after(), 1),
        outbound(after(hours=1), 2),
        outbound(after(hours=9), 3),
        booked(after(hours=9) + WEEK, 8),
    ]
    found, said = judged(facts)
    assert said == {8: (RECOVERED, Reason.CALLBACK)}
    assert found.contact_at == to_micros(after(hours=9))


def test_a_contact_that_was_too_long_ago_stays_as_evidence() -> None:
    facts = [
        missed(after(), 1),
        outbound(after(hours=1), 2),
        missed(after(days=6), 3),
        booked(after(days=7, hours=2), 8),
    ]
    found, _said = judged(facts)
    assert (found.status, found.rule, found.contact_at) == (
        OpportunityStatus.BOOKED_ELSEWHERE,
        None,
        to_micros(after(hours=1)),
    )


# Two clocks


@pytest.mark.parametrize(
    ("early", "status"),
    [
        (timedelta(0), OpportunityStatus.RECOVERED),
        (TOLERANCE, OpportunityStatus.RECOVERED),
        (TOLERANCE + LATEST, OpportunityStatus.BOOKED_ELSEWHERE),
    ],
)
def test_the_clock_of_the_practice_may_be_behind_that_of_the_phone(early: timedelta, status: OpportunityStatus) -> None:
    found, _said = judged([missed(after(), 1), outbound(after(hours=1), 2), booked(after(hours=1) - early, 8)])
    assert found.status is status


@pytest.mark.parametrize("early", [timedelta(0), LATEST])
def test_an_appointment_booked_before_the_missed_call_has_nothing_to_do_with_it(early: timedelta) -> None:
    facts = [missed(after(), 1), booked(after() - early, 8), outbound(after(hours=1), 2), booked(after(hours=2), 9)]
    found, said = judged(facts)
    if early:
        assert said == {8: (UNATTRIBUTED, Reason.NO_MISSED_CALL), 9: (RECOVERED, Reason.CALLBACK)}
        assert found.appointment_id == ident(9).bytes
    else:
        assert said == {8: (UNATTRIBUTED, Reason.NO_CONTACT), 9: (UNATTRIBUTED, Reason.ALREADY_RECOVERED)}


def test_a_missed_call_within_the_tolerance_is_still_an_attempt() -> None:
    found, said = judged([missed(after(), 1), booked(after(hours=1), 8), missed(after(hours=1) + TOLERANCE, 2)])
    assert (found.attempts, said[8]) == (2, (UNATTRIBUTED, Reason.NO_CONTACT))


def test_a_missed_call_after_the_tolerance_opens_anew() -> None:
    facts = [missed(after(), 1), booked(after(hours=1), 8), missed(after(hours=1) + TOLERANCE + LATEST, 2)]
    assert [found.attempts for found in run(facts).opportunities] == [1, 1]


def test_the_tolerance_is_that_of_the_version_in_force_at_the_booking() -> None:
    exact = replace(RULES, version=2, in_force_from=after(hours=1), clock_tolerance=timedelta(0))
    facts = [missed(after(), 1), outbound(after(hours=1, minutes=3), 2), booked(after(hours=1), 8)]
    [found] = run(facts, RULES, exact).opportunities
    assert (found.status, found.rules_version) == (OpportunityStatus.BOOKED_ELSEWHERE, 1)
    [found] = run(facts, RULES, replace(exact, in_force_from=after(hours=1) + LATEST)).opportunities
    assert found.status is OpportunityStatus.RECOVERED


def test_the_booking_window_is_that_of_the_version_in_force_at_the_opening() -> None:
    short = replace(RULES, version=2, in_force_from=after(hours=1), booking_window=timedelta(hours=1))
    facts = [missed(after(), 1), outbound(after(hours=2), 2), booked(after(days=5), 8)]
    assert reasons(run(facts, RULES, short)) == {8: Reason.CALLBACK}


# Lapse: the appointment's own time counts, not its place.


@pytest.mark.parametrize("late", [timedelta(0), LATEST])
def test_an_appointment_booked_after_the_deadline_finds_it_lapsed(late: timedelta) -> None:
    found, said = judged([missed(after(), 1), booked(after(days=2) + late, 8)])
    assert said == {8: (UNATTRIBUTED, Reason.WINDOW_ELAPSED if late else Reason.NO_CONTACT)}
    assert found.status is (OpportunityStatus.LAPSED if late else OpportunityStatus.BOOKED_ELSEWHERE)
    assert found.closed_at == to_micros(after(days=2) if late else after(days=2) + TOLERANCE)


@pytest.mark.parametrize("late", [timedelta(0), LATEST])
def test_the_deadline_after_a_contact_is_the_end_of_the_booking_window(late: timedelta) -> None:
    found, said = judged([missed(after(), 1), outbound(after(hours=1), 2), booked(after(hours=1) + WEEK + late, 8)])
    assert said == {8: (UNATTRIBUTED, Reason.WINDOW_ELAPSED) if late else (RECOVERED, Reason.CALLBACK)}


@pytest.mark.parametrize("between", [outbound, tried, answered, dismissed])
def test_a_call_that_finds_it_lapsed_does_not_take_it_from_an_appointment_booked_in_time(between: FactMaker) -> None:
    deadline = after(hours=1) + WEEK
    facts = [missed(after(), 1), outbound(after(hours=1), 2), booked(deadline, 8)]
    late = between(deadline + timedelta(minutes=2), 3)
    assert judged([*facts, late]) == judged(facts)


def test_a_missed_call_that_finds_it_lapsed_does() -> None:
    deadline = after(hours=1) + WEEK
    facts = [missed(after(), 1), outbound(after(hours=1), 2), booked(deadline, 8), missed(deadline + LATEST, 3)]
    result = run(facts, now=deadline + LATEST)
    assert [found.status for found in result.opportunities] == [OpportunityStatus.LAPSED, OpportunityStatus.OPEN]
    assert reasons(result) == {8: Reason.NO_MISSED_CALL}


def test_an_appointment_within_its_tolerance_of_now_counts_at_once() -> None:
    result = run([missed(after(), 1), outbound(after(hours=1), 2), booked(after(hours=2), 8)], now=after(hours=2))
    assert reasons(result) == {8: Reason.CALLBACK}


# Nothing open


def test_without_any_missed_call() -> None:
    result = run([booked(after(), 8), answered(after(hours=1), 1), booked(after(hours=2), 9)])
    assert verdicts(result) == {
        8: (UNATTRIBUTED, Reason.NO_MISSED_CALL),
        9: (UNATTRIBUTED, Reason.NO_MISSED_CALL),
    }
    assert result.opportunities == []


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ([], Reason.WINDOW_ELAPSED),
        ([dismissed(after(hours=2))], Reason.NO_MISSED_CALL),
        ([booked(after(hours=2), 5)], Reason.ALREADY_RECOVERED),  # booked elsewhere
        ([answered(after(hours=1), 2), booked(after(hours=2), 5)], Reason.ALREADY_RECOVERED),  # returned
        ([outbound(after(hours=1), 2), booked(after(hours=2), 5)], Reason.ALREADY_RECOVERED),  # recovered
    ],
)
def test_the_last_opportunity_explains_for_thirty_days(ending: list[Fact], reason: Reason) -> None:
    month = timedelta(days=30)
    for late, expected in ((timedelta(0), reason), (LATEST, Reason.NO_MISSED_CALL)):
        result = run([missed(after(), 1), *ending, booked(after() + month + late, 8)])
        assert verdicts(result)[8] == (UNATTRIBUTED, expected)


def test_the_thirty_days_run_from_the_last_missed_call() -> None:
    facts = [missed(after(), 1), missed(after(days=1), 2), booked(after(days=31), 8)]
    assert reasons(run(facts)) == {8: Reason.WINDOW_ELAPSED}
    ended = [missed(after(), 1), missed(after(days=1), 2), booked(after(days=1), 7), booked(after(days=31), 8)]
    assert reasons(run(ended))[8] is Reason.ALREADY_RECOVERED


def test_only_the_last_opportunity_explains() -> None:
    facts = [missed(after(), 1), missed(after(days=3), 2), dismissed(after(days=4)), booked(after(days=5), 8)]
    assert reasons(run(facts)) == {8: Reason.NO_MISSED_CALL}
    facts = [missed(after(), 1), dismissed(after(days=1)), missed(after(days=3), 2), booked(after(days=8), 8)]
    assert reasons(run(facts)) == {8: Reason.WINDOW_ELAPSED}


# One each


def test_an_opportunity_wins_one_appointment() -> None:
    facts = [missed(after(), 1), outbound(after(hours=1), 2), booked(after(hours=2), 9), booked(after(hours=3), 8)]
    found, said = judged(facts)
    assert said == {9: (RECOVERED, Reason.CALLBACK), 8: (UNATTRIBUTED, Reason.ALREADY_RECOVERED)}
    assert found.appointment_id == ident(9).bytes


def test_of_two_appointments_of_one_instant_the_lower_id_wins() -> None:
    facts = [missed(after(), 1), outbound(after(hours=1), 2), booked(after(hours=2), 9), booked(after(hours=2), 8)]
    assert reasons(run(facts)) == {8: Reason.CALLBACK, 9: Reason.ALREADY_RECOVERED}


def test_every_missed_caller_can_be_won_back_again() -> None:
    facts = [
        missed(after(), 1),
        outbound(after(hours=1), 2),
        booked(after(hours=2), 8),
        missed(after(days=1), 3),
        outbound(after(days=1, hours=1), 4),
        booked(after(days=1, hours=2), 9),
    ]
    result = run(facts)
    assert [found.status for found in result.opportunities] == [OpportunityStatus.RECOVERED] * 2
    assert verdicts(result) == {8: (RECOVERED, Reason.CALLBACK), 9: (RECOVERED, Reason.CALLBACK)}


def test_a_contact_does_not_serve_the_next_opportunity() -> None:
    facts = [missed(after(), 1), outbound(after(hours=1), 2), booked(after(hours=2), 8), missed(after(days=1), 3)]
    assert reasons(run([*facts, booked(after(days=2), 9)]))[9] is Reason.NO_CONTACT


# Cancelled, and without a number


def test_a_cancelled_appointment_is_left_out_of_the_walk() -> None:
    facts = [missed(after(), 1), outbound(after(hours=1), 2), cancelled(after(hours=2), 8), booked(after(hours=3), 9)]
    found, said = judged(facts)
    assert said == {8: (UNATTRIBUTED, Reason.CANCELLED), 9: (RECOVERED, Reason.CALLBACK)}
    assert found.appointment_id == ident(9).bytes


@pytest.mark.parametrize(
    ("status", "reason"),
    [(AppointmentStatus.BOOKED, Reason.WITHHELD), (AppointmentStatus.CANCELLED, Reason.CANCELLED)],
)
def test_an_appointment_without_a_number_matches_nothing(status: AppointmentStatus, reason: Reason) -> None:
    assert judge_without_caller(ident(8).bytes, status) == (ident(8).bytes, UNATTRIBUTED, reason, None)
