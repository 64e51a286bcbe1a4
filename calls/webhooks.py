"""The door for messages of phone systems, `POST /hooks/<provider>/<token>`: translates, and calls intake.

It answers 2xx only for what is stored, and says in a refusal which field was wrong and never what it held.
"""

import contextlib
import logging
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from psycopg_pool import PoolTimeout

from calls import intake, selectors, tallies
from calls.domain import BadSignature, Message, RefusalReason, Refused
from calls.field_names import list_field_names
from calls.providers import ANSWERED_WITH_200, CHALLENGERS, PROVIDERS
from calls.selectors import ConnectionFacts
from calls.services import count_refusal
from tenants.limits import TokenBuckets

logger = logging.getLogger(__name__)

MAX_BODY = 64 * 1024
RETRY_SECONDS = 5
_refusals = TokenBuckets.from_rate("120/min")  # of each connection, in each process


class Unanswerable(Exception):
    """A message that is not stored. With a `reason` it is counted for the clinic; `retry_after` in seconds."""

    def __init__(self, status: HTTPStatus, detail: str, reason: str = "", retry_after: int = 0) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.reason = reason
        self.retry_after = retry_after


class BookingHook(Protocol):
    """A floor above that takes the messages of a booking system; wired in `settings.BOOKING_HOOKS`."""

    @property
    def CONTENT_TYPES(self) -> tuple[str, ...]: ...

    def find(self, token: str) -> ConnectionFacts | None: ...

    def receive(self, *, hook: ConnectionFacts, message: Message, now: datetime) -> None: ...


@csrf_exempt  # a provider has no cookie; its signature is what counts
def receive_webhook(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """204 (or 200 where nothing else will do), the answer to a challenge, or a problem of RFC 9457."""
    if request.method != "POST":
        response = problem(HTTPStatus.METHOD_NOT_ALLOWED, "Messages are sent by POST.")
        response["Allow"] = "POST"
        return response
    try:
        return _store(request, provider, token)
    except Unanswerable as error:
        return _answer(error)
    except (AnyDatabaseError, PoolTimeout) as error:
        logger.error("a message could not be stored: %s", type(error).__name__)
        detail = "The message could not be stored. Send it again."
        return _answer(Unanswerable(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=RETRY_SECONDS))


def _answer(error: Unanswerable) -> HttpResponse:
    response = problem(error.status, error.detail)
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def _store(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    booking = _booking_hook(provider)
    connection = booking.find(token) if booking else selectors.find_connection(token)
    if connection is None or connection.provider != provider:
        raise Unanswerable(HTTPStatus.NOT_FOUND, "There is no such connection.")
    if connection.is_paused:
        raise Unanswerable(HTTPStatus.SERVICE_UNAVAILABLE, "The connection is paused.", retry_after=RETRY_SECONDS)
    now = timezone.now()
    try:
        message = _read_message(request)
        answer = _answer_challenge(connection, message, now) if provider in CHALLENGERS else None
        if answer is not None:
            return answer
        _require_content_type(message, (booking or PROVIDERS[provider]).CONTENT_TYPES)
        if booking:
            _receive_booking(booking, connection, message, now)
        else:
            _receive(connection, message, now)
    except Unanswerable as error:
        _count(connection, error.reason, now)
        raise
    return HttpResponse(status=HTTPStatus.OK if provider in ANSWERED_WITH_200 else HTTPStatus.NO_CONTENT)


def _booking_hook(provider: str) -> BookingHook | None:
    """Whoever takes messages of this kind, where that is not us: nobody above is known here by name."""
    path = settings.BOOKING_HOOKS.get(provider)
    return cast(BookingHook, import_module(path)) if path else None


def _receive_booking(booking: BookingHook, hook: ConnectionFacts, message: Message, now: datetime) -> None:
    with _translated():
        booking.receive(hook=hook, message=message, now=now)


def _answer_challenge(connection: ConnectionFacts, message: Message, now: datetime) -> HttpResponse | None:
    """What a phone system asks when the address is pasted there; None where it is a message like any other."""
    with _translated():
        answer = CHALLENGERS[connection.provider].answer_challenge(message, connection.secret, now)
    return None if answer is None else JsonResponse(answer.body, headers=answer.headers)


def _receive(connection: ConnectionFacts, message: Message, now: datetime) -> None:
    with _translated():
        receipts = intake.receive(connection=connection, message=message, now=now)
    tallies.note_message(
        clinic_id=connection.clinic.id,
        connection_id=connection.id,
        calls=sum(receipt.created for receipt in receipts),
        names=list_field_names(message.body),  # signed, or it would not have come here
        now=now,
    )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What intake and providers raise, as answers."""
    try:
        yield
    except BadSignature:
        raise Unanswerable(HTTPStatus.UNAUTHORIZED, "The signature does not match.", "signature") from None
    except Refused as refused:
        # Without the cause: its traceback would hold on to the parser's frames, and they to the number.
        detail = f"{refused.reason}: {refused.detail}"
        raise Unanswerable(_status(refused), detail, refused.reason.value) from None


def _count(connection: ConnectionFacts, reason: str, now: datetime) -> None:
    """Counts a refusal. Who sends nonsense without end is told to wait and costs no more writes; what is sound is never
    limited."""
    wait = _refusals.take(connection.id)
    if wait:
        detail = "Too many messages were refused. Wait, and look at the connection."
        raise Unanswerable(HTTPStatus.TOO_MANY_REQUESTS, detail, retry_after=math.ceil(wait))
    count_refusal(
        clinic_id=connection.clinic.id,
        source=connection.provider,
        reason=reason,
        now=now,
        # What is not a connection of ours has no counts by the hour.
        connection_id=None if connection.provider in settings.BOOKING_HOOKS else connection.id,
    )


def _status(refused: Refused) -> HTTPStatus:
    is_unreadable = refused.reason is RefusalReason.UNREADABLE
    return HTTPStatus.BAD_REQUEST if is_unreadable else HTTPStatus.UNPROCESSABLE_ENTITY


def _require_content_type(message: Message, content_types: Sequence[str]) -> None:
    if message.content_type not in content_types:
        detail = f"Expected {' or '.join(content_types)}."
        raise Unanswerable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, "content_type")


def _read_message(request: HttpRequest) -> Message:
    body = request.read(MAX_BODY + 1)  # never more than that, whatever the length that was announced
    if len(body) > MAX_BODY:
        detail = f"A message has at most {MAX_BODY} bytes."
        raise Unanswerable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, "too_large")
    headers = {name.lower(): value for name, value in request.headers.items()}
    # The address as the provider called it: behind a proxy the request's own host may be another.
    return Message(body, headers, settings.PUBLIC_URL + request.get_full_path(), request.content_type or "")


def problem(status: HTTPStatus, detail: str) -> JsonResponse:
    """An error of RFC 9457."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")
