"""Intake: what is stored of a message, what is merged, what is refused; with nothing half-done."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from calls.domain import CallerKind, Direction, Outcome, RefusalReason, Refused
from calls.intake import record_events
from tests.calls.factories import count_changes, known_callers, make_clinic, make_event, stored_calls

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
SPELLINGS = [
    "+447700900123",
    "07700 900123",
    "00447700900123",
    "(0)7700-900123",
    "447700900123",
    "+44 (0) 7700 900 123",
]


def test_it_stores_a_call_and_leaves_the_work_row() -> None:
    clinic = make_clinic(NOW)
    [receipt] = record_events(clinic=clinic, events=[make_event("a", NOW, ring_seconds=18, line="New")], now=NOW)
    [call] = stored_calls(clinic)
    assert (call.id, call.caller, receipt.created) == (receipt.id, receipt.caller, True)
    assert (call.outcome, call.direction, call.kind) == (Outcome.MISSED, Direction.INBOUND, CallerKind.CALLER)
    assert (call.started_at, call.ring_seconds, call.line, call.source) == (NOW, 18, "New", "api")
    assert count_changes(clinic) == 1


def test_every_spelling_is_the_same_caller() -> None:
    clinic = make_clinic(NOW)
    events = [make_event(f"k{index}", NOW, number) for index, number in enumerate(SPELLINGS)]
    assert len({receipt.caller for receipt in record_events(clinic=clinic, events=events, now=NOW)}) == 1


def test_a_number_is_another_caller_in_another_clinic() -> None:
    ours, theirs = make_clinic(NOW), make_clinic(NOW, "Oak Street")
    [here] = record_events(clinic=ours, events=[make_event("a", NOW)], now=NOW)
    [there] = record_events(clinic=theirs, events=[make_event("a", NOW)], now=NOW)
    assert here.caller != there.caller
    assert here.id != there.id


@pytest.mark.parametrize("number", [None, "", "anonymous", "Withheld", "+266696687", "sip:anonymous@anonymous.invalid"])
def test_withheld_callers_have_no_caller(number: str | None) -> None:
    clinic = make_clinic(NOW)
    receipts = record_events(clinic=clinic, events=[make_event(key, NOW, number) for key in "ab"], now=NOW)
    assert [receipt.caller for receipt in receipts] == [None, None]
    assert {call.kind for call in stored_calls(clinic)} == {CallerKind.WITHHELD}
    assert known_callers(clinic) == set()


def test_messages_of_one_call_are_one_row_in_any_order() -> None:
    messages = [
        make_event("a", NOW, outcome=Outcome.RINGING),
        make_event("a", NOW, None, number_known=False, outcome=Outcome.ANSWERED, talk_seconds=40),
        make_event("a", NOW, outcome=Outcome.MISSED, ring_seconds=9),
        make_event("a", NOW, outcome=Outcome.VOICEMAIL),
    ]
    seen = set()
    for order in permutations(messages):
        clinic = make_clinic(NOW)
        for event in order:
            record_events(clinic=clinic, events=[event], now=NOW)
        [call] = stored_calls(clinic)
        assert call.caller is not None
        seen.add((call.outcome, call.talk_seconds, call.ring_seconds, call.kind, call.direction))
    assert seen == {(Outcome.ANSWERED, 40, 9, CallerKind.CALLER, Direction.INBOUND)}


def test_a_repeated_message_changes_nothing_and_leaves_no_work() -> None:
    clinic = make_clinic(NOW)
    event = make_event("a", NOW)
    [first] = record_events(clinic=clinic, events=[event], now=NOW)
    [again] = record_events(clinic=clinic, events=[event], now=NOW)
    assert (again.id, again.caller, again.created) == (first.id, first.caller, False)
    assert count_changes(clinic) == 1


def test_a_ringing_call_is_no_work_yet() -> None:
    clinic = make_clinic(NOW)
    record_events(clinic=clinic, events=[make_event("a", NOW, outcome=Outcome.RINGING)], now=NOW)
    assert count_changes(clinic) == 0


def test_the_start_is_that_of_the_first_message() -> None:
    clinic = make_clinic(NOW)
    for minutes in (0, 3, -2):
        event = make_event("a", NOW - timedelta(minutes=10) + timedelta(minutes=minutes))
        record_events(clinic=clinic, events=[event], now=NOW)
    [call] = stored_calls(clinic)
    assert call.started_at == NOW - timedelta(minutes=10)


def test_a_call_over_the_end_of_a_week_is_found_again() -> None:
    clinic = make_clinic(NOW)
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    for at in (monday - timedelta(seconds=20), monday + timedelta(seconds=40)):
        record_events(clinic=clinic, events=[make_event("a", at)], now=monday + timedelta(hours=1))
    assert len(stored_calls(clinic)) == 1


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (timedelta(minutes=-5, seconds=-1), RefusalReason.IN_FUTURE),
        (timedelta(days=90, seconds=1), RefusalReason.TOO_OLD),
        (timedelta(days=400), RefusalReason.TOO_OLD),
    ],
)
def test_it_refuses_what_is_out_of_time(age: timedelta, reason: RefusalReason) -> None:
    clinic = make_clinic(NOW)
    with pytest.raises(Refused) as refused:
        record_events(clinic=clinic, events=[make_event("a", NOW), make_event("b", NOW - age)], now=NOW)
    assert refused.value.reason is reason
    assert stored_calls(clinic) == []  # the good one neither: a message is stored whole or not at all


@pytest.mark.parametrize("age", [timedelta(minutes=-5), timedelta(days=83)])
def test_it_takes_what_is_just_in_time(age: timedelta) -> None:
    clinic = make_clinic(NOW)
    record_events(clinic=clinic, events=[make_event("a", NOW - age)], now=NOW)
    assert len(stored_calls(clinic)) == 1


def test_it_refuses_events_of_a_week_that_is_gone() -> None:
    """A week goes when its first day is 90 days old: its Sunday then is 84, within the limit, and gone all the same."""
    clinic = make_clinic(NOW)
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)  # 2026-08-24, a Monday, is 91 days ago
    with pytest.raises(Refused) as refused:
        record_events(clinic=clinic, events=[make_event("a", datetime(2026, 8, 30, 12, tzinfo=UTC))], now=now)
    assert refused.value.reason is RefusalReason.TOO_OLD
    record_events(clinic=clinic, events=[make_event("a", datetime(2026, 8, 31, 0, 0, 1, tzinfo=UTC))], now=now)


@pytest.mark.parametrize(
    ("key", "line", "reason"),
    [
        ("x7700900123", "", RefusalReason.IDENTIFIER_CONTAINS_NUMBER),
        ("07700-900-123", "", RefusalReason.IDENTIFIER_CONTAINS_NUMBER),
        ("a", "Line 020 7946 0018", RefusalReason.LABEL_CONTAINS_NUMBER),
        ("a", "Main 07700,900,123", RefusalReason.LABEL_CONTAINS_NUMBER),
        ("a", "Desk 900123", RefusalReason.LABEL_CONTAINS_NUMBER),  # the end of its own number is a local number
        ("a", "x" * 41, RefusalReason.UNREADABLE),
    ],
)
def test_it_refuses_text_that_would_keep_a_number(key: str, line: str, reason: RefusalReason) -> None:
    clinic = make_clinic(NOW)
    with pytest.raises(Refused) as refused:
        record_events(clinic=clinic, events=[make_event(key, NOW, line=line)], now=NOW)
    assert refused.value.reason is reason
    assert "900" not in str(refused.value)


def test_the_same_call_by_api_and_file_is_one_call() -> None:
    clinic = make_clinic(NOW)
    record_events(clinic=clinic, events=[make_event("a", NOW)], now=NOW)
    from_file = make_event("a", NOW)
    event = type(from_file)("csv", "a", from_file.direction, from_file.outcome, NOW, from_file.number)
    [receipt] = record_events(clinic=clinic, events=[event], now=NOW)
    assert not receipt.created
