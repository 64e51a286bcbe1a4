"""Two people at one worklist: each sees what the other does, and nobody is called twice by mistake."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def alice(invite: Invite, surgery: Surgery) -> Guest:
    for _ in range(2):
        surgery.ring()
    surgery.wait_for_opportunities(2)
    return at_the_worklist(invite(surgery.people.alice, surgery))


@pytest.fixture
def bob(alice: Guest, invite: Invite, surgery: Surgery) -> Guest:
    return at_the_worklist(invite(surgery.people.bob, surgery))


def at_the_worklist(guest: Guest) -> Guest:
    guest.open("/worklist/")
    expect(guest.page.locator(".row")).to_have_count(2)
    return guest


def test_what_one_does_the_other_sees(alice: Guest, bob: Guest) -> None:
    second = bob.page.locator(".row").nth(1).locator(".row-name").inner_text()
    alice.page.get_by_role("button", name="Reached").first.click()
    expect(bob.page.locator(".row")).to_have_count(1)
    expect(bob.page.locator(".row-name")).to_have_text(second)
    expect(bob.page.locator("#nav-waiting")).to_have_text("1 waiting")
    expect(bob.button("Undo")).to_have_count(0)  # that is Alice's

    alice.button("Undo").click()
    expect(bob.page.locator(".row")).to_have_count(2)


def test_who_comes_too_late_is_told(alice: Guest, bob: Guest) -> None:
    bob.page.route("**/worklist/rows/**", lambda route: route.fulfill(status=204))  # has not seen it yet
    name = bob.page.locator(".row-name").first.inner_text()
    alice.page.locator(".row").first.get_by_text("Dismiss…").click()
    alice.page.get_by_label("Has a booking already").first.check()
    alice.button("Dismiss").click()
    expect(alice.page.locator(".row")).to_have_count(1)
    bob.button(f"Reached {name}").click()
    expect(bob.page.locator(".toast")).to_contain_text("Somebody has taken care of this caller already.")
    expect(bob.page.locator(".row")).to_have_count(1)
    expect(bob.button("Undo")).to_have_count(0)


def test_an_open_menu_is_not_taken_away(alice: Guest, bob: Guest) -> None:
    first = bob.page.locator(".row").first
    first.get_by_text("Dismiss…").click()
    bob.page.evaluate("document.activeElement.blur()")  # as where a click gives no focus
    bob.page.locator("h1").hover()
    alice.page.get_by_role("button", name="No answer").first.click()
    expect(bob.page.locator("#worklist-tally")).to_contain_text(re.compile(r"called back\s*1\s"))  # the news has come
    expect(first.get_by_text("No callback needed, because")).to_be_visible()
    expect(first).not_to_contain_text("tried")
    bob.page.locator("h1").click()
    expect(first).to_contain_text("tried 1 ×, no answer")


def test_who_calls_is_seen_by_the_other(alice: Guest, bob: Guest) -> None:
    name = alice.page.locator(".row-name").first.inner_text()
    alice.page.locator(".row").first.focus()
    alice.press("t")
    expect(alice.page.locator(".row").first).to_contain_text("You are calling")
    theirs = bob.page.locator(".row").first
    expect(theirs).to_contain_text("is calling")
    expect(bob.button(f"Take over {name}")).to_be_visible()
    bob.button(f"Take over {name}").click()
    expect(theirs).to_contain_text("You are calling")
    expect(alice.page.locator(".row").first).to_contain_text("is calling")
    bob.button(f"Let go of {name}").click()
    expect(alice.button(f"I’ll call {name}")).to_be_visible()


def test_two_presses_on_reached_are_one_callback(alice: Guest, bob: Guest) -> None:
    bob.page.route("**/worklist/rows/**", lambda route: route.fulfill(status=204))  # has not seen it yet
    name = bob.page.locator(".row-name").first.inner_text()
    alice.button(f"No answer from {name}").click()
    expect(alice.page.locator(".row").first).to_contain_text("tried 1 ×, no answer")
    bob.button(f"No answer from {name}").click()
    expect(bob.page.locator(".toast")).to_contain_text("Somebody has taken care of this caller already.")
    expect(bob.page.locator(".row").first).to_contain_text("tried 1 ×, no answer")
