"""The story of a caller: in order, in words, with why it was counted and what would have changed it."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from attribution import selectors
from attribution.domain import DismissReason, OpportunityStatus
from attribution.rules import RuleSet
from attribution.stories import Tone, length_words, tell_action, tell_call, tell_otherwise
from calls.domain import Outcome
from calls.hashing import caller_name
from tests.attribution.clinics import AMBER, BRAMBLE, NOW, Desk, ago, make_desk

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 3, 9, 5, tzinfo=UTC)


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def told(desk: Desk, caller: uuid.UUID = AMBER) -> list[tuple[str, str]]:
    story = selectors.get_caller_story(desk.clinic, caller, NOW)
    assert story is not None
    return [(moment.title, moment.detail) for moment in story.timeline]


def test_a_recovery_from_the_first_ring_to_the_booking(desk: Desk) -> None:
    desk.call(ago(hours=20), line="New patients")
    desk.call(ago(hours=19))
    desk.call_back(ago(hours=2), talk_seconds=180)
    desk.book(ago(hours=1))
    desk.call(ago(hours=1), BRAMBLE)
    desk.attribute()
    assert [title for title, _ in told(desk)] == ["Missed", "Missed", "Called back", "Booked"]
    assert "New patients" in told(desk)[0][1]
    assert told(desk)[2][1].startswith("spoke 3 min")
    story = selectors.get_caller_story(desk.clinic, AMBER, NOW)
    assert story is not None
    assert story.name == caller_name(AMBER)
    assert [chapter.opportunity.status for chapter in story.chapters] == ["recovered"]
    assert "would not have counted" in story.chapters[0].otherwise
    assert story.timeline[-1].tone is Tone.WON


def test_nothing_is_told_of_a_caller_who_is_gone(desk: Desk) -> None:
    desk.call(ago(days=3))
    desk.attribute()
    assert selectors.get_caller_story(desk.clinic, uuid.uuid4(), NOW) is None
    assert selectors.get_caller_story(desk.clinic, AMBER, NOW + timedelta(days=91)) is None


@pytest.mark.parametrize(
    ("is_inbound", "outcome", "words"),
    [
        (True, "missed", ("Missed", "rang 21 s · Line", Tone.WAITS)),
        (True, "voicemail", ("Missed, left a voicemail", "rang 21 s · Line", Tone.WAITS)),
        (True, "answered", ("Rang and was answered", "spoke 3 min · Line", Tone.PLAIN)),
        (True, "unknown", ("Call, outcome unknown", "rang 21 s · Line", Tone.PLAIN)),
        (False, "answered", ("Called back", "spoke 3 min · Line", Tone.CALLED)),
        (False, "missed", ("Called back, no answer", "rang 21 s · Line", Tone.CALLED)),
    ],
)
def test_calls_in_words(is_inbound: bool, outcome: str, words: tuple[str, str, Tone]) -> None:
    moment = tell_call(AT, is_inbound=is_inbound, outcome=outcome, ring_seconds=21, talk_seconds=180, line="Line")
    assert (moment.title, moment.detail, moment.tone) == words


def test_every_outcome_has_words() -> None:
    for outcome in Outcome:
        for is_inbound in (True, False):
            moment = tell_call(
                AT, is_inbound=is_inbound, outcome=outcome.name.lower(), ring_seconds=None, talk_seconds=0, line=""
            )
            assert moment.title and not moment.detail


def test_marks_of_the_desk_in_words() -> None:
    assert tell_action(AT, True, None, "Bob").title == "Marked as reached"
    assert tell_action(AT, False, None, "").detail == ""
    for reason in DismissReason:
        assert tell_action(AT, None, reason, "Bob").detail.endswith("by Bob")


@pytest.mark.parametrize("status", OpportunityStatus)
def test_every_status_says_what_would_change_it(status: OpportunityStatus) -> None:
    words = tell_otherwise(status, RuleSet(1, AT, min_talk_seconds=25), AT)
    assert "{" not in words
    assert words.endswith(".")


def test_the_windows_are_those_of_the_rules() -> None:
    rules = RuleSet(1, AT, callback_window=timedelta(hours=36), booking_window=timedelta(days=10))
    words = tell_otherwise(OpportunityStatus.LAPSED, rules, AT)
    assert "36 hours" in words
    assert "10 days" in words
    assert "Tue 3 Nov, 09:05" in tell_otherwise(OpportunityStatus.OPEN, rules, AT)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=48), "48 hours"),
        (timedelta(days=7), "7 days"),
        (timedelta(minutes=90), "90 minutes"),
    ],
)
def test_lengths(length: timedelta, words: str) -> None:
    assert length_words(length) == words
