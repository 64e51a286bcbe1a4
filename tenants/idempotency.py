"""Keeps the answers to requests that named an `Idempotency-Key`, for a day, and counts what may be done rarely.

Writes, in the clinic's scope. It keeps no key, no body and nothing by which either could be tried: the hashes are keyed
with the client's own key, of which we keep nothing but a hash.
"""

import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Manager

from tenants.models import ApiKey, IdempotentAnswer, RareUse, User
from tenants.scope import as_clinic, current_clinic_id

ANSWER_LIFE: Final = timedelta(hours=24)
_SEED_TEXT: Final = b"ringback/idempotency/v1\x00"


class OtherRequest(Exception):
    """The key was used for another request."""


class TooOften(Exception):
    """It was done as often as it may be; `wait` says how long until it may be done again."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request by the hashes of its key and of all that makes it what it is."""

    key_hash: bytes
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    status: int
    text: str


def keyed_request(client_id: uuid.UUID, idempotency_key: str, request: str) -> KeyedRequest:
    """Of a key or a person; `request` is all that makes two requests the same: method, address and body."""
    text = _SEED_TEXT + client_id.bytes + idempotency_key.encode()
    seed = hmac.digest(settings.KEY_ENCRYPTION_KEY.encode(), text, "sha256")
    return KeyedRequest(hmac.digest(seed, b"key", "sha256"), hmac.digest(seed, b"body" + request.encode(), "sha256"))


def claim_answer(*, request: KeyedRequest, now: datetime) -> KeptAnswer | None:
    """The answer that was given, or None: then it is ours to make, and whoever asks the same meanwhile waits for it.

    The wait is the unique index's: a second claim goes on when the transaction of the first has ended. Raises
    `OtherRequest`.
    """
    clinic_id = current_clinic_id()
    answers = IdempotentAnswer.objects.filter(clinic_id=clinic_id)
    answers.filter(created_at__lte=now - ANSWER_LIFE).delete()
    claim = IdempotentAnswer(
        clinic_id=clinic_id, key_hash=request.key_hash, body_hash=request.body_hash, created_at=now
    )
    IdempotentAnswer.objects.bulk_create([claim], ignore_conflicts=True)
    known = answers.get(key_hash=request.key_hash)
    if not hmac.compare_digest(bytes(known.body_hash), request.body_hash):
        raise OtherRequest
    return None if known.status is None else KeptAnswer(known.status, known.answer)


def keep_answer(*, request: KeyedRequest, answer: KeptAnswer | None) -> None:
    """Keeps the answer of a claim; without one the claim is given up, and the same key can be tried again."""
    claim = IdempotentAnswer.objects.filter(clinic_id=current_clinic_id(), key_hash=request.key_hash)
    if answer is None:
        claim.delete()
    else:
        claim.update(status=answer.status, answer=answer.text)


def use_rarely(
    *, clinic_id: uuid.UUID, client_id: uuid.UUID, is_key: bool, what: str, limit: int, now: datetime
) -> None:
    """Counts one use by a key or a person; at most `limit` in any hour. Raises `TooOften`."""
    with as_clinic(clinic_id):
        # One at a time, or two would both be the last.
        askers: Manager[ApiKey] | Manager[User] = ApiKey.objects if is_key else User.objects
        askers.select_for_update(no_key=True).get(pk=client_id)
        uses = RareUse.objects.filter(clinic_id=clinic_id, api_key_id=client_id, what=what)
        latest = list(uses.filter(at__gt=now - timedelta(hours=1)).order_by("-at").values_list("at", flat=True)[:limit])
        if len(latest) == limit:
            raise TooOften(latest[-1] + timedelta(hours=1) - now)
        RareUse.objects.create(clinic_id=clinic_id, api_key_id=client_id, what=what, at=now)


def forget_expired(*, clinic_id: uuid.UUID, now: datetime) -> int:
    """Deletes answers and uses that are older than a day; returns how many."""
    with as_clinic(clinic_id):
        answers, _ = IdempotentAnswer.objects.filter(clinic_id=clinic_id, created_at__lte=now - ANSWER_LIFE).delete()
        uses, _ = RareUse.objects.filter(clinic_id=clinic_id, at__lte=now - ANSWER_LIFE).delete()
        return answers + uses
