"""The doors of attribution's pages: what they show, whom they let in, what they refuse, what they cost."""

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attribution.models import StaffAction
from calls.domain import Outcome
from tenants.models import User
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, BRAMBLE, NOW, Desk, ago, make_desk
from tests.tenants.factories import bob as make_bob

pytestmark = pytest.mark.django_db
REACHED = {"kind": "called_back", "reached": "yes"}
SUPPLIER, SPAM = ({"kind": "dismissed", "reason": reason} for reason in ("supplier", "spam"))
PAGES = ("/", "/worklist/", "/worklist/rows/", "/appointments/")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(db: None) -> Desk:
    desk = make_desk()
    desk.call(ago(hours=3), line="New patients")
    desk.attribute()
    return desk


@pytest.fixture
def alice(desk: Desk, client: Client) -> Client:
    client.force_login(User.objects.get(email=f"alice@{desk.clinic.slug}.example"))
    return client


@pytest.fixture
def bob(desk: Desk) -> Client:
    client = Client()
    client.force_login(make_bob(desk.clinic))
    return client


def act(client: Client, opportunity_id: uuid.UUID, data: dict[str, str], *, htmx: bool = False) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(f"/worklist/{opportunity_id}/act/", data, headers=headers)


def text(response: Any) -> str:
    decoded: str = response.content.decode()
    return decoded


@pytest.mark.parametrize("path", PAGES)
def test_a_page_works(alice: Client, path: str) -> None:
    response = alice.get(path)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [*PAGES, f"/worklist/{AMBER}/act/", f"/worklist/undo/{AMBER}/"])
def test_signed_out_it_asks_for_a_sign_in(desk: Desk, client: Client, path: str) -> None:
    response = client.post(path) if "act" in path or "undo" in path else client.get(path)
    # A wrong method is wrong before anybody asks who it is.
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/login/?next=")


@pytest.mark.parametrize("path", [*PAGES, f"/worklist/{AMBER}/act/", f"/worklist/undo/{AMBER}/"])
def test_the_wrong_method_is_refused(alice: Client, path: str) -> None:
    wrong = alice.get if "act" in path or "undo" in path else alice.post
    assert wrong(path).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/?month=2026", "/?month=2026-13", "/?month=2027-01", "/?month=1999-12", "/?month=x'--",
        "/appointments/?verdict=maybe", "/appointments/?cursor=made-up", "/appointments/?cursor=%00",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_reason(alice: Client, path: str) -> None:
    response = alice.get(path)
    assert response.status_code == 400
    assert text(response)
    assert "'--" not in text(response)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "called_back"},
        {"kind": "called_back", "reached": "perhaps"},
        {"kind": "called_back", "reached": "yes", "reason": "spam"},
        {"kind": "dismissed"},
        {"kind": "dismissed", "reason": "bored"},
        {"kind": "sold", "reached": "yes"},
    ],
)
def test_an_action_that_makes_no_sense_is_refused(desk: Desk, alice: Client, data: dict[str, str]) -> None:
    assert act(alice, desk.opportunity.id, data).status_code == 400
    assert desk.opportunity.status == "open"


def test_nobody_elses_rows_are_shown_or_touched(desk: Desk, alice: Client) -> None:
    other = make_desk("Oak Street")
    other.call(ago(hours=5), BRAMBLE)
    other.book(ago(hours=5), BRAMBLE, key="THEIRS")
    other.attribute()
    with as_clinic(other.clinic.id):
        theirs = StaffAction.objects.create(
            clinic_id=other.clinic.id, caller=BRAMBLE, at=NOW, kind="called_back", reached=True
        )
    assert str(other.opportunity.id) not in text(alice.get("/worklist/"))
    assert "THEIRS" not in text(alice.get("/appointments/"))
    assert act(alice, other.opportunity.id, REACHED).status_code == 404
    assert act(alice, uuid.uuid4(), REACHED).status_code == 404
    assert alice.post(f"/worklist/undo/{theirs.id}/").status_code == 404
    assert other.opportunity.status == "booked_elsewhere"


