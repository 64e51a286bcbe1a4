"""A walk through the product with a real browser leaves the cookies that the cookies page names, and nothing else."""

import pytest

from config.cookies import list_cookies
from tests.browser.conftest import Invite
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WALK = [
    "/",
    "/worklist/",
    "/calls/",
    "/appointments/",
    "/account/password/change/",
    "/privacy",
    "/cookies",
    "/nothing/",
]
KEPT_WHILE_OPEN = "htmx-current-path-for-history"  # the worklist's own address, until the tab is closed
STORED = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]"


def test_the_cookies_are_those_of_the_registry(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.watch.forgive("status of 404|favicon.svg: net::ERR_ABORTED")
    for path in WALK:
        alice.open(path)
        assert set(alice.page.evaluate(STORED)) <= {KEPT_WHILE_OPEN}
    cookies = alice.context.cookies()
    assert {cookie["name"] for cookie in cookies} == {cookie.name for cookie in list_cookies()}
    assert all(cookie["domain"] == "127.0.0.1" and cookie["httpOnly"] for cookie in cookies)
    assert {cookie["expires"] for cookie in cookies if cookie["name"] == "csrf"} == {-1}  # until the browser is closed


def test_who_only_reads_gets_none(invite: Invite) -> None:
    guest = invite()
    guest.watch.forgive("favicon.svg: net::ERR_ABORTED")  # the next page was opened before it came
    for path in ("/privacy", "/cookies", "/security", "/sub-processors", "/status"):
        guest.open(path)
    assert guest.context.cookies() == []


def test_the_theme_is_kept_on_the_device(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.open("/worklist/")
    alice.open_menu()
    alice.page.locator("#theme input[value=dark]").check(force=True)
    assert set(alice.page.evaluate(STORED)) == {"theme", KEPT_WHILE_OPEN}
    alice.page.get_by_role("button", name="Keys").click()
    alice.page.get_by_label("Single keys work on this device").uncheck()
    assert set(alice.page.evaluate(STORED)) == {"keys", "theme", KEPT_WHILE_OPEN}
