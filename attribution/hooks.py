"""What the door of messages (`calls.webhooks`) asks about those of a booking system: whose one is, and to store it.

It holds no door of its own: bodies, limits, counts and answers are that door's.
"""

from datetime import datetime

from attribution.bookings import calendly
from attribution.selectors.bookings import find_hook
from attribution.services import receive_booking
from calls.domain import Message
from calls.selectors import ConnectionFacts

CONTENT_TYPES = calendly.CONTENT_TYPES


def find(token: str) -> ConnectionFacts | None:
    """The booking system that has this token in its address."""
    return find_hook(token)


def receive(*, hook: ConnectionFacts, message: Message, now: datetime) -> None:
    """Raises `BadSignature`, or `Refused` with nothing stored."""
    receive_booking(hook=hook, message=message, now=now)
