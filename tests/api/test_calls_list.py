"""GET /calls/: filters, pages that hold still, and nobody else's rows."""

import json
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.models import Call
from tenants.domain import ClinicFacts
from tenants.models import Clinic
from tenants.scope import as_clinic
from tests.api.client import Machine, a_call, ago, require_problem

pytestmark = pytest.mark.django_db
FIELDS = {"id", "started_at", "direction", "outcome", "caller", "caller_kind", "ring_seconds", "talk_seconds", "line",
          "source"}  # fmt: skip


def make(asking: Machine, *calls: dict[str, Any]) -> list[str]:
    items = asking.post("/calls/", list(calls)).json()
    assert {item["status"] for item in items} == {201}
    return [item["id"] for item in items]


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_newest_first_with_all_that_is_kept(alice: Machine) -> None:
    made = make(alice, *(a_call(started_at=ago(hours=hours).isoformat()) for hours in (3, 1, 2)))
    response = alice.get("/calls/")
    assert ids(response) == [made[1], made[2], made[0]]
    assert all(set(row) == FIELDS for row in response.json()["results"])
    assert (response.json()["next"], response.json()["previous"]) == (None, None)


def test_times_are_the_clinics_local_ones_with_their_offset(charlie: Machine) -> None:
    at = ago(hours=1).replace(microsecond=0)
    make(charlie, a_call(started_at=at.isoformat()))
    shown = charlie.get("/calls/").json()["results"][0]["started_at"]
    assert shown.endswith(("-05:00", "-04:00"))
    assert datetime.fromisoformat(shown) == at


def test_nobody_elses_rows(alice: Machine, charlie: Machine) -> None:
    mine, theirs = make(alice, a_call()), make(charlie, a_call())
    assert (ids(alice.get("/calls/")), ids(charlie.get("/calls/"))) == (mine, theirs)
    theirs_caller = charlie.get("/calls/").json()["results"][0]["caller"]
    assert ids(alice.get("/calls/", caller=theirs_caller)) == []


def test_filters(alice: Machine) -> None:
    calls = [
        a_call(direction="outbound", outcome="answered", number="+447700900001", started_at=ago(hours=1).isoformat()),
        a_call(outcome="answered", talk_seconds=3, number="+447700900002", started_at=ago(hours=2).isoformat()),
        a_call(outcome="voicemail", number="+447700900002", started_at=ago(hours=3).isoformat()),
        a_call(outcome="missed", number=None, started_at=ago(hours=4).isoformat()),
    ]
    out, answered, voicemail, withheld = make(alice, *calls)
    caller = alice.get("/calls/", outcome="voicemail").json()["results"][0]["caller"]
    assert ids(alice.get("/calls/", direction="outbound")) == [out]
    assert ids(alice.get("/calls/", outcome="missed")) == [withheld]
    assert ids(alice.get("/calls/", caller=caller)) == [answered, voicemail]
    assert ids(alice.get("/calls/", caller=caller, outcome="answered")) == [answered]
    assert ids(alice.get("/calls/", **{"from": calls[1]["started_at"]})) == [out, answered]
    assert ids(alice.get("/calls/", to=calls[1]["started_at"])) == [voicemail, withheld]
    assert ids(alice.get("/calls/", **{"from": calls[2]["started_at"], "to": calls[1]["started_at"]})) == [voicemail]


def test_days_are_local_and_both_included(charlie: Machine, other_clinic: ClinicFacts) -> None:
    yesterday = timezone.localdate(timezone=other_clinic.zone) - timedelta(days=1)
    midnight = datetime.combine(yesterday, time.min, other_clinic.zone)
    moments = [midnight - timedelta(seconds=1), midnight, midnight + timedelta(days=1, seconds=-1)]
    before, first, last = make(charlie, *(a_call(started_at=moment.isoformat()) for moment in moments))
    assert ids(charlie.get("/calls/", **{"from": f"{yesterday}", "to": f"{yesterday}"})) == [last, first]


