"""The views that API doors are made from, and the clinic's scope around their methods; it knows no resource.

A view says what a method needs, of a key (`scopes = {"GET": Scope.READ}`) and of a person (`permissions = {"GET":
Permission.SEE_WORK}`); a method without is refused.
"""

import functools
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Concatenate, Final, ParamSpec, TypeVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import refusals
from tenants.api_clients import Client, client_of
from tenants.domain import Scope
from tenants.permissions import Permission
from tenants.scope import as_clinic

# An answer that is opened in a browser is text: nothing in it is fetched, framed or run.
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


class ApiView(APIView):
    """Any address of the API: its answers mean nothing to a browser, and are kept in no cache unless they say how."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "no-store")
        final.headers["Content-Security-Policy"] = _POLICY
        return final


class ClinicAPIView(ApiView):
    """A door of one clinic's machines and people."""

    scopes: ClassVar[Mapping[str, Scope]] = {}
    permissions: ClassVar[Mapping[str, Permission]] = {}
    http_method_names = ["get", "head", "post", "patch"]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code == HTTPStatus.NOT_FOUND and isinstance(request.auth, Client):
            refusals.count("not_here", clinic_id=request.auth.clinic.id)
        return final


V = TypeVar("V", bound=ClinicAPIView)
P = ParamSpec("P")
R = TypeVar("R")


def in_zone(handler: Callable[Concatenate[V, Request, P], R]) -> Callable[Concatenate[V, Request, P], R]:
    """Runs a method of a view in the clinic's time zone, for what opens the clinic's scope by itself."""

    @functools.wraps(handler)
    def zoned(self: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with timezone.override(client_of(request).clinic.zone):
            return handler(self, request, *args, **kwargs)

    return zoned


def in_clinic(handler: Callable[Concatenate[V, Request, P], R]) -> Callable[Concatenate[V, Request, P], R]:
    """Runs a method of a view inside the clinic's scope and in its zone."""

    @in_zone
    @functools.wraps(handler)
    def scoped(self: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> R:
        clinic = client_of(request).clinic
        with as_clinic(clinic.id):
            return handler(self, request, *args, **kwargs)

    return scoped
