"""Error reports to a service that speaks Sentry's protocol, off until SENTRY_DSN is set. It sends no values.

A report is built anew from the few parts that are known to be harmless; what the library adds tomorrow stays behind.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.transport import Transport

from config.logs import tame
from config.scrubbing import HIDDEN, is_of_database, scrub_text

# Of an event, and of a frame of its stack: names, numbers of lines and code of ours.
_KEPT = ("event_id", "timestamp", "platform", "level", "logger", "environment", "release", "sdk")
_KEPT_OF_FRAME = (
    "filename", "abs_path", "function", "module", "lineno", "in_app", "pre_context", "context_line", "post_context",
)  # fmt: skip
Event = dict[str, Any]


def start(dsn: str, environment: str, release: str, transport: Transport | None = None) -> None:
    """Reports errors to this address, each rebuilt first: nothing is collected by itself."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        transport=transport,
        before_send=rebuild,
        max_breadcrumbs=0,
        max_request_body_size="never",
        include_local_variables=False,
        server_name="",
        auto_session_tracking=False,
        send_client_reports=False,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(transaction_style="url", middleware_spans=False, signals_spans=False),
            CeleryIntegration(propagate_traces=False),
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            AtexitIntegration(callback=lambda pending, timeout: None),
        ],
    )


def rebuild(event: Any, hint: Mapping[str, Any]) -> Any:
    """The event with nothing in it but kind and place of the error, the route and the method."""
    ours: Event = {name: event[name] for name in _KEPT if name in event}
    if event.get("transaction_info", {}).get("source") in {"route", "task"}:
        ours["transaction"] = scrub_text(str(event.get("transaction", "")))
    method = str(event.get("request", {}).get("method", ""))
    if method:
        ours["request"] = {"method": method if method.isalpha() and len(method) < 8 else "other"}
    request_id = structlog.contextvars.get_contextvars().get("request")
    if request_id:
        ours["tags"] = {"request": str(request_id)}  # the one in the log and in the answer's X-Request-Id
    record = hint.get("log_record")
    if isinstance(record, logging.LogRecord):
        ours["logentry"] = {"message": scrub_text(tame(record).getMessage())}
    harmless = {_name_of(error) for error in _errors(hint) if not is_of_database(error)}
    found = event.get("exception", {}).get("values", [])
    if found:
        ours["exception"] = {"values": [_rebuild_error(one, harmless) for one in found]}
    return ours


def _rebuild_error(error: Mapping[str, Any], harmless: set[str]) -> Event:
    """An error's text only where the error is at hand to say that it is none of the database's."""
    name = f"{error.get('module') or 'builtins'}.{error.get('type')}"
    frames = (error.get("stacktrace") or {}).get("frames", [])
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "value": scrub_text(str(error.get("value") or "")) if name in harmless else HIDDEN,
        "stacktrace": {"frames": [{key: frame[key] for key in _KEPT_OF_FRAME if key in frame} for frame in frames]},
    }


def _name_of(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__name__}"


def _errors(hint: Mapping[str, Any]) -> Iterator[BaseException]:
    """The error of the report and all that led to it."""
    error: BaseException | None = (hint.get("exc_info") or (None, None, None))[1]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
