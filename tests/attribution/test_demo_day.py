"""The demo's endless day: in order of time, with everything in it that a worklist lives of, and nobody's number."""

import itertools
import re
from collections import Counter
from random import Random

import pytest

from attribution.demo import TYPES
from attribution.demo_day import LIVELY_SECONDS, Happening, live_day

DRAMA = re.compile(r"\+447700900\d{3}|\+442079460018|anonymous")


def some(count: int = 3000, seed: int = 1) -> list[Happening]:
    return list(itertools.islice(live_day(Random(seed)), count))


def calls_of(happenings: list[Happening]) -> list[Happening]:
    """The beginnings of calls."""
    return [one for one in happenings if one.message.get("CallStatus") == "ringing"]


def test_it_is_told_in_order_of_time_and_the_same_again() -> None:
    times = [one.at for one in some()]
    assert times == sorted(times)
    assert [dict(one.message) for one in some()] == [dict(one.message) for one in some()]


def test_a_caller_is_missed_at_once() -> None:
    """Whoever has just started it looks at the worklist."""
    first, *_ = some(1)
    assert (first.at, first.message["Direction"], first.message["CallStatus"]) == (0, "inbound", "ringing")
    [ending] = [one for one in some(20) if one.message.get("CallSid") == first.message["CallSid"] and one != first]
    assert (ending.message["CallStatus"], ending.at < 30) == ("no-answer", True)


def test_it_is_lively_and_then_gentle() -> None:
    inbound = [one.at for one in calls_of(some()) if one.message["Direction"] == "inbound"]
    lively = sum(at < LIVELY_SECONDS for at in inbound)
    assert 12 < lively < 50
    later = [at for at in inbound if at > LIVELY_SECONDS]
    assert 10 < 3600 * len(later) / (later[-1] - later[0]) < 30  # an hour


def test_there_is_everything_that_moves_a_page() -> None:
    told = some()
    ends = Counter(
        (one.message["Direction"], one.message["CallStatus"], "RecordingUrl" in one.message)
        for one in told
        if one.message and one.message["CallStatus"] != "ringing"
    )
    assert {
        ("inbound", "completed", False), ("inbound", "no-answer", False), ("inbound", "completed", True),
        ("outbound-api", "completed", False), ("outbound-api", "no-answer", False),
    } == set(ends)  # fmt: skip
    assert {one.booked for one in told if one.booked} == {code for code, *_ in TYPES}


def test_who_is_rung_back_has_rung_before_and_who_books_was_spoken_to() -> None:
    rang: set[str] = set()
    spoken: set[str] = set()
    for one in some():
        if one.booked:
            assert one.number in spoken
        elif one.message["Direction"] == "inbound":
            rang.add(one.message["From"])
            spoken |= {one.message["From"]} if "DialCallStatus" in one.message else set()
        else:
            assert one.message["To"] in rang
            spoken |= {one.message["To"]} if one.message["CallStatus"] == "completed" else set()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_numbers_are_nobodys_and_none_is_in_a_repr(seed: int) -> None:
    told = some(500, seed)
    for one in told:
        assert all(DRAMA.fullmatch(one.message[name]) for name in ("From", "To") if name in one.message)
        assert "+44" not in repr(one)
