"""Search as it is used: by key, from any page, without a script; and a number typed into it is in no address."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.looks import look_at
from tests.browser.surgery import Surgery, next_number

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_a_key_goes_to_the_box_and_what_is_found_is_a_page_away(invite: Invite, busy: Surgery) -> None:
    alice = invite(busy.people.alice, busy)
    alice.open("/calls/")
    alice.press("/")
    expect(alice.page.get_by_label("Search pages, callers")).to_be_focused()
    alice.page.keyboard.type("hours/")
    expect(alice.page.get_by_label("Search pages, callers")).to_have_value("hours/")
    alice.page.keyboard.press("Backspace")
    alice.page.keyboard.press("Enter")
    alice.expect_heading("Search")
    alice.page.get_by_role("link", name="Opening hours").first.click()
    alice.expect_path("/settings/hours/")


def test_a_number_leads_to_the_story_and_is_in_no_address(invite: Invite, surgery: Surgery) -> None:
    number = next_number()
    surgery.ring(number)
    [waiting] = surgery.wait_for_opportunities(1)
    alice = invite(surgery.people.alice, surgery, java_script_enabled=False)
    addresses: list[str] = []
    alice.page.on("request", lambda request: addresses.append(f"{request.url} {request.headers.get('referer', '')}"))
    alice.open("/search/")
    alice.page.get_by_label("Search for").fill(number)
    alice.page.locator("#main").get_by_role("button", name="Search").click()
    expect(alice.page).to_have_url(re.compile(r"/callers/[0-9a-f-]{36}/$"))
    assert waiting["caller"] in alice.page.url
    assert not [one for one in addresses if number[-7:] in one]


def test_what_was_found_on_every_screen(invite: Invite, busy: Surgery) -> None:
    alice = invite(busy.people.alice, busy)
    for name, words in (("search-pages", "settings"), ("search-callers", "heron"), ("search-nothing", "zzz")):
        alice.open("/search/")
        alice.page.get_by_label("Search for").fill(words)
        alice.page.get_by_label("Search for").press("Enter")
        assert not look_at(alice.page, name)


def test_on_a_phone_there_is_a_way_to_it(invite: Invite, busy: Surgery) -> None:
    alice = invite(busy.people.alice, busy, viewport={"width": 360, "height": 780})
    alice.open("/worklist/")
    alice.page.get_by_role("link", name="Search", exact=True).click()
    alice.expect_path("/search/")
