"""`POST /csp-reports/`: what browsers stopped on our pages. Takes of a report the directive and whose address it was.

Anybody can send one, so nothing of it is believed, and nothing else of it is read: addresses and samples of scripts can
hold what people typed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from tenants import refusals
from tenants.limits import TokenBuckets

MAX_BODY = 8 * 1024
MOST_REPORTS = 10  # of one message
CONTENT_TYPES = frozenset({"application/csp-report", "application/reports+json", "application/json"})
logger = structlog.get_logger("ringback.csp")
limit = TokenBuckets.from_rate("30/min")  # in each process, of all browsers together

_DIRECTIVE = re.compile(r"[a-z]{2,20}(?:-[a-z]{2,10}){0,4}")
_KEYWORDS = frozenset({"inline", "eval", "wasm-eval", "self", "trusted-types-sink", "trusted-types-policy"})
_SCHEMES = frozenset({"data", "blob", "about", "filesystem", "chrome-extension", "moz-extension"})
_HOST = re.compile(r"[a-z0-9.-]{1,100}")


@require_POST
def receive_report(request: HttpRequest) -> HttpResponse:
    """204, also for more than are written down."""
    if request.content_type not in CONTENT_TYPES:
        return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        reports = list(read_reports(json.loads(body)))
    except (ValueError, RecursionError):
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    for directive, blocked in reports:
        if limit.take("") == 0:
            logger.warning("a browser stopped something", directive=directive, blocked=blocked)
            refusals.count("csp")
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def read_reports(message: Any) -> Iterator[tuple[str, str]]:
    """Directive and blocked origin of each report, of either kind; raises ValueError for what is none."""
    found = message if isinstance(message, list) else [message]
    for report in found[:MOST_REPORTS]:
        body = report.get("csp-report", report.get("body")) if isinstance(report, Mapping) else None
        if not isinstance(body, Mapping):
            raise ValueError("no report")
        directive = _first(body, "effectiveDirective", "effective-directive", "violated-directive")
        yield read_directive(directive), read_origin(_first(body, "blockedURL", "blocked-uri"))


def read_directive(text: str) -> str:
    name = text.split(" ", 1)[0]
    return name if _DIRECTIVE.fullmatch(name) else "unknown"


def read_origin(text: str) -> str:
    """A keyword, a scheme, or scheme and host; never a path."""
    if text in _KEYWORDS:
        return text
    parts = urlsplit(text)
    if parts.scheme in _SCHEMES or text in _SCHEMES:
        return parts.scheme or text
    host = parts.hostname or ""
    is_known = parts.scheme in {"http", "https", "ws", "wss"} and _HOST.fullmatch(host)
    return f"{parts.scheme}://{host}" if is_known else "unknown"


def _first(body: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := body.get(name), str)), "")
