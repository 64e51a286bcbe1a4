"""What must hold of every history, whatever is in it."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from attribution.domain import AppointmentStatus, ContactKind, OpportunityStatus, Reason, Verdict
from attribution.opportunities import Opportunity
from attribution.rules import RuleBook, RuleSet, to_micros
from attribution.walk import WalkResult, walk
from tests.attribution.histories import (
    STEP,
    Appointment,
    Fact,
    appointment,
    event_of,
    generated,
    histories,
    moments,
    rule_histories,
    run,
    shuffled,
)

UNFINISHED = {OpportunityStatus.OPEN, OpportunityStatus.ATTEMPTED, OpportunityStatus.REACHED}
BY_APPOINTMENT = {OpportunityStatus.RECOVERED, OpportunityStatus.RETURNED, OpportunityStatus.BOOKED_ELSEWHERE}
STEP_MICROS = STEP // timedelta(microseconds=1)

often = generated(120)


@often
@given(st.data(), histories(), rule_histories(), moments())
def test_order_and_repetition_of_arrival_do_not_matter(
    data: st.DataObject, facts: list[Fact], rule_sets: list[RuleSet], now: datetime
) -> None:
    arrived = data.draw(shuffled(facts))
    assert run(arrived, *rule_sets, now=now) == run(facts, *rule_sets, now=now)


@often
@given(st.data(), histories(), histories(), rule_histories(), moments())
def test_even_contradictory_duplicates_do_not_make_arrival_matter(
    data: st.DataObject, facts: list[Fact], others: list[Fact], rule_sets: list[RuleSet], now: datetime
) -> None:
    together = [*facts, *others]  # both number their facts from nought
    arrived = data.draw(st.permutations(together))
    assert run(arrived, *rule_sets, now=now) == run(together, *rule_sets, now=now)


@often
@given(histories(), rule_histories(), moments())
def test_versions_may_come_in_any_order(facts: list[Fact], rule_sets: list[RuleSet], now: datetime) -> None:
    assert run(facts, *reversed(rule_sets), now=now) == run(facts, *rule_sets, now=now)


@often
@given(histories(), histories(), rule_histories(), moments())
def test_one_walk_leaves_nothing_behind_for_the_next(
    ours: list[Fact], theirs: list[Fact], rule_sets: list[RuleSet], now: datetime
) -> None:
    """Two clinics with the same caller are two walks; the rule book is the only thing that walks share."""
    book = RuleBook(rule_sets)
    events = [event_of(fact) for fact in ours]
    before = walk(events, book, to_micros(now))
    walk([event_of(fact) for fact in theirs], book, to_micros(now))
    assert walk(events, book, to_micros(now)) == before == run(ours, *rule_sets, now=now)


@often
@given(histories(), rule_histories(), moments())
def test_each_wins_at_most_one(facts: list[Fact], rule_sets: list[RuleSet], now: datetime) -> None:
    result = run(facts, *rule_sets, now=now)
    recovered = [said.appointment_id for said in result.verdicts if said.verdict is Verdict.RECOVERED]
    won = [found.appointment_id for found in result.opportunities if found.status is OpportunityStatus.RECOVERED]
    assert recovered == won
    assert len(set(won)) == len(won)


@often
@given(histories(), rule_histories(), moments())
def test_every_appointment_gets_one_verdict(facts: list[Fact], rule_sets: list[RuleSet], now: datetime) -> None:
    result = run(facts, *rule_sets, now=now)
    appointments = [fact for fact in facts if isinstance(fact, Appointment)]
    assert sorted(said.appointment_id for said in result.verdicts) == sorted(fact.id.bytes for fact in appointments)
    given_up = {fact.id.bytes for fact in appointments if fact.status is AppointmentStatus.CANCELLED}
    assert {said.appointment_id for said in result.verdicts if said.reason is Reason.CANCELLED} == given_up


@often
@given(st.data(), histories(), rule_histories(), moments())
def test_cancelling_is_as_if_it_had_never_been_booked(
    data: st.DataObject, facts: list[Fact], rule_sets: list[RuleSet], now: datetime
) -> None:
    appointments = [fact for fact in facts if isinstance(fact, Appointment)]
    if not appointments:
        return
    chosen = data.draw(st.sampled_from(appointments))
    others = [fact for fact in facts if fact is not chosen]
    never = run(others, *rule_sets, now=now)
    gone = run([*others, replace(chosen, status=AppointmentStatus.CANCELLED)], *rule_sets, now=now)
    assert gone.opportunities == never.opportunities
    assert [said for said in gone.verdicts if said.appointment_id != chosen.id.bytes] == never.verdicts
    [own] = [said for said in gone.verdicts if said.appointment_id == chosen.id.bytes]
    assert own[1:] == (Verdict.UNATTRIBUTED, Reason.CANCELLED, None)
    restored = run([*others, appointment(chosen)], *rule_sets, now=now)
    assert restored == run(facts, *rule_sets, now=now)


@often
@given(histories(), rule_histories(), moments(), st.integers(0, 100).map(lambda steps: steps * STEP))
def test_time_alone_only_lapses_what_is_past_its_deadline(
    facts: list[Fact], rule_sets: list[RuleSet], now: datetime, passed: timedelta
) -> None:
    before, after = run(facts, *rule_sets, now=now), run(facts, *rule_sets, now=now + passed)
    assert after.verdicts == before.verdicts
    assert len(after.opportunities) == len(before.opportunities)
    for old, new in zip(before.opportunities, after.opportunities, strict=True):
        is_past = old.status in UNFINISHED and to_micros(now + passed) > old.deadline
        lapsed = old._replace(status=OpportunityStatus.LAPSED, closed_at=old.deadline)
        assert new == (lapsed if is_past else old)


@often
@given(histories(), rule_histories(), moments())
def test_every_opportunity_is_sound(facts: list[Fact], rule_sets: list[RuleSet], now: datetime) -> None:
    result = run(facts, *rule_sets, now=now)
    for found in result.opportunities:
        assert_counts_are_sound(found)
        assert_times_are_sound(found)
        assert_end_is_sound(found, to_micros(now))
        rules = next(rules for rules in rule_sets if rules.version == found.rules_version)
        assert found.deadline <= found.opened_at + rules.max_open // timedelta(microseconds=1)
    for earlier, later in pairwise(result.opportunities):
        assert earlier.closed_at is not None
        assert earlier.closed_at < later.opened_at


def assert_counts_are_sound(found: Opportunity) -> None:
    assert found.attempts >= 1
    assert (found.callbacks > 0) is (found.called_back_at is not None)
    assert found.callbacks > 0 or found.reached_at is None
    assert (found.contact_at is None) is (found.contact_kind is None)
    if found.contact_kind is ContactKind.CALLBACK:
        assert found.reached_at is not None
    if found.rule is not None:
        assert found.rule is found.contact_kind


def assert_times_are_sound(found: Opportunity) -> None:
    # An opportunity always has a span, if not of windows then of its last missed call.
    assert found.opened_at <= found.last_missed_at <= found.deadline
    for at in (found.called_back_at, found.reached_at, found.contact_at):
        assert at is None or found.opened_at <= at <= found.deadline
    if found.called_back_at is not None and found.reached_at is not None:
        assert found.called_back_at <= found.reached_at


def assert_end_is_sound(found: Opportunity, now: int) -> None:
    assert (found.closed_at is None) is (found.status in UNFINISHED)
    assert (found.appointment_id is not None) is (found.status in BY_APPOINTMENT)
    assert (found.booked_at is not None) is (found.status in BY_APPOINTMENT)
    assert (found.dismissed_by is not None) is (found.status is OpportunityStatus.DISMISSED)
    assert (found.rule is not None) is (found.status in {OpportunityStatus.RECOVERED, OpportunityStatus.RETURNED})
    if found.closed_at is None:
        assert now <= found.deadline
    elif found.booked_at is not None:
        assert found.opened_at <= found.booked_at <= found.deadline
        assert 0 <= found.closed_at - found.booked_at <= 2 * STEP_MICROS
    elif found.status is OpportunityStatus.LAPSED:
        assert found.closed_at == found.deadline
    else:
        assert found.closed_at <= found.deadline


@often
@given(st.data(), histories(), rule_histories(), moments())
def test_live_and_in_batches_comes_to_the_same_as_all_at_once(
    data: st.DataObject, facts: list[Fact], rule_sets: list[RuleSet], now: datetime
) -> None:
    """What a clinic keeps between batches is what the walk said last: nothing of it may be needed for the next."""
    arriving = data.draw(shuffled(facts))
    sizes = data.draw(st.lists(st.integers(1, 5), max_size=20))
    known: list[Fact] = []
    shown: WalkResult = run([], *rule_sets, now=now)
    while arriving:
        size = sizes.pop() if sizes else 1
        known, arriving = [*arriving[:size], *known], arriving[size:]
        shown = run(known, *rule_sets, now=now)
    assert shown == run(facts, *rule_sets, now=now)
