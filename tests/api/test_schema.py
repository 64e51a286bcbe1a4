"""The OpenAPI schema and its page: complete, without a warning, and readable under a strict policy."""

import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.management import call_command

from tests.api.client import Machine, a_call, a_uuid, an_appointment, require_problem
from tests.api.doors import DOORS, OPEN_DOORS

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    out = io.StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", "--format", "openapi-json", stdout=out)
    return dict(json.loads(out.getvalue()))


def test_it_is_valid_and_warns_of_nothing(schema: dict[str, Any]) -> None:
    assert schema["openapi"] == "3.1.0"


def test_every_door_is_in_it_and_nothing_else(schema: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, item in schema["paths"].items() for method in item}
    wanted = {
        (method, "/api/v1" + path.replace("booking-0", "{external_id}").replace("{id}", "{opportunity_id}"))
        for method, path in (*DOORS, *OPEN_DOORS)
    }
    assert described == wanted


def test_every_operation_says_who_may_and_what_goes_wrong(schema: dict[str, Any]) -> None:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            is_open = (method.upper(), path.removeprefix("/api/v1")) in OPEN_DOORS
            assert operation.get("security", [{}]) == [{}] if is_open else [{"ApiKey": []}, {"Token": []}]
            assert operation["summary"] and operation["description"]
            always = {"400", "406", "429", "503"} | (set() if is_open else {"401", "403", "404"})
            assert always <= set(operation["responses"])
            for status, response in operation["responses"].items():
                if status in {"204", "304"}:
                    assert "content" not in response
                    continue
                kind = "application/problem+json" if int(status) >= 400 else "application/json"
                assert list(response["content"]) == [kind]
            if method != "get":
                assert list(operation["requestBody"]["content"]) == ["application/json"]


def test_both_ways_to_sign_in_are_in_it(schema: dict[str, Any]) -> None:
    schemes = schema["components"]["securitySchemes"]
    assert {name: scheme["type"] for name, scheme in schemes.items()} == {"ApiKey": "apiKey", "Token": "http"}
    assert (schemes["Token"]["scheme"], schemes["Token"]["bearerFormat"]) == ("bearer", "JWT")


def test_no_answer_has_a_number_in_it(schema: dict[str, Any]) -> None:
    shapes = schema["components"]["schemas"]
    for name, shape in shapes.items():
        if name.endswith("Out"):
            assert not {"number", "numbers", "caller_hash"} & set(shape.get("properties", {}))


def test_answers_are_as_the_schema_says(schema: dict[str, Any], alice: Machine) -> None:
    alice.post("/calls/", a_call())
    alice.post("/appointments/", an_appointment())
    for path in ("/calls/", "/appointments/"):
        (row,) = alice.get(path).json()["results"]
        shape = schema["components"]["schemas"][{"/calls/": "CallOut", "/appointments/": "AppointmentOut"}[path]]
        assert set(row) == set(shape["properties"]) == set(shape["required"])


@pytest.mark.parametrize(
    ("accept", "begins"), [("application/vnd.oai.openapi+json", b"{"), ("application/json", b"{"), ("*/*", b"openapi:")]
)
def test_it_is_served_to_anybody(accept: str, begins: bytes) -> None:
    asking = Machine(None)
    asking.headers = {"Accept": accept}
    for _ in range(2):
        response = asking.get("/schema/")
        assert response.status_code == 200
        assert response.content.startswith(begins)


class Inline(HTMLParser):
    """Everything in a page that a policy of 'self' would not let run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.found += [name for name in named if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not named.get("src")):
            self.found.append(tag)
        if tag == "script":
            self.scripts.append(named.get("src") or "")


def test_the_page_has_nothing_inline() -> None:
    response = Machine(None).get("/docs/")
    page = Inline()
    page.feed(response.content.decode())
    assert (response.status_code, page.found) == (200, [])
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert all(re.match(r"/(static|api)/", script) for script in page.scripts)


def test_the_pages_scripts_are_there() -> None:
    asking = Machine(None)
    page = Inline()
    page.feed(asking.get("/docs/").content.decode())
    script = asking.follow(page.scripts[-1])
    assert (script.status_code, script["Content-Type"]) == (200, "application/javascript")
    assert b"/api/v1/schema/" in script.content or b"\\u002Fapi\\u002Fv1\\u002Fschema" in script.content


@pytest.mark.parametrize("path", ["/docs/", "/schema/"])
@pytest.mark.parametrize("name", ["lang", "version", "x"])
def test_nothing_that_was_sent_gets_into_the_page(path: str, name: str) -> None:
    response = Machine(None).get(path, **{name: "+447700900123"})
    require_problem(response, 400)
    assert b"900123" not in response.content


@pytest.mark.parametrize("path", ["/docs/", "/schema/"])
def test_other_methods_are_405(path: str) -> None:
    require_problem(Machine(None).send("POST", path), 405)


def test_an_unknown_key_of_ours_changes_nothing() -> None:
    assert Machine(a_uuid()).get("/schema/").status_code == 200
