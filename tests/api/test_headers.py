"""What a browser may do with an answer of the API: show it as text, and nothing else."""

from typing import Any

import pytest

from tests.api.client import Machine, a_call
from tests.api.doors import DOORS, here

pytestmark = pytest.mark.django_db
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def answers(alice: Machine) -> list[Any]:
    """Of every door: good ones, bad ones, and what is no door at all."""
    signed_out = Machine(None)
    found = [asking.send(method, here(path), "{}") for method, path in DOORS for asking in (alice, signed_out)]
    paths = ("/token/", "/token/refresh/", "/token/revoke/", "/nothing/", "/schema/")
    found += [signed_out.send("POST", path, '{"refresh": "x"}') for path in paths]
    return [*found, alice.post("/calls/", a_call()), signed_out.get("/schema/"), alice.send("DELETE", "/calls/")]


def test_no_answer_is_kept_for_others_and_none_runs_anything(alice: Machine) -> None:
    for answer in answers(alice):
        assert answer["Content-Security-Policy"] == POLICY
        assert answer["X-Content-Type-Options"] == "nosniff"
        # What has a tag, figures, may be kept by who asked; they ask each time whether it is still the newest.
        assert answer["Cache-Control"] == ("private, no-cache" if "ETag" in answer else "no-store")
        assert answer["X-Frame-Options"] == "DENY"


def test_no_answer_sets_a_cookie(alice: Machine) -> None:
    assert [answer for answer in answers(alice) if answer.cookies] == []


@pytest.mark.parametrize("origin", ["https://mallory.example", "null", "http://testserver"])
@pytest.mark.parametrize("path", [*sorted({path for _, path in DOORS}), "/token/"])
def test_no_other_site_may_read_an_answer(origin: str, path: str, alice: Machine) -> None:
    for method in ("OPTIONS", "GET", "POST"):
        answer = alice.send(method, here(path), "{}", Origin=origin, Access_Control_Request_Method="POST")
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        assert method != "OPTIONS" or answer.status_code == 405


def test_markup_that_was_sent_comes_back_as_json(alice: Machine) -> None:
    alice.post("/calls/", a_call(line="<script>alert(1)</script>"))
    answer = alice.get("/calls/")
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["results"][0]["line"] == "<script>alert(1)</script>"
