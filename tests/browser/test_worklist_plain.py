"""The worklist without JavaScript: plain forms do the same, a page at a time."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def bob(invite: Invite, surgery: Surgery) -> Guest:
    """One caller waits; Bob's browser runs no script."""
    surgery.ring()
    surgery.wait_for_opportunities(1)
    guest = invite(surgery.people.bob, surgery, java_script_enabled=False)
    guest.open("/worklist/")
    expect(guest.page.locator(".row")).to_have_count(1)
    return guest


def test_reached_and_undo(bob: Guest, surgery: Surgery) -> None:
    bob.page.get_by_role("button", name="Reached").click()
    bob.expect_path("/worklist/")
    expect(bob.page.locator(".row")).to_have_count(0)
    surgery.wait_for_opportunities(1, "reached")
    bob.button("Undo").click()
    bob.expect_path("/worklist/")
    expect(bob.page.locator(".row")).to_have_count(1)
    expect(bob.button("Undo")).to_have_count(0)


def test_no_answer(bob: Guest) -> None:
    bob.page.get_by_role("button", name="No answer").click()
    expect(bob.page.locator(".row")).to_contain_text("tried 1 ×, no answer")


def test_dismiss_with_a_reason(bob: Guest, surgery: Surgery) -> None:
    bob.page.locator(".row").get_by_text("Dismiss…").click()
    bob.page.get_by_label("Wrong number").check()
    bob.button("Dismiss").click()
    expect(bob.page.locator(".row")).to_have_count(0)
    surgery.wait_for_opportunities(1, "dismissed")


def test_new_callers_are_seen_by_loading_again(bob: Guest, surgery: Surgery) -> None:
    surgery.ring()
    surgery.wait_for_opportunities(2)
    bob.page.get_by_role("link", name="Load again").click()
    expect(bob.page.locator(".row")).to_have_count(2)
    expect(bob.page.locator("#keys-open")).to_be_hidden()


def test_somebody_was_quicker(bob: Guest, surgery: Surgery) -> None:
    [waiting] = surgery.wait_for_opportunities(1)
    surgery.api("POST", f"/opportunities/{waiting['id']}/actions/", {"kind": "dismissed", "reason": "spam"})
    bob.page.get_by_role("button", name="Reached").click()
    expect(bob.page.locator(".toast")).to_contain_text("Somebody has taken care of this caller already.")
    expect(bob.page.locator(".row")).to_have_count(0)
