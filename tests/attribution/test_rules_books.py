"""Closed books: what is settled stays, and the walk that starts after it says what a walk of everything would say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.books import Candidate, Settlement, choose_owner, settle
from attribution.domain import OpportunityStatus, Reason, Verdict
from attribution.opportunities import Opportunity
from attribution.rules import RuleBook, RuleSet, book_limits, to_micros
from attribution.walk import AppointmentVerdict, Settled, WalkResult
from tests.attribution.histories import (
    LATEST,
    LONG_AGO,
    MONDAY,
    RULES,
    Fact,
    after,
    booked,
    cancelled,
    dismissed,
    event_of,
    generated,
    histories,
    ident,
    missed,
    moments,
    outbound,
    reasons,
    run,
    time_of,
)

LONDON = ZoneInfo("Europe/London")
LAPSED = OpportunityStatus.LAPSED


def days_closed_at(now: datetime, closing_age_days: int) -> set[date]:
    """All days that are older than that."""
    today = now.astimezone(LONDON).date()
    return {today - timedelta(days=age) for age in range(closing_age_days + 1, closing_age_days + 200)}


def close_books(result: WalkResult, now: datetime, days: int = 60, books: Settled | None = None) -> Settlement:
    return settle(result.opportunities, days_closed_at(now, days), LONDON, to_micros(now), books)


# Settling


def test_opportunities_of_closed_days_are_settled() -> None:
    facts = [missed(after(), 1), dismissed(after(hours=1)), missed(after(days=1), 2), missed(after(days=9), 3)]
    now = after(days=62)
    result = run(facts, now=now)
    settled, remaining, books = close_books(result, now)
    assert settled == result.opportunities[:2]
    assert remaining == result.opportunities[2:]
    assert books == Settled(to_micros(after(days=3)), to_micros(after(days=1)), LAPSED)


@pytest.mark.parametrize(("age", "is_settled"), [(60, False), (61, True)])
def test_a_day_closes_when_it_is_older_than_sixty_days(age: int, is_settled: bool) -> None:
    now = after(days=age)
    assert bool(close_books(run([missed(after())], now=now), now).settled) is is_settled


def test_the_day_is_that_of_the_clinic() -> None:
    late = datetime(2026, 6, 1, 23, 30, tzinfo=LONDON)  # 22:30 in Greenwich
    result = run([missed(late)], now=late + timedelta(days=90))
    assert len(settle(result.opportunities, {date(2026, 6, 1)}, LONDON, to_micros(late)).settled) == 1
    assert (
        len(settle(result.opportunities, {date(2026, 6, 2)}, ZoneInfo("Europe/Berlin"), to_micros(late)).settled) == 1
    )


def test_the_books_keep_when_the_caller_was_last_missed() -> None:
    result = run([missed(after(), 1), missed(after(hours=5), 2)], now=after(days=90))
    books = settle(result.opportunities, {MONDAY.date()}, LONDON, to_micros(after(days=90))).books
    assert books == Settled(to_micros(after(hours=53)), to_micros(after(hours=5)), LAPSED)


def test_nothing_is_settled_behind_an_open_day() -> None:
    result = run([missed(after(), 1), missed(after(days=9), 2)], now=after(days=80))
    second_day = {after(days=9).date()}
    assert settle(result.opportunities, second_day, LONDON, to_micros(after(days=80))) == (
        [],
        result.opportunities,
        None,
    )


def test_without_anything_new_the_books_stay() -> None:
    books = Settled(5, 3, LAPSED)
    assert settle([], {MONDAY.date()}, LONDON, 9, books) == ([], [], books)


def test_what_closed_by_an_appointment_is_settled_with_its_place() -> None:
    result = run([missed(after(), 1), booked(after(hours=1), 8)])
    books = settle(result.opportunities, {MONDAY.date()}, LONDON, to_micros(after(days=90))).books
    assert books == Settled(
        to_micros(after(hours=1, minutes=5)), to_micros(after()), OpportunityStatus.BOOKED_ELSEWHERE
    )


def test_none_is_settled_unfinished() -> None:
    now = after(hours=30)
    result = run([missed(after())], now=now)
    settled, remaining, books = settle(result.opportunities, {MONDAY.date()}, LONDON, to_micros(now))
    assert [(found.status, found.closed_at) for found in settled] == [(LAPSED, to_micros(now))]
    assert settled[0] == result.opportunities[0]._replace(status=LAPSED, closed_at=to_micros(now))
    assert remaining == []
    assert books == Settled(to_micros(now), to_micros(after()), LAPSED)


# Walking on


def test_the_walk_starts_after_the_closed_books() -> None:
    books = Settled(to_micros(after(days=2)), to_micros(after()), LAPSED)
    facts = [
        missed(after(days=2), 1),
        dismissed(after(days=2)),
        booked(after(days=2, minutes=-5), 7),
        booked(after(days=2, minutes=-5) + LATEST, 8),
        cancelled(after(days=1), 9),
        cancelled(after(days=3), 10),
    ]
    result = run(facts, settled=books)
    assert result.opportunities == []
    assert reasons(result) == {8: Reason.WINDOW_ELAPSED, 10: Reason.CANCELLED}
    assert set(result.untouched) == {ident(7).bytes, ident(9).bytes}
    assert run([missed(after(days=2) + LATEST)], settled=books).opportunities != []


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (OpportunityStatus.LAPSED, Reason.WINDOW_ELAPSED),
        (OpportunityStatus.RECOVERED, Reason.ALREADY_RECOVERED),
        (OpportunityStatus.RETURNED, Reason.ALREADY_RECOVERED),
        (OpportunityStatus.BOOKED_ELSEWHERE, Reason.ALREADY_RECOVERED),
        (OpportunityStatus.DISMISSED, Reason.NO_MISSED_CALL),
    ],
)
def test_the_last_settled_opportunity_still_explains(status: OpportunityStatus, reason: Reason) -> None:
    books = Settled(to_micros(after(days=2)), to_micros(after()), status)
    month = timedelta(days=30)
    assert reasons(run([booked(after() + month)], settled=books)) == {1: reason}
    assert reasons(run([booked(after() + month + LATEST)], settled=books)) == {1: Reason.NO_MISSED_CALL}


def test_a_newer_opportunity_explains_instead_of_the_settled_one() -> None:
    books = Settled(to_micros(after(days=2)), to_micros(after()), LAPSED)
    facts = [missed(after(days=3), 1), dismissed(after(days=4)), booked(after(days=5), 8)]
    assert reasons(run(facts, settled=books)) == {8: Reason.NO_MISSED_CALL}


def test_a_late_event_changes_nothing_that_is_closed() -> None:
    facts = [missed(after(), 1), missed(after(days=70), 2)]
    now = after(days=71)
    _settled, remaining, books = close_books(run(facts, now=now), now)
    late = [outbound(after(hours=1), 3), booked(after(hours=2), 8)]
    assert run([*facts, *late], now=now, settled=books).opportunities == remaining


# Generated: four months, every six hours

six_hourly = moments(480, timedelta(hours=6))


@st.composite
def month_rules(draw: st.DrawFn, retention_days: int) -> RuleSet:
    days = st.integers(1, 14).map(lambda count: timedelta(days=count))
    return RuleSet(
        version=1,
        in_force_from=LONG_AGO,
        callback_window=draw(days),
        booking_window=draw(days) * 2,
        clock_tolerance=draw(st.sampled_from([timedelta(0), timedelta(minutes=30)])),
        caller_returned_counts=draw(st.booleans()),
        max_open=book_limits(retention_days).max_open,
    )


retentions = st.sampled_from([90, 90, 60, 45, 30])


@generated(150)
@given(st.data(), histories(six_hourly, most=20), six_hourly, retentions)
def test_walking_on_from_closed_books_is_walking_everything(
    data: st.DataObject, facts: list[Fact], now: datetime, retention_days: int
) -> None:
    rules = data.draw(month_rules(retention_days))
    known = [fact for fact in facts if time_of(fact) <= now]
    later = [replace(fact, id=ident(100 + index)) for index, fact in enumerate(facts) if time_of(fact) > now]
    everything = run(known, rules, now=now)
    settled, remaining, books = close_books(everything, now, book_limits(retention_days).closing_age_days)
    assert settled == everything.opportunities[: len(settled)]  # all had ended by themselves
    walked = run(known, rules, now=now, settled=books)
    assert walked.opportunities == remaining
    assert_verdicts_after_the_books(walked, everything, books, known, rules)
    end = MONDAY + timedelta(days=200)
    on = run([*known, *later], rules, now=end, settled=books)
    assert settled + on.opportunities == run([*known, *later], rules, now=end).opportunities


def assert_verdicts_after_the_books(
    walked: WalkResult, everything: WalkResult, books: Settled | None, facts: Sequence[Fact], rules: RuleSet
) -> None:
    book = RuleBook([rules])
    places = {event[2]: book.place_of(event[0]) for event in map(event_of, facts) if event[1] == 2}
    until = books.settled_until if books else 0
    assert walked.verdicts == [said for said in everything.verdicts if places[said.appointment_id] > until]
    closed = [said.appointment_id for said in everything.verdicts if places[said.appointment_id] <= until]
    assert walked.untouched == closed


class Clinic:
    """What a clinic keeps of one caller, living from arrival to arrival and closing its books every time."""

    def __init__(self, rules: RuleSet, retention_days: int) -> None:
        self.rules = rules
        self.limits = book_limits(retention_days)
        self.facts: list[Fact] = []
        self.books: Settled | None = None
        self.settled: list[Opportunity] = []
        self.remaining: list[Opportunity] = []
        self.verdicts: dict[bytes, AppointmentVerdict] = {}

    def receive(self, fact: Fact, now: datetime) -> None:
        self.facts.append(fact)
        self.recompute(now)

    def recompute(self, now: datetime) -> None:
        result = run(self.facts, self.rules, now=now, settled=self.books)
        self.verdicts |= {said.appointment_id: said for said in result.verdicts}
        settled, self.remaining, self.books = close_books(result, now, self.limits.closing_age_days, self.books)
        self.settled += settled


@generated(120)
@given(st.data(), histories(six_hourly, most=20), retentions)
def test_live_with_books_closing_on_the_way_is_one_recomputation_in_the_end(
    data: st.DataObject, facts: list[Fact], retention_days: int
) -> None:
    """Every event arrives up to four days late: sooner than its books close, and in another order."""
    rules = data.draw(month_rules(retention_days))
    delays = [data.draw(st.integers(0, 96)) for _fact in facts]
    arrivals = sorted(
        ((time_of(fact) + timedelta(hours=delay), fact) for fact, delay in zip(facts, delays, strict=True)),
        key=lambda arrival: arrival[0],
    )
    clinic = Clinic(rules, retention_days)
    for now, fact in arrivals:
        clinic.receive(fact, now)
    end = MONDAY + timedelta(days=200)
    clinic.recompute(end)
    expected = run(facts, rules, now=end)
    assert clinic.settled + clinic.remaining == expected.opportunities
    assert clinic.verdicts == {said.appointment_id: said for said in expected.verdicts}
    recovered = [said for said in clinic.verdicts.values() if said.verdict is Verdict.RECOVERED]
    assert len({said.opened_at for said in recovered}) == len(recovered)


# Whose appointment is it?

PLACE = to_micros(after(days=1))
EARLY, LATE = to_micros(after()), to_micros(after(hours=1))


@pytest.mark.parametrize(
    ("candidates", "owner"),
    [
        ([Candidate("mobile", None)], "mobile"),
        ([Candidate("mobile", None), Candidate("home", None)], "mobile"),
        ([Candidate("mobile", None), Candidate("home", EARLY)], "home"),
        ([Candidate("mobile", EARLY), Candidate("home", None)], "mobile"),
        ([Candidate("mobile", EARLY), Candidate("home", LATE)], "home"),
        ([Candidate("mobile", LATE), Candidate("home", EARLY)], "mobile"),
        ([Candidate("mobile", LATE), Candidate("home", LATE)], "mobile"),
        ([Candidate("mobile", EARLY), Candidate("home", LATE), Candidate("work", LATE)], "home"),
        ([Candidate("mobile", None), Candidate("home", -5)], "home"),  # before 1970 is a time as well
        ([Candidate("mobile", None), Candidate("home", 0)], "home"),
    ],
)
def test_an_appointment_belongs_to_the_number_last_heard_of(candidates: list[Candidate[str]], owner: str) -> None:
    assert choose_owner(candidates, PLACE) == owner


@pytest.mark.parametrize(
    ("mobile_until", "home_until", "so_far", "owner"),
    [
        (None, None, "mobile", "home"),  # a late call moves it
        (None, None, "home", "home"),
        (None, None, None, "home"),
        (None, None, "work", "home"),  # that number was taken off it
        (PLACE, None, "mobile", "mobile"),
        (PLACE - 1, None, "mobile", "home"),
        (None, PLACE, "mobile", "mobile"),
        (None, PLACE - 1, "mobile", "home"),
        (PLACE, PLACE, None, "home"),
        (PLACE, PLACE, "work", "home"),
        (PLACE, None, "home", "home"),
    ],
)
def test_an_appointment_in_closed_books_stays_where_it_is(
    mobile_until: int | None, home_until: int | None, so_far: str | None, owner: str
) -> None:
    candidates = [Candidate("mobile", EARLY, mobile_until), Candidate("home", LATE, home_until)]
    assert choose_owner(candidates, PLACE, so_far) == owner


def test_an_appointment_has_somebody_to_belong_to() -> None:
    with pytest.raises(ValueError, match="empty"):
        choose_owner([], PLACE)


def test_the_default_limits_are_those_of_the_rules() -> None:
    assert book_limits(90).max_open == RULES.max_open
