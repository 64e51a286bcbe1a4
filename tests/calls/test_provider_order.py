"""Messages of one call come in any order, twice and late, and are always the same row; by the real merging."""

import functools
import uuid
from itertools import islice, permutations

import pytest

from calls.domain import CallerKind, CallEvent, Direction, HashedCall, Outcome
from calls.intake import hashed_call
from calls.numbers import read_number
from calls.services import merge_calls
from tests.calls.phone_systems import SYSTEMS, TEN

ROW = uuid.UUID(int=7)
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
CALLS: list[tuple[str, tuple[str, ...], tuple[Direction, Outcome, int, CallerKind]]] = [
    ("ringback", ("answered",), (IN, Outcome.ANSWERED, 95, CallerKind.CALLER)),
    (
        "aircall",
        ("created", "ring_group_first", "ring_group_declined", "ring_group_second", "answered", "answered_ended"),
        (IN, Outcome.ANSWERED, 95, CallerKind.CALLER),
    ),
    ("aircall", ("answered", "transfer", "answered_ended"), (IN, Outcome.ANSWERED, 95, CallerKind.CALLER)),
    ("aircall", ("missed_hungup", "missed", "voicemail"), (IN, Outcome.VOICEMAIL, 0, CallerKind.CALLER)),
    (
        "dialpad",
        (
            "ringing",
            "ring_group_leg_ringing",
            "ring_group_leg_missed",
            "leg_connected",
            "leg_hangup",
            "answered_hangup",
        ),
        (IN, Outcome.ANSWERED, 95, CallerKind.CALLER),
    ),
    ("dialpad", ("ringing", "ring_group_leg_missed", "missed"), (IN, Outcome.MISSED, 0, CallerKind.CALLER)),
    ("dialpad", ("missed", "voicemail", "voicemail_hangup"), (IN, Outcome.VOICEMAIL, 0, CallerKind.CALLER)),
    ("dialpad", ("outbound_calling", "outbound"), (OUT, Outcome.ANSWERED, 60, CallerKind.CALLER)),
    ("callrail", ("pre_call", "answered", "answered_modified"), (IN, Outcome.ANSWERED, 95, CallerKind.CALLER)),
    (
        "ringcentral",
        ("setup", "menu_answered", "ring_group_first", "ring_group_missed", "answered", "transfer"),
        (IN, Outcome.ANSWERED, 0, CallerKind.CALLER),
    ),
    ("ringcentral", ("answered", "hold", "caller_disconnected"), (IN, Outcome.ANSWERED, 0, CallerKind.CALLER)),
    ("ringcentral", ("menu_answered", "caller_disconnected"), (IN, Outcome.MISSED, 0, CallerKind.CALLER)),
    ("ringcentral", ("missed", "voicemail_screening", "voicemail"), (IN, Outcome.VOICEMAIL, 0, CallerKind.CALLER)),
    (
        "ringcentral",
        ("outbound_proceeding", "outbound", "outbound_disconnected"),
        (OUT, Outcome.ANSWERED, 0, CallerKind.CALLER),
    ),
    (
        "zoom",
        ("ringing", "ring_group_missed", "ring_group_other", "queue_answered", "answered", "answered_ended"),
        (IN, Outcome.ANSWERED, 95, CallerKind.CALLER),
    ),
    ("zoom", ("answered", "transfer", "answered_ended"), (IN, Outcome.ANSWERED, 95, CallerKind.CALLER)),
    ("zoom", ("missed", "rejected", "voicemail_ended", "voicemail"), (IN, Outcome.VOICEMAIL, 0, CallerKind.CALLER)),
    ("zoom", ("outbound_ringing", "outbound_connected", "outbound"), (OUT, Outcome.ANSWERED, 60, CallerKind.CALLER)),
    (
        "vonage",
        ("started", "menu_answered", "leg_ringing", "ring_group_unanswered", "leg_completed", "answered_completed"),
        (IN, Outcome.ANSWERED, 95, CallerKind.CALLER),
    ),
    ("vonage", ("missed", "voicemail"), (IN, Outcome.VOICEMAIL, 0, CallerKind.CALLER)),
    ("vonage", ("outbound", "outbound_human"), (OUT, Outcome.ANSWERED, 60, CallerKind.UNKNOWN)),
    (
        "telnyx",
        ("initiated", "menu_answered", "leg_initiated", "ring_group_timeout", "bridged", "answered_hangup"),
        (IN, Outcome.ANSWERED, 0, CallerKind.CALLER),
    ),
    ("telnyx", ("initiated", "bridged", "transfer"), (IN, Outcome.ANSWERED, 0, CallerKind.CALLER)),
    ("telnyx", ("missed_initiated", "missed", "voicemail"), (IN, Outcome.VOICEMAIL, 0, CallerKind.CALLER)),
    ("dial9", ("incoming", "answered_without_numbers"), (IN, Outcome.ANSWERED, 95, CallerKind.CALLER)),
    ("dial9", ("missed_incoming", "missed", "voicemail"), (IN, Outcome.VOICEMAIL, 0, CallerKind.CALLER)),
    ("dial9", ("outbound_begun", "outbound"), (OUT, Outcome.ANSWERED, 60, CallerKind.CALLER)),
]


def hashed(event: CallEvent) -> HashedCall:
    number = read_number(event.number, "GB") if event.number_known else None
    is_caller = number is not None and number.kind is CallerKind.CALLER
    caller = uuid.uuid5(ROW, number.e164) if number is not None and is_caller else None
    return hashed_call(event, ROW, number, caller)


@functools.cache
def rows_of(system: str, name: str) -> tuple[HashedCall, ...]:
    return tuple(hashed(event) for event in SYSTEMS[system].read_named(name))


@pytest.mark.parametrize(("system", "names", "expected"), CALLS, ids=lambda value: str(value)[:40])
def test_they_mean_the_same_in_any_order(
    system: str, names: tuple[str, ...], expected: tuple[Direction, Outcome, int, CallerKind]
) -> None:
    results = set()
    for order in islice(permutations(names), 720):
        rows = [row for name in (*order, *order[:2], order[-1]) for row in rows_of(system, name)]  # some of them twice
        row = functools.reduce(merge_calls, rows)
        shown = (row.direction, row.outcome, row.talk_seconds, row.kind)
        assert shown == expected
        results.add((*shown, row.caller, row.ring_seconds, row.line))
    assert len(results) == 1


def test_they_name_the_same_call() -> None:
    for system, names, _ in CALLS:
        keys = {event.call_key for name in names for event in SYSTEMS[system].read_named(name)}
        assert len(keys) == 1, (system, names)


def test_a_message_that_comes_late_is_of_the_time_of_its_call() -> None:
    for system in SYSTEMS.values():
        for event in system.read_named(system.sample):
            assert abs((event.started_at - TEN).total_seconds()) < 60
