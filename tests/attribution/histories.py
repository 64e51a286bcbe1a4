"""Histories of one caller for the tests of the rules, plain and generated; it refuses to judge any of them.

Facts are kept as a person would tell them (aware datetimes), so that the slow oracle shares nothing with the walk.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from attribution.domain import ActionKind, AppointmentStatus, Reason, Verdict
from attribution.history import Event, action_event, appointment_event, call_event
from attribution.rules import RuleBook, RuleSet, to_micros
from attribution.walk import Settled, WalkResult, walk
from calls.domain import Direction, Outcome

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
RULES = RuleSet(version=1, in_force_from=LONG_AGO)
LATEST = timedelta(microseconds=1)  # the smallest step past an edge


@dataclass(frozen=True)
class Fact:
    id: uuid.UUID


@dataclass(frozen=True)
class Call(Fact):
    started_at: datetime
    direction: Direction
    outcome: Outcome
    ring_seconds: int | None = None
    talk_seconds: int = 0


@dataclass(frozen=True)
class Action(Fact):
    at: datetime
    kind: ActionKind
    reached: bool = False


@dataclass(frozen=True)
class Appointment(Fact):
    booked_at: datetime
    status: AppointmentStatus = AppointmentStatus.BOOKED


FactMaker = Callable[[datetime, int], Fact]


def after(days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    """A moment after nine o'clock on that Monday."""
    return MONDAY + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def ident(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)


def missed(at: datetime, number: int = 1, ring_seconds: int | None = 20) -> Call:
    return Call(ident(number), at, Direction.INBOUND, Outcome.MISSED, ring_seconds)


def voicemail(at: datetime, number: int = 2, ring_seconds: int | None = 20) -> Call:
    return Call(ident(number), at, Direction.INBOUND, Outcome.VOICEMAIL, ring_seconds)


def answered(at: datetime, number: int = 3, talk_seconds: int = 120) -> Call:
    return Call(ident(number), at, Direction.INBOUND, Outcome.ANSWERED, 5, talk_seconds)


def outbound(at: datetime, number: int = 4, talk_seconds: int = 120) -> Call:
    return Call(ident(number), at, Direction.OUTBOUND, Outcome.ANSWERED, 5, talk_seconds)


def tried(at: datetime, number: int = 5, outcome: Outcome = Outcome.MISSED) -> Call:
    return Call(ident(number), at, Direction.OUTBOUND, outcome, 5)


def called_back(at: datetime, number: int = 1, *, reached: bool) -> Action:
    return Action(ident(number), at, ActionKind.CALLED_BACK, reached)


def dismissed(at: datetime, number: int = 1) -> Action:
    return Action(ident(number), at, ActionKind.DISMISSED)


def booked(at: datetime, number: int = 1) -> Appointment:
    return Appointment(ident(number), at)


def cancelled(at: datetime, number: int = 1) -> Appointment:
    return Appointment(ident(number), at, AppointmentStatus.CANCELLED)


def appointment(fact: Fact) -> Appointment:
    """The fact, which is an appointment."""
    assert isinstance(fact, Appointment)
    return fact


def event_of(fact: Fact) -> Event:
    if isinstance(fact, Call):
        return call_event(fact)
    if isinstance(fact, Action):
        return action_event(fact.id, fact.at, fact.kind, reached=fact.reached)
    return appointment_event(fact.id, appointment(fact).booked_at, appointment(fact).status)


def time_of(fact: Fact) -> datetime:
    """A fact's own time."""
    if isinstance(fact, Call):
        return fact.started_at
    return fact.at if isinstance(fact, Action) else appointment(fact).booked_at


def run(
    facts: Iterable[Fact],
    *rule_sets: RuleSet,
    now: datetime = MONDAY,
    settled: Settled | None = None,
) -> WalkResult:
    book = RuleBook(rule_sets or (RULES,))
    return walk([event_of(fact) for fact in facts], book, to_micros(now), settled)


