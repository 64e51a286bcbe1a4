"""Every log line of every process: one chain that masks, then one way to write it down. Decides nothing about levels.

Lines of the standard library's loggers and of structlog's go the same way. In production a line is JSON, elsewhere it
is for people. What cannot be formatted is not written raw either.
"""

import json
import logging
import sys
import uuid
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from django.http import HttpRequest
from structlog.stdlib import ProcessorFormatter

from config.scrubbing import HIDDEN, Plain, describe_error, describe_traceback, is_of_database, scrub

Line = MutableMapping[str, Any]
# What Celery puts into its lines about a task: texts of errors, arguments, results.
_OF_CELERY = ("exc", "traceback", "args", "kwargs", "return_value")
_encoder = json.JSONEncoder(ensure_ascii=False, default=str)  # made once: making one costs more than a line
_FIRST = ("time", "level", "logger", "event")


class MaskingFormatter(ProcessorFormatter):
    """Goes through the chain; arguments that would say too much are replaced before they are part of a text."""

    def __init__(self, *, is_json: bool) -> None:
        chain: list[Any] = [explain_error, scrub_line, name_line, write_for_programs if is_json else write_for_people]
        super().__init__(processors=chain, foreign_pre_chain=[structlog.contextvars.merge_contextvars])

    def format(self, record: logging.LogRecord) -> str:
        return super().format(tame(record))


class QuietHandler(logging.StreamHandler[Any]):
    """Where a line cannot be made, the library would print the raw arguments; this says only where it was."""

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[0]
        name = error.__name__ if error else "error"
        self.stream.write(f"a line could not be written: {record.module}:{record.lineno}: {name}\n")


def start_structlog() -> None:
    """So that `structlog.get_logger()` ends in the same handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def explain_error(logger: Any, method: str, line: Line) -> Line:
    """Exceptions with their places; a database's own words are taken out of the message, too."""
    error = _error_of(line.pop("exc_info", None))
    if error is not None:
        line["error"] = Plain(describe_traceback(error))
        if is_of_database(error) and str(error):
            line["event"] = str(line["event"]).replace(str(error), HIDDEN)
    return line


def scrub_line(logger: Any, method: str, line: Line) -> Line:
    for name, value in line.items():
        if not name.startswith("_"):
            line[name] = scrub(value, name if name != "event" else "")
    return line


def name_line(logger: Any, method: str, line: Line) -> Line:
    """When, how bad, and who says so; after the masks, because a time looks like a number."""
    record = line["_record"]
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    ours = {"time": at, "level": record.levelname.lower(), "logger": record.name, "event": line.pop("event", "")}
    return {**ours, **{name: value for name, value in line.items() if not name.startswith("_")}}


def write_for_programs(logger: Any, method: str, line: Line) -> str:
    return _encoder.encode(line)


def write_for_people(logger: Any, method: str, line: Line) -> str:
    """One line, and the traceback below it."""
    error = line.pop("error", "")
    words = [f"{name}={_short(value)}" for name, value in line.items() if name not in _FIRST]
    text = " ".join([f"{line['level'].upper()} {line['logger']}: {line['event']}", *words])
    return f"{text}\n{error}" if error else text


def _short(value: Any) -> Any:
    return str(value)[:8] if isinstance(value, uuid.UUID) else value


def _error_of(found: Any) -> BaseException | None:
    if found is True:
        found = sys.exc_info()
    return found[1] if isinstance(found, tuple) else found or None


def tame(record: logging.LogRecord) -> logging.LogRecord:
    """The record, with arguments that may become part of its text."""
    if not record.args:
        return record
    tamed = logging.makeLogRecord(record.__dict__)
    tamed.args = _tame_arguments(record)
    return tamed


def _tame_arguments(record: logging.LogRecord) -> Any:
    if isinstance(record.args, Mapping):
        hidden = _OF_CELERY if record.name.startswith("celery") else ()
        return {name: HIDDEN if name in hidden else _tame(value, record) for name, value in record.args.items()}
    return tuple(_tame(value, record) for value in record.args or ())


def _tame(value: Any, record: logging.LogRecord) -> Any:
    if isinstance(value, BaseException):
        return describe_error(value)
    if isinstance(value, HttpRequest):
        return "a request"
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest) and value == request.path:
        return route_of(request)
    return value


def route_of(request: HttpRequest) -> str:
    """The pattern that the address matched: what stands for the address in lines and reports."""
    if request.resolver_match is not None:
        return request.resolver_match.route
    return "hooks/<provider>/<token>" if request.path_info.startswith("/hooks/") else "nowhere"
