"""What the OpenAPI schema needs to be told beside the doors themselves, and the pages that show it; refuses nothing.

Importing this module is what registers it.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_views import ApiView
from tenants.problems import CONTENT_TYPE, ApiProblem


class ErrorOut(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="The field or parameter, or empty for the whole.")
    pointer = serializers.CharField(required=False, help_text="Where in the body, as in #/3/started_at.")
    detail = serializers.CharField()


class ProblemOut(serializers.Serializer[Any]):
    """An error as RFC 9457 has it. It never repeats a value that was sent."""

    type = serializers.CharField(help_text="about:blank, or urn:ringback:problem: and a word to rely on.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ErrorOut(many=True)  # type: ignore[assignment]  # the REST framework takes it out of the class


class PageOut(serializers.Serializer[Any]):
    """What every list has around its `results`."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ItemOut(serializers.Serializer[Any]):
    """The answer for one item of a list."""

    status = serializers.IntegerField(help_text="As if the item had been sent alone.")
    created = serializers.BooleanField(required=False)
    problem = ProblemOut(required=False)


def one_or_many(
    name: str, one: type[serializers.Serializer[Any]], many: type[serializers.Serializer[Any]] | None = None
) -> PolymorphicProxySerializer:
    """An object, or a list of them."""
    return PolymorphicProxySerializer(
        component_name=name, serializers=[one, (many or one)(many=True)], resource_type_field_name=None, many=False
    )


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.api_clients.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key rbk_…`, with the words before the key.",
        }


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.api_clients.TokenAuthentication"
    name = "Token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "`Bearer <access>` of `/token/`, and `X-Clinic: <slug>` from people with several clinics.",
        }


_BODY = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
_OPEN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_ALWAYS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and request within a day: the same answer, and nothing is done again.",
)


def answers(good: dict[int, Any], *problems: HTTPStatus) -> dict[Any, Any]:
    """The answers of a clinic's operation: the good ones, these problems and those that any request can get."""
    # Who names a clinic that is not theirs gets 404, wherever that is.
    return _with_problems(good, {HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE, *problems, *_ALWAYS})


def open_answers(good: dict[int, Any], *problems: HTTPStatus) -> dict[Any, Any]:
    """The same, of an operation that anybody may ask for."""
    return _with_problems(good, {*_BODY, HTTPStatus.NOT_ACCEPTABLE, *problems, *_OPEN})


def _with_problems(good: dict[int, Any], problems: Iterable[HTTPStatus]) -> dict[Any, Any]:
    every: dict[Any, Any] = dict(good)
    for status in sorted({HTTPStatus.BAD_REQUEST, *problems}):
        every[status.value, CONTENT_TYPE] = OpenApiResponse(ProblemOut, description=status.phrase)
    return every


class SchemaView(ApiView, SpectacularAPIView):
    """The schema, made once a process and format: it says nothing that depends on who asks."""

    _made: ClassVar[dict[str, Any]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _refuse_parameters(request, besides="format")

    def _get_schema_response(self, request: Request) -> Response:
        renderer = request.accepted_renderer
        if renderer.format not in self._made:
            self._made[renderer.format] = super()._get_schema_response(request).data  # type: ignore[no-untyped-call]
        return Response(self._made[renderer.format])


class DocsView(SpectacularSwaggerSplitView):
    """A readable page with no script and no style of its own in it."""

    template_name = "tenants/api_docs.html"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _refuse_parameters(request, besides="script")


def _refuse_parameters(request: Request, besides: str) -> None:
    """The library would take some, such as a language, and write them into its page."""
    if set(request.query_params) - {besides}:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "There is no such parameter.")


class NothingHereView(ApiView):
    """Any address below the API's that is none."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound
