"""Outgoing webhooks, as far as they are functions of their arguments: events, signatures, answers, when to retry.

Pure. The form is Standard Webhooks'. Nothing here can hold a number: a message is made of ids, times, counts and words.
"""

import base64
import enum
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

SECRET_PREFIX = "whsec_"  # noqa: S105 - the beginning of one
# After each failed try, as Standard Webhooks advises; when all have passed, the message is given up.
RETRY_AFTER = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
JITTER = 0.2  # at most this share longer, so that what failed together does not come back together
LONGEST_FAILURE = timedelta(days=3)
# Ring groups look missed until another phone answers.
SETTLES_AFTER = timedelta(seconds=30)
# What happened longer ago is history that was just imported, and no news. A file of bookings may be a weekend late.
NEWS_OF_CALLS = timedelta(hours=24)
NEWS_OF_BOOKINGS = timedelta(hours=72)


class OutgoingEvent(enum.StrEnum):
    MISSED_CALL = "missed_call.opened"
    RECOVERED = "opportunity.recovered"
    DIGEST = "digest.daily"
    TEST = "test"  # by the button; nobody subscribes to it


EVENT_WORDS: Mapping[OutgoingEvent, str] = MappingProxyType(
    {
        OutgoingEvent.MISSED_CALL: "A missed caller waits for a callback",
        OutgoingEvent.RECOVERED: "An appointment was recovered",
        OutgoingEvent.DIGEST: "Yesterday’s counts, at 8 in the morning",
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try: the status, or one word for why there is none."""

    status: int | None = None
    problem: str = ""

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver says that it wants nothing any more."""
        return self.status == HTTPStatus.GONE


def retry_at(tries: int, now: datetime, jitter: float) -> datetime | None:
    """When to try again after so many failed tries; None when it is to be given up. `jitter` is from 0 to 1."""
    if tries > len(RETRY_AFTER):
        return None
    return now + RETRY_AFTER[tries - 1] * (1 + JITTER * jitter)


def must_switch_off(outcome: Outcome, failing_since: datetime, now: datetime) -> bool:
    """Whether a target is to be left alone after this failure."""
    return outcome.is_gone or now - failing_since >= LONGEST_FAILURE


def write_body(event: OutgoingEvent, at: datetime, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says: its type, when it came to pass, and facts; times in UTC, money as text."""
    return {"type": event.value, "timestamp": write_time(at), "data": dict(facts)}


def write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def encode_body(body: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and sent; the same at every try, however the body was stored meanwhile."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def sign_headers(message_id: str, content: bytes, secrets: Iterable[str], now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret that is valid now."""
    timestamp = str(int(now.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + content
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_sign(secret, signed) for secret in secrets),
    }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def make_secret(random: bytes) -> str:
    """As Standard Webhooks spells one."""
    return SECRET_PREFIX + base64.b64encode(random).decode()
