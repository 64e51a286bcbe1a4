"""A phone system is connected in the browser: chosen, its address copied, and the page turns green when it rings."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.looks import look_at
from tests.browser.surgery import Surgery
from tests.calls.phone_systems import SYSTEMS

pytestmark = [pytest.mark.slow, pytest.mark.browser]
OURS = SYSTEMS["ringback"]


def send(address: str, secret: str) -> int:
    """A missed call, signed as Standard Webhooks wants it."""
    now = datetime.now(UTC)
    call = {
        "external_id": f"visit-{now:%S%f}"[:10], "direction": "inbound", "outcome": "missed",
        "started_at": (now - timedelta(minutes=1)).isoformat(), "number": "+447700900123",
    }  # fmt: skip
    body, headers = OURS.seal(json.dumps(call).encode(), secret, now)
    headers["content-type"] = OURS.content_type
    return requests.post(address, body, headers=headers, timeout=10).status_code


def connect(alice: Guest, name: str) -> tuple[str, str]:
    """The address and the secret of a new connection, as the page shows them."""
    alice.open("/settings/connections/")
    alice.page.get_by_role("link", name="Add a connection").click()
    alice.page.get_by_role("link", name="Our own webhook").click()
    alice.fill({"Name": name})
    alice.button("Make the address").click()
    address, secret = (alice.page.locator(f"#{kind}-text").inner_text() for kind in ("address", "secret"))
    return address, secret


def test_waiting_turns_green_by_itself(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery, permissions=["clipboard-read", "clipboard-write"])
    address, secret = connect(alice, "Second line")
    waiting = alice.page.locator("#waiting")
    expect(waiting).to_contain_text("Waiting for the first call…")
    alice.page.get_by_role("button", name="Copy the secret").click()
    assert alice.page.evaluate("navigator.clipboard.readText()") == secret
    faults = look_at(alice.page, "connection-waiting")
    assert send(address, "whsec_" + "AAAA" * 10) == 401
    expect(waiting).to_contain_text("A message came and was refused: wrong signature")
    faults += look_at(alice.page, "connection-waiting-refused")
    assert send(address, secret) == 204
    expect(waiting).to_contain_text("It works.")
    expect(waiting).to_contain_text("A missed call")
    faults += look_at(alice.page, "connection-heard")
    alice.page.get_by_role("link", name="I have copied it").click()
    alice.expect_heading("Second line")
    expect(alice.page.locator("main")).to_contain_text("1 × wrong signature")
    expect(alice.page.get_by_role("row", name="external_id")).to_contain_text("read")
    assert not faults + look_at(alice.page, "connection")


def test_without_a_script_the_page_of_the_connection_says_it(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery, java_script_enabled=False)
    address, secret = connect(alice, "Third line")
    expect(alice.page.locator("noscript")).to_be_visible()
    alice.page.get_by_role("link", name="I have copied it").click()
    expect(alice.page.locator("#waiting")).to_contain_text("Waiting for the first call…")
    assert send(address, secret) == 204
    alice.page.get_by_role("link", name="Look again").click()
    expect(alice.page.locator("main")).to_contain_text("Live")
