"""Leaves word of what a recomputation found for those outside who want to know, in the transaction of the fact.

It says what is news and what is history; who wants to know, and whether they were told, is decided by one statement.
"""

from collections.abc import Sequence

from attribution import outbox
from attribution.deliveries import NEWS_OF_BOOKINGS, NEWS_OF_CALLS
from attribution.domain import OpportunityStatus
from attribution.results import Found
from attribution.rules import to_micros
from attribution.services.context import Context

_WAITING = (OpportunityStatus.OPEN, OpportunityStatus.ATTEMPTED)


def announce(context: Context, found: Sequence[Found]) -> None:
    """Asks the database only where something is news: an import of months, or a rebuild, costs next to nothing."""
    calls_since = to_micros(context.now - NEWS_OF_CALLS)
    bookings_since = to_micros(context.now - NEWS_OF_BOOKINGS)
    missed, recovered = [], []
    for caller, opportunity, *_ in found:
        if opportunity.opened_at >= calls_since and opportunity.status in _WAITING:
            missed.append((caller, opportunity.opened_at))
        elif (opportunity.booked_at or 0) >= bookings_since and opportunity.status is OpportunityStatus.RECOVERED:
            recovered.append((caller, opportunity.opened_at))
    if missed:
        outbox.leave_missed(context.clinic.id, missed, context.now)
    if recovered:
        outbox.leave_recovered(context.clinic.id, recovered, context.now)
