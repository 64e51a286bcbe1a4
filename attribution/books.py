"""What does not change any more: which opportunities are settled, and which caller an appointment belongs to.

Pure. It refuses to decide when a day closes (`rules.book_limits` and the service do) or to delete anything.
"""

from collections.abc import Container, Sequence
from datetime import date, tzinfo
from typing import Generic, NamedTuple, TypeVar

from attribution.domain import OpportunityStatus
from attribution.opportunities import Opportunity
from attribution.rules import from_micros
from attribution.walk import Settled

CallerId = TypeVar("CallerId")


class Settlement(NamedTuple):
    settled: list[Opportunity]  # as they stay for ever
    remaining: list[Opportunity]
    books: Settled | None  # what to keep of the caller; none while nothing was ever settled


def settle(
    opportunities: Sequence[Opportunity],
    closed_days: Container[date],
    zone: tzinfo,
    now: int,
    books: Settled | None = None,
) -> Settlement:
    """Settle the opportunities that were opened on closed local days.

    `opportunities` are those of one walk that began after `books`, by `opened_at`. Only a beginning of them can be
    settled, because the walk starts after the last settled one: the first that was opened on an open day keeps those
    behind it open, too.
    """
    count = 0
    for opportunity in opportunities:
        if from_micros(opportunity.opened_at).astimezone(zone).date() not in closed_days:
            break
        count += 1
    settled = [_finished(opportunity, now) for opportunity in opportunities[:count]]
    return Settlement(settled, list(opportunities[count:]), _books_of(settled[-1], now) if settled else books)


def _finished(opportunity: Opportunity, now: int) -> Opportunity:
    """None is settled unfinished. That happens only when a clinic has just shortened its retention: it lapses now."""
    if opportunity.closed_at is not None:
        return opportunity
    return opportunity._replace(status=OpportunityStatus.LAPSED, closed_at=now)


def _books_of(last: Opportunity, now: int) -> Settled:
    settled_until = now if last.closed_at is None else last.closed_at
    return Settled(settled_until, last.last_missed_at, last.status)


class Candidate(NamedTuple, Generic[CallerId]):
    """A caller by whom an appointment could be owned."""

    caller: CallerId
    latest_at: int | None  # the latest call or staff action at or before the appointment's place
    settled_until: int | None = None


def choose_owner(candidates: Sequence[Candidate[CallerId]], place: int, owner: CallerId | None = None) -> CallerId:
    """The one caller whom an appointment at this place belongs to; `candidates` in the order of its numbers.

    `owner` is whom it belonged to so far. It stays there when the books at its place are closed, those of the
    caller who would lose it or of the one who would gain it: a late call changes nothing that is closed.
    """
    # max() takes the first of equals, so that a tie goes by the order of the numbers.
    chosen = max(candidates, key=lambda candidate: (candidate.latest_at is not None, candidate.latest_at or 0)).caller
    closed = [
        candidate.caller
        for candidate in candidates
        if candidate.settled_until is not None and place <= candidate.settled_until
    ]
    is_candidate = any(candidate.caller == owner for candidate in candidates)
    if owner is not None and is_candidate and (owner in closed or chosen in closed):
        return owner
    return chosen
