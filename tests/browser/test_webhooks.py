"""An outgoing webhook in the browser: added, its secret seen once, tested by its button, paused; pages looked at."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.looks import look_at
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def add(alice: Guest) -> None:
    alice.open("/settings/webhooks/")
    alice.page.get_by_role("link", name="Add a webhook").first.click()
    alice.fill({"Name": "Team chat", "Address": "https://127.0.0.1/x"})
    alice.page.get_by_label("A missed caller waits for a callback").check()
    alice.button("Add it").click()


def test_a_webhook_is_added_tested_and_paused(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.watch.forgive("status of 400")
    add(alice)
    expect(alice.page.locator("main")).to_contain_text("not on the public internet")
    faults = look_at(alice.page, "webhook-add-refused")
    alice.fill({"Address": "https://nobody-is-here.invalid/s3cret-path"})
    alice.button("Add it").click()
    expect(alice.page.locator(".secret")).to_contain_text("whsec_")
    faults += look_at(alice.page, "webhook-made")
    alice.page.get_by_role("link", name="I have copied it").click()
    alice.button("Send a test").click()
    expect(alice.page.locator("#toasts")).to_contain_text("on its way")
    log, address = alice.page.locator("table"), alice.page.url
    for _ in range(30):  # the page does not refresh itself; it says so
        alice.page.goto(address)
        if "Given up" in log.inner_text():
            break
        alice.page.wait_for_timeout(500)
    expect(log).to_contain_text("dns")
    expect(alice.page.locator("main")).not_to_contain_text("s3cret-path")
    faults += look_at(alice.page, "webhook")
    alice.button("Pause").click()
    expect(alice.page.locator("main")).to_contain_text("Paused since")
    faults += look_at(alice.page, "webhook-paused")
    for name in ("Change", "New secret", "Remove…"):
        alice.page.locator("main").get_by_role("link", name=name).click()
        faults += look_at(alice.page, f"webhook-{name.split()[0].lower().strip('…')}")
        alice.page.go_back()
    assert not faults
