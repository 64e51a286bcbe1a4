"""Which content security policy an answer gets; the one place that decides it.

The product's own pages run scripts with the page's nonce only, and turn text into markup only through the Trusted Types
policy of `static/ringback.js`. Pages of libraries (Django's admin, Swagger's view of the API) load their own files by
plain tags and build markup from text, so they get `'self'` and no Trusted Types; everything else is the same for them.
"""

from typing import Any

from csp.constants import NONCE, NONE, SELF, STRICT_DYNAMIC
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

REPORT_PATH = "/csp-reports/"
REPORT_GROUP = "csp"
REPORTING_ENDPOINTS = f'{REPORT_GROUP}="{REPORT_PATH}"'

_COMMON: dict[str, Any] = {
    "default-src": [NONE],
    "object-src": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "form-action": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "report-uri": [REPORT_PATH],
    "report-to": [REPORT_GROUP],
}
PRODUCT: dict[str, Any] = {
    **_COMMON,
    "script-src": [NONCE, STRICT_DYNAMIC],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["default", "ringback"],
}
LIBRARY: dict[str, Any] = {**_COMMON, "script-src": [SELF]}


class PagePolicy(CSPMiddleware):
    """Chooses by the view that answered: an address that leads nowhere gets the strict one."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None and is_of_library(request):
            parts.config = LIBRARY
        return parts


def is_of_library(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.app_name == "admin" or match.url_name == "api-docs")
