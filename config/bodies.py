"""Bodies that come without their length, in chunks: read to their end and given one; refuses those past the limit.

Django reads as many bytes as Content-Length says, and none without it: a message in chunks would seem empty, and its
signature wrong. Such bodies come from programs; browsers and their uploads say how long they are.
"""

import io
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

MAX_BODY: Final = 2 * 1024 * 1024  # as much as any door for programs takes; most take less, and say so themselves
_WITH_BODIES: Final = frozenset({"POST", "PUT", "PATCH"})

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def with_lengths(application: Application) -> Application:
    """The same application, for servers that say where a body ends (`wsgi.input_terminated`)."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_open = not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated")
        if is_open and environ["REQUEST_METHOD"] in _WITH_BODIES:
            body = _read(environ["wsgi.input"])
            if len(body) > MAX_BODY:
                return _refuse(start_response)
            environ = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return application(environ, start_response)

    return answer


def _read(stream: Any) -> bytes:
    """No more than a byte past the limit; a server may hand out less at a time than it is asked for."""
    body = bytearray()
    while len(body) <= MAX_BODY:
        piece = stream.read(MAX_BODY + 1 - len(body))
        if not piece:
            break
        body += piece
    return bytes(body)


def _refuse(start_response: Callable[..., Any]) -> Iterable[bytes]:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    detail = f"A body without its length has at most {MAX_BODY:,} bytes."
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "errors": [],
    }
    body = json.dumps(problem).encode()
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
