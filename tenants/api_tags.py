"""ETags for answers that programs ask for again and again: who has the newest gets 304. It knows no resource.

The tag is made from the answer's own bytes. Rows that change, go or are computed anew change it by themselves, which no
"last changed" of the database would promise; the two to four short reads are paid each time, the transfer is not. The
clinic is part of it, so that two clinics with equal figures have different tags.
"""

import functools
import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Concatenate, Final, ParamSpec, TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_clients import CLINIC_HEADER, client_of
from tenants.api_views import ClinicAPIView

_KEPT: Final = "private, no-cache"  # by who asked alone, and asked about each time
V = TypeVar("V", bound=ClinicAPIView)
P = ParamSpec("P")

IF_NONE_MATCH: Final = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of the answer that you have."
)
ETAG: Final = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[HTTPStatus.OK.value], description="Of these bytes."
)
NOT_MODIFIED: Final = {HTTPStatus.NOT_MODIFIED.value: OpenApiResponse(description="You have the newest answer.")}


def tagged(
    handler: Callable[Concatenate[V, Request, P], Response],
) -> Callable[Concatenate[V, Request, P], HttpResponseBase]:
    """Gives a reading method's good answer its tag, and leaves out the body for who has it. Problems have none."""

    @functools.wraps(handler)
    def answered(self: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        body = JSONRenderer().render(handler(self, request, *args, **kwargs).data)
        tag = _tag(request, body)
        if _knows(request, tag):
            response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
            del response["Content-Type"]
        else:
            response = HttpResponse(body, content_type="application/json")
        response["ETag"] = tag
        response["Cache-Control"] = _KEPT
        patch_vary_headers(response, ("Authorization", CLINIC_HEADER))
        return response

    return answered


def _tag(request: Request, body: bytes) -> str:
    """A strong one: of the same bytes for the same clinic, and of nothing else."""
    digest = hashlib.sha256(client_of(request).clinic.id.bytes + body).hexdigest()
    return f'"{digest[:32]}"'


def _knows(request: Request, tag: str) -> bool:
    """Compared weakly, as RFC 9110 has it: an answer that was compressed on its way has a weak tag."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return tags == ["*"] or tag in {one.removeprefix("W/") for one in tags}
