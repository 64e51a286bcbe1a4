"""Pages on paper: what is pressed on a screen is left out, the worklist is a sheet to tick off, and nothing is cut."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.looks import overflow, take_picture
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PAPER = {"width": 688, "height": 1010}  # what A4 leaves within its margins, in CSS pixels
PAGES = {
    "worklist": "/worklist/", "dashboard": "/", "calls": "/calls/", "appointments": "/appointments/",
    "opportunities": "/opportunities/", "settings": "/settings/", "audit": "/settings/audit/", "about": "/about/",
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_on_paper(invite: Invite, busy: Surgery, name: str) -> None:
    alice = invite(busy.people.alice, busy, color_scheme="dark", viewport=PAPER)
    alice.open(PAGES[name])
    alice.page.emulate_media(media="print")
    take_picture(alice.page, f"print-{name}")
    expect(alice.page.get_by_role("heading", level=1)).to_be_visible()
    for unwanted in ("nav", "button", ".toasts", ".skip", ".quick-search"):
        assert alice.page.locator(unwanted).filter(visible=True).count() == 0, unwanted
    assert alice.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert overflow(alice.page) == []


def test_the_worklist_is_a_sheet_to_tick_off(invite: Invite, surgery: Surgery) -> None:
    surgery.ring()
    surgery.wait_for_opportunities(1)
    bob = invite(surgery.people.bob, surgery, viewport=PAPER)
    bob.open("/worklist/")
    bob.page.emulate_media(media="print")
    take_picture(bob.page, "print-sheet")
    boxes = bob.page.evaluate("getComputedStyle(document.querySelector('.row'), '::after').content")
    assert boxes.count("☐") == 3
    expect(bob.page.locator(".number").first).to_be_hidden()


def test_a_story_on_paper(invite: Invite, surgery: Surgery) -> None:
    surgery.ring()
    surgery.wait_for_opportunities(1)
    alice = invite(surgery.people.alice, surgery, viewport=PAPER)
    alice.open("/opportunities/")
    alice.page.locator(".visits a").first.click()
    alice.page.wait_for_url("**/callers/**")
    alice.page.emulate_media(media="print")
    take_picture(alice.page, "print-story")
    assert overflow(alice.page) == []