def test_a_plus_that_was_not_escaped_is_understood(alice: Machine) -> None:
    make(alice, a_call())
    at = ago(days=1).strftime("%Y-%m-%dT%H:%M:%S")
    assert len(ids(alice.follow(f"/api/v1/calls/?from={at}+00:00"))) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("direction", "in"), ("direction", ""), ("outcome", "lost"), ("caller", "x"), ("caller", "0" * 32),
     ("caller", "{" + "0" * 36 + "}"), ("caller", ""), ("outcome", "MISSED")],
)  # fmt: skip
def test_a_bad_filter_is_400(field: str, value: str, alice: Machine) -> None:
    require_problem(alice.get("/calls/", **{field: value}), 400, field)


def walk(asking: Machine, url: str, key: str = "next") -> list[list[str]]:
    pages = []
    while url:
        body = asking.follow(url).json()
        pages.append([row["id"] for row in body["results"]])
        url = body[key]
    return pages


def test_pages_forwards_and_back(alice: Machine) -> None:
    at = ago(hours=1).isoformat()  # all at one instant: the id decides
    make(alice, *(a_call(started_at=at) for _ in range(7)))
    whole = ids(alice.get("/calls/"))
    pages = walk(alice, "/api/v1/calls/?page_size=3")
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [one for page in pages for one in page] == whole
    second = alice.follow(alice.get("/calls/", page_size=3).json()["next"]).json()
    third = alice.follow(second["next"]).json()
    assert third["next"] is None
    back = walk(alice, third["previous"], "previous")
    assert back == [pages[1], pages[0]]


def test_pages_hold_still_while_rows_come_in(alice: Machine) -> None:
    known = set(make(alice, *(a_call(started_at=ago(hours=hours).isoformat()) for hours in range(1, 11))))
    url, seen = "/api/v1/calls/?page_size=2", []
    while url:
        body = alice.follow(url).json()
        seen += [row["id"] for row in body["results"]]
        make(alice, a_call(started_at=ago(minutes=1).isoformat()), a_call(started_at=ago(days=1).isoformat()))
        url = body["next"] if len(seen) < 40 else ""
    assert len(seen) == len(set(seen))
    assert known <= set(seen)


def test_the_filter_goes_along_with_the_page(alice: Machine) -> None:
    make(alice, *(a_call(outcome=outcome) for outcome in ("missed", "voicemail") * 3))
    pages = walk(alice, "/api/v1/calls/?page_size=2&outcome=missed")
    assert [len(page) for page in pages] == [2, 1]


def test_a_cursor_cannot_be_made_up(alice: Machine, charlie: Machine) -> None:
    make(alice, *(a_call() for _ in range(3)))
    cursor = alice.get("/calls/", page_size=1).json()["next"].split("cursor=")[1].split("&")[0]
    assert alice.get("/calls/", cursor=cursor).status_code == 200
    for bent in (cursor[:-1], cursor[1:], cursor.swapcase(), cursor.split(".")[0], "A" + cursor):
        require_problem(alice.get("/calls/", cursor=bent), 400, "cursor")
    assert ids(charlie.get("/calls/", cursor=cursor)) == []


def test_no_row_past_the_limit_is_shown(alice: Machine, clinic: ClinicFacts) -> None:
    make(alice, a_call(started_at=ago(days=31).isoformat()))
    assert len(ids(alice.get("/calls/"))) == 1
    Clinic.objects.filter(pk=clinic.id).update(retention_days=30)
    assert ids(alice.get("/calls/")) == []
    assert ids(alice.get("/calls/", **{"from": "2000-01-01"})) == []
    with as_clinic(clinic.id):
        assert Call.objects.count() == 1


def test_a_page_is_as_long_as_asked_for(alice: Machine) -> None:
    make(alice, *(a_call() for _ in range(210)))
    assert len(ids(alice.get("/calls/"))) == 50
    assert len(ids(alice.get("/calls/", page_size=200))) == 200
    assert json.loads(alice.get("/calls/", page_size=200).content)["next"]
