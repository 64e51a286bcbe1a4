"""Calendly: signed messages about invitees; refuses what is older than three minutes or not signed.

A booking that is moved is a cancelled invitee and a new one, which name each other. It keeps the first one's key and
time, whichever message comes first: `earlier` and `later` say how they belong together. Of what is cancelled for good
nothing comes back: who books again is a new invitee.
"""

import hmac
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from attribution.bookings.records import (
    Booking,
    keep_numbers,
    linked_id,
    need_instant,
    read_amount,
    short_label,
    spelling,
)
from calls.domain import BadSignature, Message, Refused, VerifiedBody
from calls.providers.fields import Fields, read_object

NAME = "calendly"
TITLE = "Calendly"
CONTENT_TYPES = ("application/json",)
STEPS = (
    "Calendly takes webhooks from its Standard plan on, and through its API only: the page after this one shows the"
    " command. An owner or admin of your Calendly organisation makes a personal access token for it under Integrations,"
    " API & Webhooks.",
    "In your event types ask for a phone number: under Invitee questions, or by text reminders. A booking without a"
    " number can’t be matched to a call.",
)

TOLERANCE: Final = timedelta(seconds=180)
_SIGNATURE: Final = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_PHONE_LIKE: Final = re.compile(r"\+?[0-9(][0-9().\s/-]{5,28}[0-9]")
_CREATED, _CANCELED = "invitee.created", "invitee.canceled"


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature."""
    found = _SIGNATURE.fullmatch(message.headers.get("calendly-webhook-signature", "").replace(" ", ""))
    if found is None or not secret:
        raise BadSignature
    if abs(int(found[1]) - received_at.timestamp()) > TOLERANCE.total_seconds():
        raise BadSignature
    expected = hmac.digest(secret.encode(), found[1].encode() + b"." + message.body, "sha256").hex()
    if not hmac.compare_digest(expected, found[2]):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody) -> list[Booking]:
    """One booking, or none for a message about something else. Raises Refused."""
    message = read_object(verified.body)
    event = message.word("event")
    if event not in (_CREATED, _CANCELED):  # who did not show up had not cancelled
        return []
    invitee = message.part("payload")
    is_moved = event == _CANCELED and invitee.flag("rescheduled")
    kind = invitee.part("scheduled_event")
    value, currency = _payment(invitee)
    return [
        Booking(
            key=_key_of(invitee, "uri"),
            booked_at=need_instant(invitee, "created_at"),
            is_cancelled=event == _CANCELED and not is_moved,
            labels=tuple(filter(None, (linked_id(kind.text("event_type")), short_label(kind, "name")))),
            numbers=_numbers(invitee, kind),
            value=value,
            currency=currency,
            earlier=_key_of(invitee, "old_invitee", is_optional=True),
            later=_key_of(invitee, "new_invitee", is_optional=True),
        )
    ]


def _key_of(invitee: Fields, name: str, *, is_optional: bool = False) -> str:
    """The last part of an invitee's address, which is random. Raises Refused."""
    link = invitee.text(name)
    if not link and is_optional:
        return ""
    key = linked_id(link)
    if not key or "/invitees/" not in link:
        raise invitee.refuse(name, "is not the address of an invitee")
    return key


def _numbers(invitee: Fields, event: Fields) -> tuple[str, ...]:
    """The number for reminders, answers that are a number and nothing else, and where the invitee is to be rung."""
    found = [spelling(invitee, "text_reminder_number")]
    if not invitee.is_empty("questions_and_answers"):
        answers = [spelling(one, "answer").strip() for one in invitee.parts("questions_and_answers")]
        found += [answer for answer in answers if _PHONE_LIKE.fullmatch(answer)]
    try:
        place = event.part("location")
        found += [spelling(place, "location")] if place.text("type") == "outbound_call" else []
    except Refused:  # a place can be many things; only a number is wanted
        pass
    return keep_numbers(found)


def _payment(invitee: Fields) -> tuple[Decimal | None, str]:
    if invitee.is_empty("payment"):
        return None, ""
    payment = invitee.part("payment")
    amount: Any = payment.raw("amount")
    return read_amount(amount), payment.text("currency", 3).upper()
