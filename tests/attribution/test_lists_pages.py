"""The lists of missed callers and of appointments: what each filter shows, and what it refuses."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from calls.hashing import caller_name
from tenants.models import User
from tests.attribution.clinics import AMBER, BRAMBLE, COPPER, NOW, Desk, ago, make_desk

pytestmark = pytest.mark.django_db
WHO = {"amber": AMBER, "bramble": BRAMBLE, "copper": COPPER}


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def alice(client: Client) -> Client:
    """Amber was called back and booked, Bramble was called back and is not reached, nobody called Copper."""
    desk: Desk = make_desk()
    for number, caller in enumerate(WHO.values()):
        desk.call(ago(days=number, hours=6), caller)
    desk.call_back(ago(hours=5), AMBER)
    desk.book(ago(hours=4), AMBER, key="WON")
    desk.call_back(ago(days=1, hours=5), BRAMBLE, talk_seconds=0)
    desk.book(ago(days=2, hours=5), COPPER, key="LOST")
    desk.attribute()
    client.force_login(User.objects.get(email=f"alice@{desk.clinic.slug}.example"))
    return client


def shown(client: Client, query: str) -> set[str]:
    answer = client.get(f"/opportunities/?{query}")
    assert answer.status_code == 200
    page = answer.content.decode()
    return {name for name, caller in WHO.items() if caller_name(caller) in page}


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("", {"amber", "bramble", "copper"}),
        ("progress=nobody_called", {"copper"}),
        ("progress=called_back", {"amber", "bramble"}),
        ("progress=reached", {"amber"}),
        ("progress=recovered", {"amber"}),
        ("status=attempted", {"bramble"}),
        ("status=booked_elsewhere", {"copper"}),
        ("status=recovered&progress=nobody_called", set()),
        (f"from={NOW.date()}", {"amber"}),
        (f"to={NOW.date() - timedelta(days=1)}", {"bramble", "copper"}),
        (f"from={NOW.date() - timedelta(days=1)}&to={NOW.date() - timedelta(days=1)}", {"bramble"}),
    ],
)
def test_missed_callers_by_filter(alice: Client, query: str, who: set[str]) -> None:
    assert shown(alice, query) == who


@pytest.mark.parametrize(
    ("query", "won", "lost"),
    [("", True, True), ("reason=callback", True, False), ("reason=no_contact", False, True),
     (f"from={NOW.date()}", True, False), (f"to={NOW.date() - timedelta(days=2)}", False, True),
     ("verdict=unattributed&reason=callback", False, False)],
)  # fmt: skip
def test_appointments_by_filter(alice: Client, query: str, won: bool, lost: bool) -> None:
    page = alice.get(f"/appointments/?{query}").content.decode()
    assert ("WON" in page, "LOST" in page) == (won, lost)


@pytest.mark.parametrize("path", ["/opportunities/", "/appointments/", "/calls/"])
@pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_like_others(alice: Client, path: str, on: str) -> None:
    for name in ("from", "to"):
        assert alice.get(path, {name: on}).status_code == 200


@pytest.mark.parametrize("path", ["/opportunities/", "/appointments/"])
@pytest.mark.parametrize(
    "query",
    ["status=x", "progress=x", "from=x", "to=2026-13-01", "cursor=x", "verdict=x", "reason=x"],
)
def test_what_can_not_be_read_is_refused_and_not_echoed(alice: Client, path: str, query: str) -> None:
    known = {"/opportunities/": ("status", "progress"), "/appointments/": ("verdict", "reason")}[path]
    name = query.partition("=")[0]
    answer = alice.get(f"{path}?{query}")
    assert answer.status_code == (400 if name in (*known, "from", "to", "cursor") else 200)
