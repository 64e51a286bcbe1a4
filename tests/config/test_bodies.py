"""A body without its length is read to its end, and never past the limit."""

import io
from typing import Any

import pytest

from config.bodies import MAX_BODY, with_lengths


class Stream(io.BytesIO):
    """Hands out a little at a time, and counts."""

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None and size > 0, "never without a limit"
        return super().read(min(size, 70_000))


def ask(stream: io.BytesIO, **environ: Any) -> tuple[str, bytes, str]:
    """The status, the body that the application got, and the length that it was told."""
    said: list[str] = []

    def application(inner: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        length = inner.get("CONTENT_LENGTH", "")
        return [inner["wsgi.input"].read(int(length or 0) or 1) if length else b"", length.encode()]

    given = {"REQUEST_METHOD": "POST", "wsgi.input": stream, "wsgi.input_terminated": True, **environ}
    answer = list(with_lengths(application)(given, lambda status, headers: said.append(status)))
    return said[0], answer[0], answer[1].decode() if len(answer) > 1 else ""


@pytest.mark.parametrize("body", [b"", b"x", b"x" * 200_000, b"x" * MAX_BODY])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_it_is_read_to_its_end(body: bytes, method: str) -> None:
    assert ask(Stream(body), REQUEST_METHOD=method) == ("200 OK", body, str(len(body)))


def test_past_the_limit_it_is_refused_and_read_no_further() -> None:
    stream = Stream(b"x" * (MAX_BODY * 2))
    status, body, _ = ask(stream)
    assert status == "413 Request Entity Too Large"
    assert b'"status": 413' in body
    assert stream.tell() == MAX_BODY + 1


@pytest.mark.parametrize(
    "environ", [{"CONTENT_LENGTH": "3"}, {"REQUEST_METHOD": "GET"}, {"wsgi.input_terminated": False}]
)
def test_nothing_else_is_touched(environ: dict[str, Any]) -> None:
    """With a length Django reads it; a server that does not say where a body ends would be waited for without end."""
    stream = Stream(b"abcdef")
    _, body, length = ask(stream, **environ)
    assert (body, length) == ((b"abc", "3") if "CONTENT_LENGTH" in environ else (b"", ""))
    assert stream.tell() == len(body)
