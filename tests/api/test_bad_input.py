"""What no door takes: bad queries, bad bodies, other types, too much of it; and the answer says what is wrong."""

import json
from typing import Any

import pytest

from tests.api.client import Machine, a_uuid, require_problem
from tests.api.doors import (
    FIELDS_OF_OURS,
    LISTS,
    WRITES,
    here,
)

pytestmark = pytest.mark.django_db


BAD_PAGES: list[tuple[str, dict[str, Any]]] = [
    ("page_size", {"page_size": "0"}),
    ("page_size", {"page_size": "201"}),
    ("page_size", {"page_size": "-1"}),
    ("page_size", {"page_size": "ten"}),
    ("page_size", {"page_size": "٥"}),
    ("page_size", {"page_size": "1e1"}),
    ("page_size", {"page_size": ""}),
    ("page_size", {"page_size": ["10", "20"]}),
    ("cursor", {"cursor": ""}),
    ("cursor", {"cursor": "garbage"}),
    ("cursor", {"cursor": "a.b"}),
    ("cursor", {"cursor": "\x00"}),
    ("cursor", {"cursor": "x" * 1000}),
    ("from", {"from": "yesterday"}),
    ("from", {"from": "2026-02-30"}),
    ("from", {"from": "2026-01-01T00:00:00"}),
    ("from", {"from": "0001-01-01T00:00:00+14:00"}),
    ("to", {"to": "9999-12-31"}),
    ("to", {"to": "2026-W01"}),
    ("to", {"to": "1767225600"}),
    ("clinic", {"clinic": "oak-street"}),
    ("ordering", {"ordering": "id"}),
    ("", {"+447700900123": "x"}),
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(("field", "query"), BAD_PAGES)
def test_a_bad_query_is_400(path: str, field: str, query: dict[str, Any], alice: Machine) -> None:
    body = require_problem(alice.get(path, **query), 400, field)
    assert not any("pointer" in error for error in body["errors"])


@pytest.mark.parametrize("path", LISTS)
def test_all_that_is_wrong_is_said_at_once(path: str, alice: Machine) -> None:
    require_problem(
        alice.get(path, cursor="x", page_size="x", status="x"),
        400,
        "cursor",
        "page_size",
        *{"/calls/": ["status"], "/appointments/": ["status"], "/opportunities/": ["status"]}[path],
    )


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("body", ["null", "1", "true", '"text"', "1.5"])
def test_only_an_object_is_a_body(method: str, path: str, body: str, alice: Machine) -> None:
    require_problem(alice.send(method, here(path), body), 400)


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"{]", b"nonsense", b"\xff\xfe{\x00}\x00", b'\xef\xbb\xbf{"a":1}', b'{"a":"\xff"}', b'{"a":NaN}',
        b'{"a":-Infinity}', b'{"a":1,"a":1}', b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"a":"\\ud800"}',
        b'{"a":12345678901234567890}', b'{"a":1.' + b"1" * 400 + b"}", b'{"a":1e400000000}' * 2, b"[" * 100_000,
        b'{"a":' * 5000, b"[[[[[[[[[1]]]]]]]]]", b"{}{}", b'{"a":1}\x00', b"{'a':1}", b'{"a":1,}', b"+1", b'{"a":"\n"}',
    ],
)  # fmt: skip
def test_what_is_not_strict_json_is_400(method: str, path: str, body: bytes, alice: Machine) -> None:
    problem = require_problem(alice.send(method, here(path), body), 400)
    assert problem["type"] == "urn:ringback:problem:not_json" or not body


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/xml", "application/json; charset=latin-1", "application/json; charset=utf-16", "json"],
)  # fmt: skip
def test_other_content_types_are_415(method: str, path: str, content_type: str, alice: Machine) -> None:
    require_problem(alice.send(method, here(path), '{"a": 1}', content_type), 415)


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_large_body_is_413(method: str, path: str, alice: Machine) -> None:
    body = b'{"a":"' + b"x" * (2 * 1024 * 1024) + b'"}'
    require_problem(alice.send(method, here(path), body), 413)


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_fields_of_ours_are_refused_by_name(method: str, path: str, alice: Machine) -> None:
    fields = {name: a_uuid() for name in FIELDS_OF_OURS if not ("actions" in path and name == "kind")}
    body = require_problem(alice.send(method, here(path), json.dumps(fields)), 400)
    named = {error["field"] for error in body["errors"] if error["detail"] == "There is no such field."}
    assert named == set(fields)
