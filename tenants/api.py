"""What every API door asks of a request: that the client may, that it is not too much, and strict JSON.

It knows no resource. Who asks is in `tenants.api_clients`, views are in `tenants.api_views`, errors in
`tenants.problems`, fields in `tenants.api_fields`, lists in `tenants.api_pages`, writes in `tenants.api_writes`.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from tenants import refusals, throttles
from tenants.access import note_refused_role
from tenants.api_clients import ApiKeyAuthentication, Client, TokenAuthentication
from tenants.permissions import Permission
from tenants.problems import ApiProblem, problem_details
from tenants.strict_json import BadJson, read_json

if TYPE_CHECKING:  # the REST framework's views import what settings name, and that is here
    from rest_framework.views import APIView

__all__ = [
    "ApiKeyAuthentication", "ClientThrottle", "MayAsk", "StrictJSONParser", "TokenAuthentication", "problem_details",
]  # fmt: skip

MAX_BODY = 2 * 1024 * 1024


class MayAsk(BasePermission):
    """The key has the scope, or the person's role the permission, that the view names for the method. Methods that the
    view does not have are let through: they end in 405."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        client, method = request.auth, "GET" if request.method == "HEAD" else request.method
        if not isinstance(client, Client):
            return False
        if method not in view.allowed_methods:
            return True
        permission = getattr(view, "permissions", {}).get(method)
        if client.may(getattr(view, "scopes", {}).get(method), permission):
            return True
        _note_refusal(client, permission)
        return False


def _note_refusal(client: Client, permission: Permission | None) -> None:
    if client.role is None or permission is None:
        refusals.count("scope", clinic_id=client.clinic.id)
    else:
        note_refused_role(client.actor, client.clinic.id, client.role, permission)


class ClientThrottle(BaseThrottle):
    """So many requests of a key or a person, and of a clinic."""

    def __init__(self) -> None:
        self._wait = 0.0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        client = request.auth
        if not isinstance(client, Client):
            return True
        own = throttles.PER_KEY if client.role is None else throttles.PER_PERSON
        self._wait = own.take(str(client.id)) or throttles.PER_CLINIC.take(str(client.clinic.id))
        return self._wait == 0

    def wait(self) -> float:
        return self._wait


class StrictJSONParser(BaseParser):
    """`tenants.strict_json` behind a limit of size."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        if "charset" in (media_type or "") and not re.search(r"charset=\"?utf-?8\b", media_type or "", re.IGNORECASE):
            raise ApiProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        body = stream.read(MAX_BODY + 1)  # never more than that, whatever the length that was announced
        if len(body) > MAX_BODY:
            raise ApiProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request has at most {MAX_BODY:,} bytes.")
        try:
            return read_json(body)
        except BadJson as error:
            raise ApiProblem(HTTPStatus.BAD_REQUEST, str(error), kind="not_json") from None
