"""The walk, rule by rule: what opens, grows, closes and outlives an opportunity."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from attribution.domain import ContactKind, OpportunityStatus
from attribution.opportunities import Opportunity
from attribution.rules import to_micros
from calls.domain import Outcome
from tests.attribution.histories import (
    LATEST,
    RULES,
    Call,
    Fact,
    FactMaker,
    after,
    answered,
    booked,
    called_back,
    dismissed,
    ident,
    missed,
    outbound,
    run,
    tried,
    voicemail,
)

OPEN, ATTEMPTED, REACHED, LAPSED = (
    OpportunityStatus.OPEN,
    OpportunityStatus.ATTEMPTED,
    OpportunityStatus.REACHED,
    OpportunityStatus.LAPSED,
)
TWO_DAYS = timedelta(hours=48)
WEEK = timedelta(days=7)


def only(facts: Sequence[Fact], now: datetime | None = None, **changed: object) -> Opportunity:
    """The one opportunity of a history, `now` being right after it unless told."""
    [opportunity] = run(facts, replace(RULES, **changed), now=now or after(hours=1)).opportunities  # type: ignore[arg-type]
    return opportunity


# Rule 1


def test_a_missed_call_opens_an_opportunity() -> None:
    assert only([missed(after(), number=7)])._asdict() == {
        "opened_at": to_micros(after()),
        "opened_by": ident(7).bytes,
        "last_missed_at": to_micros(after()),
        "attempts": 1,
        "callbacks": 0,
        "called_back_at": None,
        "reached_at": None,
        "contact_at": None,
        "contact_kind": None,
        "contact_talk_seconds": None,
        "status": OPEN,
        "closed_at": None,
        "appointment_id": None,
        "booked_at": None,
        "rule": None,
        "dismissed_by": None,
        "rules_version": 1,
        "deadline": to_micros(after(days=2)),
    }


def test_another_missed_call_is_another_attempt() -> None:
    found = only([missed(after(), 1), missed(after(hours=2), 2), voicemail(after(hours=3), 3)], after(hours=4))
    assert (found.attempts, found.opened_at) == (3, to_micros(after()))
    assert found.opened_by == ident(1).bytes
    assert found.last_missed_at == to_micros(after(hours=3))
    assert found.deadline == to_micros(after(hours=51))


def test_missed_calls_of_one_instant_are_one_opportunity_opened_by_the_first_id() -> None:
    found = only([missed(after(), 2), missed(after(), 1)])
    assert (found.attempts, found.opened_by) == (2, ident(1).bytes)


def test_a_call_that_is_told_twice_is_one_call() -> None:
    assert only([missed(after(), 1), missed(after(), 1)]).attempts == 1
    # The tables cannot hold one id with two times; if somebody did, the earlier one is the call.
    found = only([missed(after(hours=1), 1), missed(after(), 1), missed(after(minutes=30), 2)])
    assert (found.opened_at, found.attempts) == (to_micros(after()), 2)
    assert found.last_missed_at == to_micros(after(minutes=30))


@pytest.mark.parametrize(("ring_seconds", "opens"), [(0, False), (2, False), (3, True), (4, True), (None, True)])
def test_a_short_ring_is_abandoned_unless_it_is_unknown(ring_seconds: int | None, opens: bool) -> None:
    assert len(run([missed(after(), ring_seconds=ring_seconds)]).opportunities) == opens


def test_an_abandoned_call_is_no_attempt() -> None:
    found = only([missed(after(), 1), missed(after(hours=1), 2, ring_seconds=2)])
    assert (found.attempts, found.last_missed_at) == (1, to_micros(after()))


def test_with_no_least_ring_nothing_is_abandoned() -> None:
    assert only([missed(after(), ring_seconds=0)], min_ring_seconds=0).attempts == 1


@pytest.mark.parametrize("ring_seconds", [0, 2, None])
def test_a_voicemail_is_never_abandoned(ring_seconds: int | None) -> None:
    assert only([voicemail(after(), ring_seconds=ring_seconds)]).attempts == 1


def test_a_voicemail_need_not_count_as_missed() -> None:
    rules = replace(RULES, voicemail_is_missed=False)
    assert run([voicemail(after())], rules).opportunities == []
    found = only([missed(after(), 1), voicemail(after(hours=1), 2)], voicemail_is_missed=False)
    assert (found.attempts, found.last_missed_at) == (1, to_micros(after()))


@pytest.mark.parametrize("outcome", [Outcome.RINGING, Outcome.UNKNOWN])
@pytest.mark.parametrize("make", [missed, outbound])
def test_a_call_that_is_not_over_changes_nothing(make: Callable[[datetime, int], Call], outcome: Outcome) -> None:
    unfinished = replace(make(after(minutes=1), 2), outcome=outcome, talk_seconds=500)
    assert run([unfinished]).opportunities == []
    assert only([missed(after()), unfinished]) == only([missed(after())])


@pytest.mark.parametrize(
    "fact",
    [outbound(after()), tried(after()), answered(after()), called_back(after(), reached=True), dismissed(after())],
)
def test_what_finds_nothing_open_changes_nothing(fact: Fact) -> None:
    assert run([fact]).opportunities == []
    later = missed(after(hours=1), 2)
    assert run([fact, later]).opportunities == run([later]).opportunities


# Rule 2


@pytest.mark.parametrize(
    "callback",
    [tried(after(hours=1)), tried(after(hours=1), outcome=Outcome.VOICEMAIL), outbound(after(hours=1), 4, 19)],
)
def test_a_call_back_that_reached_nobody_is_an_attempt(callback: Fact) -> None:
    found = only([missed(after()), callback], after(hours=2))
    assert (found.status, found.callbacks, found.contact_at, found.reached_at) == (ATTEMPTED, 1, None, None)
    assert found.called_back_at == to_micros(after(hours=1))
    assert found.deadline == to_micros(after(hours=48))


def test_staff_who_reached_nobody_made_an_attempt() -> None:
    found = only([missed(after()), called_back(after(hours=1), reached=False)], after(hours=2))
    assert (found.status, found.callbacks, found.called_back_at) == (ATTEMPTED, 1, to_micros(after(hours=1)))


def test_a_voicemail_left_for_the_caller_is_no_contact_however_long() -> None:
    long_message = replace(tried(after(hours=1), outcome=Outcome.VOICEMAIL), talk_seconds=500)
    assert only([missed(after()), long_message], after(hours=2)).status is ATTEMPTED


@pytest.mark.parametrize(("talk_seconds", "status"), [(19, ATTEMPTED), (20, REACHED), (21, REACHED)])
def test_a_call_back_that_was_answered_long_enough_is_a_contact(talk_seconds: int, status: OpportunityStatus) -> None:
    found = only([missed(after()), outbound(after(hours=1), 4, talk_seconds)], after(hours=2))
    assert (found.status, found.callbacks) == (status, 1)


def test_a_contact_says_when_how_and_how_long() -> None:
    found = only([missed(after()), outbound(after(hours=1), 4, 185)], after(hours=2))
    assert (found.contact_kind, found.contact_talk_seconds) == (ContactKind.CALLBACK, 185)
    assert found.contact_at == found.reached_at == to_micros(after(hours=1))
    assert found.deadline == to_micros(after(hours=1) + WEEK)


def test_nobody_measured_how_long_staff_spoke_on_another_phone() -> None:
    found = only([missed(after()), called_back(after(hours=1), reached=True)], after(hours=2))
    assert (found.status, found.contact_kind, found.contact_talk_seconds) == (REACHED, ContactKind.CALLBACK, None)
    assert found.contact_at == to_micros(after(hours=1))


def test_the_first_callback_and_the_latest_contact_are_kept() -> None:
    found = only(
        [
            missed(after()),
            tried(after(hours=1), 2),
            outbound(after(hours=2), 3, 60),
            outbound(after(hours=3), 4, 90),
        ],
        after(hours=4),
    )
    assert (found.callbacks, found.called_back_at) == (3, to_micros(after(hours=1)))
    assert (found.reached_at, found.contact_at) == (to_micros(after(hours=2)), to_micros(after(hours=3)))
    assert found.contact_talk_seconds == 90


@pytest.mark.parametrize("late", [timedelta(0), LATEST])
def test_a_callback_comes_within_its_window(late: timedelta) -> None:
    # A caller who rang back holds the opportunity open for longer than the callback window.
    facts = [missed(after(), 1), answered(after(hours=1), 2), outbound(after() + TWO_DAYS + late, 3)]
    found = only(facts, after(days=3))
    assert found.callbacks == (0 if late else 1)
    assert found.contact_kind is (ContactKind.CALLER_RETURNED if late else ContactKind.CALLBACK)


@pytest.mark.parametrize("late", [timedelta(0), LATEST])
def test_staff_too_call_back_within_the_window(late: timedelta) -> None:
    facts = [missed(after(), 1), answered(after(hours=1), 2), called_back(after() + TWO_DAYS + late, 3, reached=True)]
    found = only(facts, after(days=3))
    assert found.contact_kind is (ContactKind.CALLER_RETURNED if late else ContactKind.CALLBACK)


def test_the_callback_window_runs_from_the_latest_missed_call() -> None:
    facts = [missed(after(), 1), missed(after(hours=40), 2), outbound(after(hours=40) + TWO_DAYS, 3)]
    assert only(facts, after(days=4)).callbacks == 1


# Rule 3


@pytest.mark.parametrize(("talk_seconds", "status"), [(19, OPEN), (20, REACHED)])
def test_a_caller_who_rings_back_and_is_answered_is_a_contact(talk_seconds: int, status: OpportunityStatus) -> None:
    found = only([missed(after(), 1), answered(after(hours=1), 2, talk_seconds)], after(hours=2))
    assert (found.status, found.callbacks, found.called_back_at, found.reached_at) == (status, 0, None, None)


def test_a_caller_who_rang_back_moves_the_deadline() -> None:
    found = only([missed(after(), 1), answered(after(hours=1), 2, 30)], after(hours=2))
    assert (found.contact_kind, found.contact_talk_seconds) == (ContactKind.CALLER_RETURNED, 30)
    assert found.deadline == to_micros(after(hours=1) + WEEK)


# Where the specification is silent: who was reached and is then missed again waits again.


@pytest.mark.parametrize(
    ("contact", "status"),
    [(outbound(after(hours=1), 2), ATTEMPTED), (answered(after(hours=1), 2), OPEN)],
)
def test_who_was_reached_and_is_missed_again_waits_again(contact: Fact, status: OpportunityStatus) -> None:
    facts = [missed(after(), 1), contact, missed(after(hours=2), 3)]
    found = only(facts, after(hours=3))
    assert (found.status, found.contact_at, found.attempts) == (status, to_micros(after(hours=1)), 2)
    assert only([*facts, outbound(after(hours=3), 4)], after(hours=3)).status is REACHED


# Rule 5


def test_a_dismissed_opportunity_is_closed() -> None:
    found = only([missed(after()), dismissed(after(hours=1), 9)], after(days=30))
    assert (found.status, found.closed_at) == (OpportunityStatus.DISMISSED, to_micros(after(hours=1)))
    assert (found.dismissed_by, found.appointment_id) == (ident(9).bytes, None)


def test_a_missed_call_after_a_dismissal_opens_anew() -> None:
    first, second = run([missed(after(), 1), dismissed(after(hours=1)), missed(after(hours=2), 2)]).opportunities
    assert first.status is OpportunityStatus.DISMISSED
    assert (second.status, second.opened_at, second.attempts) == (OPEN, to_micros(after(hours=2)), 1)


def test_a_call_of_the_same_instant_comes_before_the_dismissal() -> None:
    found = only([missed(after(), 1), missed(after(hours=1), 9), dismissed(after(hours=1), 2)])
    assert (found.attempts, found.status) == (2, OpportunityStatus.DISMISSED)


# Rule 6


@pytest.mark.parametrize(
    ("facts", "deadline"),
    [
        ([missed(after())], after() + TWO_DAYS),
        ([missed(after(), 1), missed(after(hours=5), 2)], after(hours=5) + TWO_DAYS),
        ([missed(after(), 1), outbound(after(hours=1), 2)], after(hours=1) + WEEK),
        ([missed(after(), 1), outbound(after(hours=1), 2), missed(after(days=6), 3)], after(days=8)),
        ([missed(after(), 1), outbound(after(hours=1), 2), missed(after(hours=2), 3)], after(hours=1) + WEEK),
        ([missed(after(), 1), tried(after(hours=1), 2)], after() + TWO_DAYS),
    ],
)
def test_at_its_deadline_an_opportunity_is_still_open(facts: list[Fact], deadline: datetime) -> None:
    assert only(facts, deadline).status is not LAPSED
    assert only(facts, deadline).closed_at is None
    lapsed = only(facts, deadline + LATEST)
    assert (lapsed.status, lapsed.closed_at, lapsed.deadline) == (LAPSED, to_micros(deadline), to_micros(deadline))


@pytest.mark.parametrize("late", [timedelta(0), LATEST])
def test_a_missed_call_after_the_deadline_opens_anew(late: timedelta) -> None:
    found = run([missed(after(), 1), missed(after() + TWO_DAYS + late, 2)], now=after(days=3)).opportunities
    assert [opportunity.status for opportunity in found] == ([LAPSED, OPEN] if late else [OPEN])
    assert found[-1].attempts == (1 if late else 2)


@pytest.mark.parametrize("make", [outbound, tried, answered, dismissed])
def test_what_comes_after_the_deadline_finds_the_opportunity_lapsed(make: FactMaker) -> None:
    lapsed = only([missed(after())], after(days=9))
    assert only([missed(after(), 1), make(after() + TWO_DAYS + LATEST, 2)], after(days=9)) == lapsed
    assert only([missed(after(), 1), make(after() + TWO_DAYS, 2)], after(days=9)) != lapsed


def test_no_opportunity_is_open_for_more_than_45_days() -> None:
    days = timedelta(days=45)
    calls = [missed(after(days=day), day) for day in range(0, 46)]
    assert only(calls, after(days=45)).attempts == 46
    assert only(calls, after(days=45)).deadline == to_micros(after() + days)
    found = run([*calls, missed(after(days=45) + LATEST, 99)], now=after(days=45) + LATEST).opportunities
    assert [(opportunity.status, opportunity.attempts) for opportunity in found] == [(LAPSED, 46), (OPEN, 1)]


def test_a_contact_cannot_hold_it_open_for_longer_either() -> None:
    calls = [missed(after(days=day), day) for day in range(0, 44)]
    assert only([*calls, outbound(after(days=44), 99)], after(days=45)).deadline == to_micros(after(days=45))


def test_a_clinic_with_a_short_retention_ends_them_sooner() -> None:
    calls = [missed(after(days=day), day) for day in range(0, 19)]
    assert only(calls, after(days=18), max_open=timedelta(days=18)).deadline == to_micros(after(days=18))


# Rules in force


def test_an_opportunity_is_judged_by_the_version_in_force_when_it_opened() -> None:
    second = replace(
        RULES,
        version=2,
        in_force_from=after(hours=1),
        min_ring_seconds=60,
        min_talk_seconds=300,
        voicemail_is_missed=False,
        callback_window=timedelta(hours=1),
        booking_window=timedelta(hours=1),
        max_open=timedelta(days=18),
    )
    facts = [
        missed(after(), 1),
        missed(after(hours=2), 2),
        voicemail(after(hours=3), 3),
        outbound(after(hours=8), 4, 20),
    ]
    [found] = run(facts, second, RULES, now=after(hours=9)).opportunities
    [under_the_first] = run(facts, RULES, now=after(hours=9)).opportunities
    assert found == under_the_first
    assert (found.rules_version, found.attempts, found.status) == (1, 3, REACHED)


def test_a_new_opportunity_is_judged_by_the_new_version() -> None:
    second = replace(RULES, version=2, in_force_from=after(days=3), min_ring_seconds=60, voicemail_is_missed=False)
    facts = [
        missed(after(), 1),
        missed(after(days=3), 2, ring_seconds=59),
        voicemail(after(days=3), 3),
        missed(after(days=4), 4, ring_seconds=60),
    ]
    found = run(facts, RULES, second, now=after(days=4)).opportunities
    assert [(opportunity.rules_version, opportunity.opened_by) for opportunity in found] == [
        (1, ident(1).bytes),
        (2, ident(4).bytes),
    ]


# `now`


def test_events_after_now_are_walked() -> None:
    found = only([missed(after(), 1), outbound(after(hours=2), 2), booked(after(hours=3))], now=after(hours=1))
    assert found.status is OpportunityStatus.RECOVERED
    assert only([missed(after(hours=5))], now=after()).status is OPEN
