"""The door for messages of phone systems, `POST /hooks/<provider>/<token>`: translates, and calls intake.

It answers 2xx only for what is stored, and says in a refusal which field was wrong and never what it held.
"""

import logging
from collections.abc import Sequence
from http import HTTPStatus

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from psycopg_pool import PoolTimeout

from calls import intake, selectors
from calls.domain import BadSignature, Message, RefusalReason, Refused
from calls.providers import PROVIDERS
from calls.services import count_refusal

logger = logging.getLogger(__name__)

MAX_BODY = 64 * 1024
RETRY_SECONDS = 5


class Unanswerable(Exception):
    """A message that is answered before anybody looks into it."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@csrf_exempt  # a provider has no cookie; its signature is what counts
def receive_webhook(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """204, or a problem of RFC 9457."""
    if request.method != "POST":
        response = problem(HTTPStatus.METHOD_NOT_ALLOWED, "Messages are sent by POST.")
        response["Allow"] = "POST"
        return response
    try:
        _store(request, provider, token)
    except Unanswerable as error:
        return problem(error.status, error.detail)
    except (AnyDatabaseError, PoolTimeout) as error:
        logger.error("a message could not be stored: %s", type(error).__name__)
        response = problem(HTTPStatus.SERVICE_UNAVAILABLE, "The message could not be stored. Send it again.")
        response["Retry-After"] = str(RETRY_SECONDS)
        return response
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _store(request: HttpRequest, provider: str, token: str) -> None:
    connection = selectors.find_connection(token)
    if connection is None or connection.provider != provider:
        raise Unanswerable(HTTPStatus.NOT_FOUND, "There is no such connection.")
    if connection.is_paused:
        raise Unanswerable(HTTPStatus.SERVICE_UNAVAILABLE, "The connection is paused.")
    message = _read_message(request, PROVIDERS[provider].CONTENT_TYPES)
    now = timezone.now()
    try:
        intake.receive(connection=connection, message=message, now=now)
    except BadSignature:
        count_refusal(clinic_id=connection.clinic.id, source=provider, reason="signature", now=now)
        raise Unanswerable(HTTPStatus.UNAUTHORIZED, "The signature does not match.") from None
    except Refused as refused:
        count_refusal(clinic_id=connection.clinic.id, source=provider, reason=refused.reason.value, now=now)
        # Without the cause: its traceback would hold on to the parser's frames, and they to the number.
        raise Unanswerable(_status(refused), f"{refused.reason}: {refused.detail}") from None


def _status(refused: Refused) -> HTTPStatus:
    is_unreadable = refused.reason is RefusalReason.UNREADABLE
    return HTTPStatus.BAD_REQUEST if is_unreadable else HTTPStatus.UNPROCESSABLE_ENTITY


def _read_message(request: HttpRequest, content_types: Sequence[str]) -> Message:
    if request.content_type not in content_types:
        raise Unanswerable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Expected {' or '.join(content_types)}.")
    body = request.read(MAX_BODY + 1)  # never more than that, whatever the length that was announced
    if len(body) > MAX_BODY:
        raise Unanswerable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A message has at most {MAX_BODY} bytes.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    # The address as the provider called it: behind a proxy the request's own host may be another.
    return Message(body, headers, settings.PUBLIC_URL + request.get_full_path(), request.content_type or "")


def problem(status: HTTPStatus, detail: str) -> JsonResponse:
    """An error of RFC 9457."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")
