"""The view that every API door is made from, and the clinic's scope around its methods; it knows no resource.

A view says which scope a method needs (`scopes = {"GET": Scope.READ}`); a method without one is refused.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.api import machine_of
from tenants.domain import Scope
from tenants.scope import as_clinic


class ClinicAPIView(APIView):
    """A door of one clinic's machines."""

    scopes: ClassVar[Mapping[str, Scope]] = {}
    http_method_names = ["get", "head", "post", "patch"]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Cache-Control"] = "no-store"
        return final


V = TypeVar("V", bound=ClinicAPIView)
P = ParamSpec("P")
R = TypeVar("R")


def in_zone(handler: Callable[Concatenate[V, Request, P], R]) -> Callable[Concatenate[V, Request, P], R]:
    """Runs a method of a view in the clinic's time zone, for what opens the clinic's scope by itself."""

    @functools.wraps(handler)
    def zoned(self: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with timezone.override(machine_of(request).clinic.zone):
            return handler(self, request, *args, **kwargs)

    return zoned


def in_clinic(handler: Callable[Concatenate[V, Request, P], R]) -> Callable[Concatenate[V, Request, P], R]:
    """Runs a method of a view inside the clinic's scope and in its zone."""

    @in_zone
    @functools.wraps(handler)
    def scoped(self: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> R:
        clinic = machine_of(request).clinic
        with as_clinic(clinic.id):
            return handler(self, request, *args, **kwargs)

    return scoped
