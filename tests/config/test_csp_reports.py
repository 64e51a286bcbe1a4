"""Browsers' reports of what they stopped: of each only the directive and whose address it was are written down."""

import json
import logging
from typing import Any

import pytest
from django.test import Client

from config import csp_reports
from tenants import refusals
from tenants.domain import PLATFORM
from tenants.models import RefusedCount
from tenants.scope import as_clinic
from tests.config.lines import Lines

pytestmark = pytest.mark.django_db

OLD = "application/csp-report"
NEW = "application/reports+json"
SECRET = "https://evil.example/steal?number=07700900123&token=abc"


@pytest.fixture(autouse=True)
def nothing_counted_yet() -> None:
    csp_reports.limit.forget()
    refusals.forget()


@pytest.fixture
def lines() -> Lines:
    return Lines("ringback.csp")


def old(**fields: Any) -> dict[str, Any]:
    return {"csp-report": {"violated-directive": "script-src-elem", "blocked-uri": SECRET, **fields}}


def new(**fields: Any) -> dict[str, Any]:
    body = {"effectiveDirective": "script-src-elem", "blockedURL": SECRET, "sample": "07700900123", **fields}
    return {"type": "csp-violation", "url": "https://ringback.example/calls/?from=07700900123", "body": body}


def send(message: Any, content_type: str = OLD, **headers: str) -> Any:
    body = message if isinstance(message, (str, bytes)) else json.dumps(message)
    return Client(enforce_csrf_checks=True).post("/csp-reports/", body, content_type=content_type, headers=headers)


def counted() -> int:
    with as_clinic(PLATFORM):
        return sum(RefusedCount.objects.filter(what="csp").values_list("count", flat=True))


@pytest.mark.parametrize(("message", "content_type"), [(old(), OLD), ([new()], NEW), (old(), "application/json")])
def test_a_report_is_written_down_and_counted(lines: Lines, message: Any, content_type: str) -> None:
    with lines:
        response = send(message, content_type)
    assert (response.status_code, response.content, response.cookies) == (204, b"", {})
    (line,) = lines.data
    assert (line["directive"], line["blocked"]) == ("script-src-elem", "https://evil.example")
    assert counted() == 1


def test_nothing_else_of_it_is_anywhere(lines: Lines) -> None:
    with lines:
        send([new(), new(documentURL=SECRET, sourceFile=SECRET, referrer=SECRET)], NEW)
    assert len(lines.data) == 2
    for secret in ("steal", "900123", "token", "ringback.example", "sample"):
        assert secret not in lines.text


@pytest.mark.parametrize(
    ("blocked", "said"),
    [
        ("inline", "inline"), ("eval", "eval"), ("data", "data"), ("data:text/html,07700900123", "data"),
        ("trusted-types-sink", "trusted-types-sink"), ("https://evil.example:444/x", "https://evil.example"),
        ("https://user:pass@evil.example/x", "https://evil.example"), ("07700900123", "unknown"), ("", "unknown"),
        ("javascript:alert(1)", "unknown"), ("https://" + "e" * 300, "unknown"), ("https://x y/", "unknown"),
    ],
)  # fmt: skip
def test_of_an_address_its_origin_is_kept(blocked: str, said: str) -> None:
    assert csp_reports.read_origin(blocked) == said


@pytest.mark.parametrize("directive", ["script-src 'self' https://x", "script-src"])
def test_of_a_directive_its_name_is_kept(directive: str) -> None:
    assert csp_reports.read_directive(directive) == "script-src"


@pytest.mark.parametrize("directive", ["", "07700900123", "script-src07700900123", "x" * 100, "a\nb"])
def test_what_is_no_directive_is_unknown(directive: str) -> None:
    assert csp_reports.read_directive(directive) == "unknown"


@pytest.mark.parametrize(
    "body",
    ["{", "null", "3", "[3]", "{}", '{"csp-report": 3}', '{"csp-report": []}', "[[]]", "[" * 4000, b"\xff\xfe\xfd",
     '{"csp-report": {"blocked-uri": "http://[::1"}}'],
)  # fmt: skip
def test_what_is_no_report_is_refused(lines: Lines, body: str | bytes) -> None:
    with lines:
        response = send(body)
    assert (response.status_code, response.content, lines.data) == (400, b"", [])


@pytest.mark.parametrize("field", ["violated-directive", "blocked-uri"])
@pytest.mark.parametrize("value", [3, None, [], {}, True])
def test_values_of_other_kinds_are_unknown(lines: Lines, field: str, value: Any) -> None:
    with lines:
        assert send(old(**{field: value})).status_code == 204
    assert "unknown" in lines.data[0].values()


def test_a_report_has_at_most_8_kilobytes() -> None:
    assert send(old(padding="x" * 8000)).status_code == 204
    assert send(old(padding="x" * 9000)).status_code == 413
    assert send(b"x" * 10_000_000).status_code == 413


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_other_kinds_of_content_are_refused(content_type: str) -> None:
    assert send("{}", content_type).status_code == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_reports_are_posted(method: str) -> None:
    assert Client().generic(method, "/csp-reports/").status_code == 405


def test_a_flood_is_answered_and_not_written_down(lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    with lines:
        answers = {send([new()] * 10, NEW).status_code for _ in range(8)}
    assert answers == {204}
    assert len(lines.data) == 30
    assert counted() == 30


def test_it_asks_for_no_session(django_assert_num_queries: Any) -> None:
    csp_reports.limit.take("")
    while csp_reports.limit.take("") == 0:
        pass
    client = Client()
    client.cookies["session"] = "x" * 32
    with django_assert_num_queries(0):
        response = client.post("/csp-reports/", json.dumps(old()), content_type=OLD)
    assert response.status_code == 204


def test_two_reports_in_one_message_are_two(lines: Lines) -> None:
    with lines:
        send([new(), new(effectiveDirective="img-src")], NEW)
    assert [line["directive"] for line in lines.data] == ["script-src-elem", "img-src"]