def verdicts(result: WalkResult) -> dict[int, tuple[Verdict, Reason]]:
    """What was said of each appointment, by the number of its id."""
    return {int.from_bytes(said.appointment_id): (said.verdict, said.reason) for said in result.verdicts}


def reasons(result: WalkResult) -> dict[int, Reason]:
    return {number: reason for number, (_verdict, reason) in verdicts(result).items()}


# Generated histories stand on a coarse grid, and the windows are multiples of it: edges are met all the time.
STEP = timedelta(minutes=30)
SPAN = 120  # steps of a history: two and a half days


def generated(examples: int) -> settings:
    """How many histories a test meets; a busy machine is not a failure."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def moments(last: int = SPAN, step: timedelta = STEP) -> st.SearchStrategy[datetime]:
    return st.integers(0, last).map(lambda steps: MONDAY + steps * step)


def _calls(at: st.SearchStrategy[datetime]) -> st.SearchStrategy[Fact]:
    return st.builds(
        Call,
        id=st.just(ident(0)),
        started_at=at,
        # Missed calls and callbacks are what the rules are about, so they are drawn more often.
        direction=st.sampled_from([Direction.INBOUND, Direction.INBOUND, Direction.OUTBOUND]),
        outcome=st.sampled_from([Outcome.MISSED, Outcome.MISSED, Outcome.ANSWERED, *Outcome]),
        ring_seconds=st.sampled_from([None, 0, 2, 3, 4, 20]),
        talk_seconds=st.sampled_from([0, 19, 20, 21, 200]),
    )


def _actions(at: st.SearchStrategy[datetime]) -> st.SearchStrategy[Fact]:
    kinds = st.sampled_from([ActionKind.CALLED_BACK, ActionKind.CALLED_BACK, ActionKind.DISMISSED])
    return st.builds(Action, id=st.just(ident(0)), at=at, kind=kinds, reached=st.booleans())


def _appointments(at: st.SearchStrategy[datetime]) -> st.SearchStrategy[Fact]:
    statuses = st.sampled_from([AppointmentStatus.BOOKED, AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED])
    return st.builds(Appointment, id=st.just(ident(0)), booked_at=at, status=statuses)


@st.composite
def histories(
    draw: st.DrawFn, at: st.SearchStrategy[datetime] | None = None, most: int = 14, offset: int = 0
) -> list[Fact]:
    """Facts of one caller; ids from `offset` on are in another order than the times."""
    at = moments() if at is None else at
    facts = draw(st.lists(st.one_of(_calls(at), _calls(at), _actions(at), _appointments(at)), max_size=most))
    numbers = draw(st.permutations(range(offset, offset + len(facts))))
    return [replace(fact, id=ident(number)) for fact, number in zip(facts, numbers, strict=True)]


@st.composite
def rule_histories(draw: st.DrawFn) -> list[RuleSet]:
    """One to three versions on the grid. Windows are shorter than a clinic may set: a short history meets them."""
    starts = draw(st.lists(moments(), min_size=0, max_size=2, unique=True))
    return [
        RuleSet(
            version=version,
            in_force_from=start,
            voicemail_is_missed=draw(st.booleans()),
            min_ring_seconds=draw(st.sampled_from([0, 3])),
            min_talk_seconds=draw(st.sampled_from([0, 20])),
            callback_window=draw(st.sampled_from([2, 6, 12])) * STEP,
            booking_window=draw(st.sampled_from([2, 5, 16])) * STEP,
            clock_tolerance=draw(st.sampled_from([0, 1, 2])) * STEP,
            caller_returned_counts=draw(st.booleans()),
            max_open=draw(st.sampled_from([8, 20, 1000])) * STEP,
        )
        for version, start in enumerate(sorted([LONG_AGO, *starts]), start=1)
    ]


def shuffled(facts: Sequence[Fact]) -> st.SearchStrategy[list[Fact]]:
    """The same facts in any order, some of them more than once."""
    repeated = st.lists(st.sampled_from(facts), max_size=5) if facts else st.just([])
    return repeated.flatmap(lambda again: st.permutations([*facts, *again]))
