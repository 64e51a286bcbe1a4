"""Ids of another clinic, wherever one can be put: answered like unknown ones, and nothing of theirs is seen."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import URLPattern

from config.api_urls import urlpatterns
from tenants.domain import PLATFORM
from tenants.models import RefusedCount
from tenants.scope import as_clinic
from tests.api.client import Machine, a_call, an_appointment, require_problem
from tests.api.doors import DOORS, WRITES, here
from tests.api.world import Belongings, another_clinics, bright_smile, count_rows, oak_street, shown, unknown_id

pytestmark = pytest.mark.django_db
# Every address with an id in it, with the method and a good body. One that is not in here fails.
WITH_ID: dict[str, tuple[str, str, dict[str, Any]]] = {
    "api-appointment": ("PATCH", "/appointments/{id}/", {"status": "cancelled"}),
    "api-actions": ("POST", "/opportunities/{id}/actions/", {"kind": "called_back", "reached": True}),
}
LISTS = [path for method, path in DOORS if method == "GET"]


@pytest.fixture
def ours(db: None) -> Belongings:
    return bright_smile()


@pytest.fixture
def theirs(db: None) -> Belongings:
    return oak_street()


def test_every_address_with_an_id_is_in_the_table() -> None:
    patterns = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
    assert {pattern.name for pattern in patterns if pattern.pattern.regex.groupindex} == WITH_ID.keys()


@pytest.mark.parametrize("name", WITH_ID)
def test_every_id_of_theirs_is_unknown_here(name: str, ours: Belongings, theirs: Belongings) -> None:
    method, path, body = WITH_ID[name]
    rows = count_rows(theirs.clinic)
    for asking in ours.clients:
        unknown = asking.send(method, path.format(id=unknown_id()), json.dumps(body))
        require_problem(unknown, 404)
        for id_ in theirs.ids:
            answer = asking.send(method, path.format(id=quote(id_)), json.dumps(body))
            is_uuid = len(id_) == 36
            assert answer.status_code == 404
            assert answer.content == unknown.content or (name == "api-actions" and not is_uuid)
    assert count_rows(theirs.clinic) == rows


@pytest.mark.parametrize("name", WITH_ID)
def test_the_same_ids_work_at_home(name: str, theirs: Belongings) -> None:
    """Or the test above would prove nothing."""
    method, path, body = WITH_ID[name]
    known = {"api-appointment": theirs.external_ids, "api-actions": theirs.opportunities}[name]
    statuses = {theirs.key.send(method, path.format(id=id_), json.dumps(body)).status_code for id_ in known}
    assert statuses & {200, 201}


def test_they_are_counted(ours: Belongings, theirs: Belongings) -> None:
    ours.key.patch(f"/appointments/{theirs.external_ids[0]}/", {"status": "cancelled"})
    with as_clinic(ours.clinic.id):
        assert RefusedCount.objects.get(what="not_here").count == 1


def test_no_list_holds_anything_of_theirs(ours: Belongings, theirs: Belongings) -> None:
    for path in LISTS:
        for asking in ours.clients:
            for page in pages(asking, path):
                assert [secret for secret in theirs.secrets if secret in page] == []
    at_home = b"".join(page for path in LISTS for page in pages(theirs.key, path))
    assert all(id_.encode() in at_home for id_ in theirs.ids[2:])  # of the clinic itself nothing is shown


def pages(asking: Machine, path: str) -> Iterator[bytes]:
    url: str | None = f"/api/v1{path}"
    while url:
        answer = asking.follow(url)
        assert answer.status_code == 200
        yield shown(answer)
        url = answer.json().get("next")


def test_no_filter_finds_anything_of_theirs(ours: Belongings, theirs: Belongings) -> None:
    for asking in ours.clients:
        empty = asking.get("/calls/", caller=unknown_id()).json()
        for id_ in theirs.callers:
            assert asking.get("/calls/", caller=id_).json() == empty
        mine = {row["id"] for row in asking.get("/calls/").json()["results"]}
        page = asking.get("/calls/", cursor=theirs.cursor)  # signed by us: a place in time, and never theirs
        assert page.status_code == 200 and {row["id"] for row in page.json()["results"]} <= mine
        assert asking.post("/callers/lookup/", {"number": "+447700900123"}).json()["caller"] in ours.callers


def test_the_same_external_ids_live_side_by_side(ours: Belongings, theirs: Belongings) -> None:
    (external_id,) = theirs.external_ids
    made = ours.key.post("/appointments/", an_appointment(external_id=external_id))
    assert (made.status_code, made.json()["created"]) == (201, True)
    ours.key.patch(f"/appointments/{external_id}/", {"status": "cancelled"})
    (row,) = theirs.key.get("/appointments/").json()["results"]
    assert (row["id"], row["status"]) == (theirs.appointments[0], "booked")


def test_their_clinic_in_the_header_is_an_unknown_one(ours: Belongings, theirs: Belongings) -> None:
    slugs = (theirs.clinic.slug, str(theirs.clinic.id), theirs.clinic.name, "there-is-none")
    answers = {
        another_clinics(ours.token, slug).send(method, here(path), "{}").content
        for method, path in DOORS
        for slug in slugs
    }
    assert len(answers) == 1
    with as_clinic(PLATFORM):
        assert RefusedCount.objects.get(what="not_here").count == len(DOORS) * len(slugs)


GOOD: dict[str, dict[str, Any]] = {
    "/callers/lookup/": {"number": "+447700900123"},
    "/appointments/booking-0/": {"status": "booked"},
    "/opportunities/{id}/actions/": {"kind": "called_back", "reached": True},
}
NOT_THEIRS_TO_SAY = ("clinic", "clinic_id", "role", "user_id", "is_staff", "scopes", "permissions", "caller", "verdict")


def test_what_is_ours_to_say_is_refused_in_a_body(ours: Belongings, theirs: Belongings) -> None:
    rows = count_rows(ours.clinic), count_rows(theirs.clinic)
    for method, path in WRITES:
        good = {"/calls/": a_call(), "/appointments/": an_appointment()}.get(path) or GOOD[path]
        for asking in ours.clients:
            for name in NOT_THEIRS_TO_SAY:
                sent = json.dumps({**good, name: str(theirs.clinic.id)})
                body = require_problem(asking.send(method, here(path), sent), 400)
                assert [error["field"] for error in body["errors"]] == [name], path
                assert str(theirs.clinic.id) not in json.dumps(body)
    assert (count_rows(ours.clinic), count_rows(theirs.clinic)) == rows


def test_their_clinic_in_a_query_is_refused(ours: Belongings, theirs: Belongings) -> None:
    for path in LISTS:
        for name in ("clinic", "clinic_id", "clinic__id", "role", "user", "all", "id"):
            for asking in ours.clients:
                for value in (str(theirs.clinic.id), theirs.clinic.slug):
                    require_problem(asking.get(path, **{name: value}), 400, name)
