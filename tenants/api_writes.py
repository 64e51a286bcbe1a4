"""Writes of the API: one object or a list of up to 1,000, each item with its own answer, and each request once.

It knows no resource: a door says how an item is read and how items are stored.
"""

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import idempotency
from tenants.api_clients import client_of
from tenants.api_fields import StrictSerializer
from tenants.api_views import ClinicAPIView
from tenants.problems import ApiProblem
from tenants.scope import as_clinic

MAX_ITEMS: Final = 1000
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")

Item = TypeVar("Item")
V = TypeVar("V", bound=ClinicAPIView)
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one item: the fields of its answer."""

    created: bool
    fields: Mapping[str, Any]

    def as_body(self) -> dict[str, Any]:
        return {**self.fields, "created": self.created}

    @property
    def status(self) -> HTTPStatus:
        return HTTPStatus.CREATED if self.created else HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class Written:
    """The answer, and what was refused."""

    response: HttpResponseBase
    problems: Sequence[ApiProblem]


def write_items(
    data: Any,
    serializer: StrictSerializer,
    make: Callable[[dict[str, Any]], Item],
    store: Callable[[Sequence[Item]], Sequence[Stored | ApiProblem]],
) -> Written:
    """Reads one object or a list, stores what can be stored in one go, and answers for each item.

    `make` turns an item's values into what `store` takes, or raises `ApiProblem`; `store` answers for each.
    """
    items = data if isinstance(data, list) else [data]
    if len(items) > MAX_ITEMS:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, f"A list has at most {MAX_ITEMS:,} items.", kind="too_many_items")
    read = [_read(item, serializer, make) for item in items]
    good = [item for item in read if not isinstance(item, ApiProblem)]
    stored = iter(store(good) if good else ())
    results = [item if isinstance(item, ApiProblem) else next(stored) for item in read]
    problems = [result for result in results if isinstance(result, ApiProblem)]
    return Written(_answer(results) if isinstance(data, list) else _answer_one(results[0]), problems)


def _read(data: Any, serializer: StrictSerializer, make: Callable[[dict[str, Any]], Item]) -> Item | ApiProblem:
    try:
        return make(serializer.read(data))
    except ApiProblem as problem:
        return problem.with_traceback(None)  # its frames hold the item


def _answer_one(result: Stored | ApiProblem) -> HttpResponseBase:
    if isinstance(result, ApiProblem):
        return result.as_response()
    return Response(result.as_body(), status=result.status)


def _answer(results: Sequence[Stored | ApiProblem]) -> Response:
    return Response([_answer_item(number, result) for number, result in enumerate(results)])


def _answer_item(number: int, result: Stored | ApiProblem) -> dict[str, Any]:
    if isinstance(result, ApiProblem):
        return {"status": result.status_code, "problem": result.below(str(number)).as_body()}
    return {"status": result.status.value, **result.as_body()}


def answered_once(
    handler: Callable[Concatenate[V, Request, P], HttpResponseBase],
) -> Callable[Concatenate[V, Request, P], HttpResponseBase]:
    """Honours `Idempotency-Key`: the same request gets the same answer for a day, and is carried out once.

    What is done and the answer are committed together; that is why a request with a key runs in one transaction. An
    answer that is a problem is not kept, so that a mended request may use its key again.
    """

    @functools.wraps(handler)
    def answered(self: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(self, request, *args, **kwargs)
        keyed = _keyed(request, key)
        with as_clinic(client_of(request).clinic.id):
            known = _claim(keyed)
            if known is not None:
                return _repeat(known)
            response = handler(self, request, *args, **kwargs)
            idempotency.keep_answer(request=keyed, answer=_worth_keeping(response))
            return response

    return answered


def _keyed(request: Request, key: str) -> idempotency.KeyedRequest:
    if _IDEMPOTENCY_KEY.fullmatch(key) is None:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "Idempotency-Key has 1 to 255 visible ASCII characters.")
    # The body as it was read: spaces and the order of names make no other request.
    body = json.dumps(request.data, sort_keys=True, default=str)
    return idempotency.keyed_request(client_of(request).id, key, f"{request.method} {request.path}\n{body}")


def _claim(keyed: idempotency.KeyedRequest) -> idempotency.KeptAnswer | None:
    try:
        return idempotency.claim_answer(request=keyed, now=timezone.now())
    except idempotency.OtherRequest:
        pass
    detail = "This Idempotency-Key was used for another request."
    raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, kind="idempotency_key_reused")


def _worth_keeping(response: HttpResponseBase) -> idempotency.KeptAnswer | None:
    if not isinstance(response, Response):  # a problem is a plain one of Django's
        return None
    return idempotency.KeptAnswer(response.status_code, JSONRenderer().render(response.data).decode())


def _repeat(known: idempotency.KeptAnswer) -> HttpResponse:
    response = HttpResponse(known.text, status=known.status, content_type="application/json")
    response["Idempotent-Replayed"] = "true"
    return response
