"""Whatever is sent, wherever a number is put in it: never an error of ours, and never the number back."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.client import Machine, a_call, an_appointment

pytestmark = pytest.mark.django_db

TELLING = "4170352"  # the last seven digits of the number that is sent
SPELLINGS = [
    f"+4477{TELLING[0]}{TELLING[1:]}", f"077{TELLING}", f"0044 77 {TELLING}", TELLING, int(f"4477{TELLING}"),
    f"tel:+4477{TELLING}", f"<sip:+4477{TELLING}@pbx>", f'"\x07{TELLING}', f"{TELLING}\n", [f"+4477{TELLING}"],
    {f"+4477{TELLING}": f"+4477{TELLING}"}, float(f"4477{TELLING}.5"), "4417 0352", f"\u202d+4477{TELLING}\u202c",
]  # fmt: skip
FIELDS = [
    "external_id", "direction", "outcome", "started_at", "number", "line", "ring_seconds", "talk_seconds", "booked_at",
    "numbers", "type", "value", "status", "kind", "reached", "reason", "x", f"+4477{TELLING}", f"n{TELLING}", "",
]  # fmt: skip
DOORS = [
    ("POST", "/calls/"), ("POST", "/appointments/"), ("PATCH", "/appointments/one/"), ("POST", "/callers/lookup/"),
    ("POST", "/opportunities/01234567-89ab-4cde-8f01-23456789abcd/actions/"),
]  # fmt: skip
LISTS = ["/calls/", "/appointments/", "/opportunities/", "/metrics/daily/", "/metrics/monthly/", "/metrics/hourly/"]
PARAMETERS = ["from", "to", "cursor", "page_size", "caller", "status", "outcome", "direction", "reason", "format", "x"]

spelling = st.sampled_from(SPELLINGS)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=20) | spelling,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), children, max_size=3),
    max_leaves=6,
)
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def require_silent(response: Any) -> None:
    assert response.status_code < 500, response.content
    said = response.content.decode() + "".join(f"{name}: {value}" for name, value in response.items())
    assert TELLING not in said, said


def bent(item: dict[str, Any], change: dict[str, Any], drop: str | None) -> dict[str, Any]:
    return {name: value for name, value in {**item, **change}.items() if name != drop}


changes = st.dictionaries(st.sampled_from(FIELDS), spelling | anything, min_size=1, max_size=3)


@FUZZ
@given(change=changes, drop=st.none() | st.sampled_from(FIELDS), is_list=st.booleans())
@pytest.mark.parametrize(("path", "make"), [("/calls/", a_call), ("/appointments/", an_appointment)])
def test_items_that_are_nearly_right(
    path: str, make: Any, change: dict[str, Any], drop: str | None, is_list: bool, alice: Machine
) -> None:
    if "external_id" in change:  # which may look like anything but a number of its own
        change, drop = {"external_id": change["external_id"]}, None
    number = f"+4477{TELLING}"
    sent: dict[str, Any] = {"number": number} if make is a_call else {"numbers": [number]}
    item = bent(make(**sent), change, drop)
    require_silent(alice.post(path, [item, make()] if is_list else item))
    require_silent(alice.get(path))


@FUZZ
@given(door=st.sampled_from(DOORS), body=anything)
def test_bodies_of_any_shape(door: tuple[str, str], body: Any, alice: Machine) -> None:
    require_silent(alice.send(*door, json.dumps(body)))


@FUZZ
@given(door=st.sampled_from(DOORS), body=st.binary(max_size=60), with_number=st.booleans())
def test_bytes_of_any_kind(door: tuple[str, str], body: bytes, with_number: bool, alice: Machine) -> None:
    require_silent(alice.send(*door, body + f'{{"number":"+4477{TELLING}'.encode() if with_number else body))


@FUZZ
@given(
    path=st.sampled_from(LISTS),
    query=st.dictionaries(
        st.sampled_from([*PARAMETERS, f"+4477{TELLING}"]), spelling.map(str) | st.text(max_size=12), max_size=3
    ),
)
def test_queries_of_any_kind(path: str, query: dict[str, str], alice: Machine) -> None:
    text = "&".join(f"{quote(name)}={quote(value.encode('utf-8', 'replace'))}" for name, value in query.items())
    require_silent(alice.follow(f"/api/v1{path}?{text}"))


@FUZZ
@given(rest=st.text(max_size=20) | spelling.map(str))
@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
@pytest.mark.parametrize("path", ["/appointments/", "/opportunities/", "/calls/", "/"])
def test_addresses_of_any_kind(method: str, path: str, rest: str, alice: Machine) -> None:
    text = quote(rest.encode("utf-8", "replace"), safe="/")
    require_silent(alice.send(method, f"{path}{text}/", '{"status": "booked"}'))


@FUZZ
@given(key=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30) | spelling.map(str))
@pytest.mark.parametrize("header", ["Idempotency-Key", "Authorization", "Accept", "X-Clinic", "X-Request-Id"])
def test_headers_of_any_kind(header: str, key: str, alice: Machine) -> None:
    value = key.replace("\n", " ").replace("\r", " ").encode("latin-1", "replace").decode("latin-1")
    require_silent(alice.send("POST", "/calls/", json.dumps(a_call()), **{header.replace("-", "_"): value}))
