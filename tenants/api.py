"""Who may ask the API what, and how often: keys, scopes, limits and strict JSON, as settings name them.

It knows no resource. Views are in `tenants.api_views`, errors in `tenants.problems`, fields in `tenants.api_fields`,
lists in `tenants.api_pages`, writes in `tenants.api_writes`.
"""

import hmac
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from tenants.domain import ClinicFacts
from tenants.limits import TokenBuckets
from tenants.problems import ApiProblem, problem_details
from tenants.selectors import find_api_key, get_clinic
from tenants.services import API_KEY_MARK, hash_secret
from tenants.strict_json import BadJson, read_json

if TYPE_CHECKING:  # the REST framework's views import what settings name, and that is here
    from rest_framework.views import APIView

__all__ = [
    "ApiKeyAuthentication", "HasScope", "KeyThrottle", "Machine", "StrictJSONParser", "machine_of", "problem_details",
]  # fmt: skip

MAX_BODY = 2 * 1024 * 1024
KEYWORD = "Api-Key"
_KEY = re.compile(rf"{API_KEY_MARK}_([0-9a-z]{{1,16}})_([A-Za-z0-9_-]{{16,128}})")
_NOBODYS_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Machine:
    """Who asks: an API key, the clinic that it is bound to, and what it may do. `request.auth` of an API request."""

    key_id: uuid.UUID
    clinic: ClinicFacts
    scopes: frozenset[str]


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key rbk_<prefix>_<secret>`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Machine] | None:
        """None when the header names another scheme or is not there. A wrong key costs the same whatever is wrong."""
        keyword, _, key = request.headers.get("Authorization", "").partition(" ")
        if keyword.lower() != KEYWORD.lower():
            return None
        spelt = _KEY.fullmatch(key.strip())
        prefix, secret = spelt.groups() if spelt else ("", "")
        facts = find_api_key(prefix, timezone.now())
        is_right = hmac.compare_digest(hash_secret(secret), facts.secret_hash if facts else _NOBODYS_HASH)
        if facts is None or not is_right:
            raise AuthenticationFailed
        return AnonymousUser(), Machine(facts.id, get_clinic(facts.clinic_id), facts.scopes)

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="api"'


class HasScope(BasePermission):
    """The key has the scope that the view names for the method. Methods that the view does not have are let through:
    they end in 405."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, Machine):
            return False
        needed = getattr(view, "scopes", {}).get("GET" if request.method == "HEAD" else request.method)
        if needed is None:
            return request.method not in view.allowed_methods
        return needed in request.auth.scopes


class KeyThrottle(BaseThrottle):
    """So many requests of one key, counted in this process and not in the database: counting there would cost more
    than most requests. With several web processes the limit is as many times higher."""

    buckets: ClassVar[TokenBuckets] = TokenBuckets.from_rate(str(api_settings.DEFAULT_THROTTLE_RATES["key"]))

    def __init__(self) -> None:
        self._wait = 0.0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, Machine):
            return True
        self._wait = self.buckets.take(request.auth.key_id)
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


def machine_of(request: Request) -> Machine:
    """Who asks; raises where nobody has signed in."""
    if not isinstance(request.auth, Machine):
        raise NotAuthenticated
    return request.auth