def test_the_worklist_shows_who_waits_longest_first(desk: Desk, alice: Client) -> None:
    desk.call(ago(hours=5), BRAMBLE, Outcome.VOICEMAIL)
    desk.attribute()
    page = text(alice.get("/worklist/"))
    first, second = [page.index(f"opp-{one.id}") for one in desk.opportunities()]
    assert first < second
    assert "New patients" in page
    assert "voicemail left" in page


def test_without_a_script_an_action_goes_back_to_the_page_and_can_be_undone(desk: Desk, alice: Client) -> None:
    opportunity_id = desk.opportunity.id
    response = act(alice, opportunity_id, REACHED)
    assert (response.status_code, response.headers["Location"]) == (303, "/worklist/")
    page = text(alice.get("/worklist/"))
    assert f"opp-{opportunity_id}" not in page
    undo = re.search(r"/worklist/undo/[0-9a-f-]+/", page)
    assert undo is not None
    assert undo[0] not in text(alice.get("/worklist/"))  # offered once
    assert alice.post(undo[0]).status_code == 303
    assert f"opp-{opportunity_id}" in text(alice.get("/worklist/"))


def test_a_script_gets_the_list_and_the_undo(desk: Desk, alice: Client) -> None:
    opportunity_id = desk.opportunity.id
    response = act(alice, opportunity_id, SUPPLIER, htmx=True)
    page = text(response)
    assert (response.status_code, "<html" in page, f"opp-{opportunity_id}" in page) == (200, False, False)
    undo = re.search(r"/worklist/undo/[0-9a-f-]+/", page)
    assert undo is not None
    again = alice.post(undo[0], headers={"HX-Request": "true"})
    assert f"opp-{opportunity_id}" in text(again)


def test_what_a_colleague_has_closed_is_said(desk: Desk, alice: Client, bob: Client) -> None:
    opportunity_id = desk.opportunity.id
    act(bob, opportunity_id, SPAM)
    response = act(alice, opportunity_id, REACHED)
    assert response.status_code == 303
    [message] = get_messages(response.wsgi_request)
    assert "already" in str(message)
    assert act(alice, opportunity_id, REACHED, htmx=True).status_code == 200


def test_a_colleagues_action_cannot_be_undone(desk: Desk, alice: Client, bob: Client) -> None:
    act(bob, desk.opportunity.id, REACHED)
    with as_clinic(desk.clinic.id):
        action = StaffAction.objects.get()
    response = alice.post(f"/worklist/undo/{action.id}/")
    assert response.status_code == 303
    assert desk.opportunity.status == "reached"


def test_the_rows_are_sent_when_something_changed(desk: Desk, alice: Client) -> None:
    def version() -> str:
        found = re.search(r'name="version" value="(\w+)"', text(alice.get("/worklist/rows/")))
        assert found is not None
        return found[1]

    first = version()
    assert alice.get(f"/worklist/rows/?version={first}").status_code == 204
    for change in (
        lambda: desk.call(ago(hours=1)),
        lambda: desk.call(ago(hours=1), BRAMBLE),
        lambda: desk.call_back(ago(minutes=30), BRAMBLE, talk_seconds=0),
        lambda: desk.book(ago(hours=6), BRAMBLE),
        lambda: desk.set(callback_goal=timedelta(hours=4)),
    ):
        before = version()
        change()
        desk.attribute()
        assert alice.get(f"/worklist/rows/?version={before}").status_code == 200, before


def test_receptionists_are_sent_to_the_worklist(bob: Client) -> None:
    response = bob.get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/worklist/")
    assert bob.get("/worklist/").status_code == 200
    assert bob.get("/appointments/").status_code == 200


def test_the_dashboard_shows_a_month_and_leads_to_those_beside_it(alice: Client) -> None:
    page = text(alice.get("/?month=2026-10"))
    assert "October 2026" in page
    assert "?month=2026-09" in page
    assert "?month=2026-11" in page
    assert "?month=2026-12" not in text(alice.get("/"))


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("period=week&on=2026-11-18", "16 to 22 November 2026"),
        ("period=quarter&on=2026-11-18", "October to December 2026"),
        ("period=month&on=2026-09-30", "September 2026"),
        ("from=2026-10-30&to=2026-11-02", "30 October to 2 November 2026"),
        ("from=2026-11-02&to=2026-11-02", "2 November 2026"),
        ("period=week&on=2026-11-18&compare=year", "16 to 22 November 2026"),
    ],
)
def test_the_dashboard_shows_any_days(alice: Client, query: str, heading: str) -> None:
    assert f"<title>{heading}" in text(alice.get(f"/?{query}"))


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-10-30", "to=2026-10-30", "period=custom", "from=2026-11-02&to=2026-11-01", "from=x&to=2026-11-01",
        "from=2025-01-01&to=2026-11-01", "from=2027-01-01&to=2027-01-02", "period=year", "period=week&on=x",
        "compare=x", "month=0000-01", "period=week&on=0001-01-01", "period=week&on=9999-12-31",
        "from=0001-01-01&to=0001-01-02",
    ],
)  # fmt: skip
def test_days_that_can_not_be_shown_are_refused(alice: Client, query: str) -> None:
    assert alice.get(f"/?{query}").status_code == 400


def test_appointments_say_why_and_go_on_page_by_page(desk: Desk, alice: Client) -> None:
    for number in range(51):
        desk.book(ago(hours=number + 1), uuid.uuid4(), key=f"K{number:02}")
    desk.call_back(ago(hours=2))
    desk.book(ago(hours=1), key="WON")
    desk.attribute()
    page = text(alice.get("/appointments/"))
    assert "called back" in page
    assert "£85" in page
    assert "K50" not in page
    older = re.search(r'href="(\?[^"]+)" rel="next"', page)
    assert older is not None
    last = text(alice.get("/appointments/" + older[1].replace("&amp;", "&")))
    assert "K50" in last
    newer = re.search(r'href="(\?[^"]+)" rel="prev"', last)
    assert newer is not None
    assert "WON" in text(alice.get("/appointments/" + newer[1].replace("&amp;", "&")))
    won = text(alice.get("/appointments/?verdict=recovered"))
    assert ("WON" in won, "K00" in won) == (True, False)


def statements(client: Client, path: str) -> list[str]:
    """What a page asks the database, without opening and closing transactions and scopes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    own = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT set_config")
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(own)]


@pytest.mark.parametrize(
    ("path", "most"), [("/worklist/", 10), ("/worklist/rows/", 9), ("/", 12), ("/appointments/", 9)]
)
def test_a_page_asks_little_of_the_database_however_much_it_shows(
    desk: Desk, alice: Client, path: str, most: int
) -> None:
    for number in range(30):
        caller = uuid.uuid4()
        desk.call(ago(hours=number + 1), caller)
        desk.book(ago(hours=number + 0.5), caller)
        desk.call(ago(hours=number / 3), caller)
    desk.attribute()
    asked = statements(alice, path)
    assert len(asked) <= most, "\n".join(query[:120] for query in asked)


def test_the_story_of_a_caller_is_a_page(desk: Desk, alice: Client) -> None:
    desk.call(ago(hours=3))
    desk.call_back(ago(hours=2))
    desk.book(ago(hours=1))
    desk.attribute()
    page = text(alice.get(f"/callers/{AMBER}/"))
    for words in ("Missed", "Called back", "Booked", "Recovered", "would not have counted"):
        assert words in page
    assert f"/callers/{AMBER}/" in text(alice.get("/appointments/"))
    assert alice.get(f"/callers/{uuid.uuid4()}/").status_code == 404
    assert alice.post(f"/callers/{AMBER}/").status_code == 405


def test_the_story_asks_little_of_the_database(desk: Desk, alice: Client) -> None:
    for number in range(30):
        desk.call(ago(hours=3 * number + 3))
        desk.call_back(ago(hours=3 * number + 2))
        desk.book(ago(hours=3 * number + 1))
    desk.attribute()
    asked = statements(alice, f"/callers/{AMBER}/")
    assert len(asked) <= 12, "\n".join(query[:120] for query in asked)
