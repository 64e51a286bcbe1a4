"""The worklist as the front desk uses it, by mouse: callers come and go without a reload, and all can be undone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WITHIN = 5_000  # ms, from the telephone to the screen
OFFLINE = r"ERR_INTERNET_DISCONNECTED|console error: htmx:"


@pytest.fixture
def bob(invite: Invite, surgery: Surgery) -> Guest:
    """At the front desk, with the worklist open; nobody waits yet."""
    guest = invite(surgery.people.bob, surgery)
    guest.open("/worklist/")
    expect(guest.page.get_by_role("heading", name="Nobody is waiting.")).to_be_visible()
    guest.page.evaluate("window.isTheSamePage = true")
    return guest


def waits(page: Page, count: int) -> None:
    expect(page.locator(".row")).to_have_count(count, timeout=WITHIN)


def ring_in(bob: Guest, surgery: Surgery, count: int = 1) -> list[str]:
    """So many callers, one after the other, until their rows are there."""
    numbers = [surgery.ring() for _ in range(count)]
    waits(bob.page, count)
    return numbers


def test_a_missed_call_appears_within_five_seconds_without_a_reload(bob: Guest, surgery: Surgery) -> None:
    [number] = ring_in(bob, surgery)
    row = bob.page.locator(".row")
    expect(row.locator(".row-name")).to_have_text(re.compile(r"^\w+ \w+ \d\d$"))
    expect(row.locator(".row-wait")).to_contain_text("under 1 min")
    expect(row.locator(".row-meta")).to_contain_text("1 attempt · last rang")
    expect(bob.page.locator("#lede")).to_contain_text("1 caller is waiting")
    expect(bob.page.locator("#nav-waiting")).to_have_text("1 waiting")
    expect(bob.page).to_have_title(re.compile(r"^\(1\) Worklist · .+ · Ringback$"))
    expect(bob.page.locator("#worklist-tally")).to_contain_text(re.compile(r"missed\s*1\s"))
    expect(bob.page.locator("#announce")).to_have_text("1 new caller is waiting.")
    assert bob.page.evaluate("window.isTheSamePage")
    assert number[-9:] not in bob.page.content()


def test_a_caller_who_rings_again_stays_one_row(bob: Guest, surgery: Surgery) -> None:
    [number] = ring_in(bob, surgery)
    surgery.ring(number)
    expect(bob.page.locator(".row-meta")).to_contain_text("2 attempts", timeout=WITHIN)
    waits(bob.page, 1)


def test_the_number_is_found_in_the_phones_own_list(bob: Guest, surgery: Surgery) -> None:
    ring_in(bob, surgery)
    bob.page.get_by_text("Find the number").click()
    expect(bob.page.locator(".lookup p")).to_contain_text(re.compile(r"missed call of \w{3} \d+ \w{3}, \d\d:\d\d:\d\d"))


def test_reached_takes_the_caller_off_and_undo_brings_her_back(bob: Guest, surgery: Surgery) -> None:
    ring_in(bob, surgery)
    name = bob.page.locator(".row-name").inner_text()
    bob.button(f"Reached {name}").click()
    waits(bob.page, 0)
    expect(bob.page.get_by_role("heading", name="Everyone has been called back.")).to_be_visible()
    expect(bob.page.locator("#worklist-tally")).to_contain_text(re.compile(r"reached\s*1\s"))
    expect(bob.page.locator("#nav-waiting")).to_be_empty()
    expect(bob.page).to_have_title(re.compile(r"^Worklist · .+ · Ringback$"))
    surgery.wait_for_opportunities(1, "reached")

    expect(bob.page.get_by_role("status").filter(has_text="Marked as reached.")).to_be_visible()
    bob.button("Undo").click()
    waits(bob.page, 1)
    expect(bob.page.locator(".row-name")).to_have_text(name)
    expect(bob.button("Undo")).to_have_count(0)
    surgery.wait_for_opportunities(1, "open")


def test_no_answer_keeps_the_caller_and_counts_the_try(bob: Guest, surgery: Surgery) -> None:
    ring_in(bob, surgery)
    bob.page.get_by_role("button", name="No answer").click()
    expect(bob.page.locator(".chips")).to_contain_text("tried 1 ×, no answer")
    waits(bob.page, 1)
    bob.button("Undo").click()
    expect(bob.page.locator(".row")).not_to_contain_text("tried")


def test_dismissing_wants_a_reason(bob: Guest, surgery: Surgery) -> None:
    ring_in(bob, surgery)
    bob.page.locator(".row").get_by_text("Dismiss…").click()
    bob.button("Dismiss").click()
    expect(bob.page.get_by_label("Spam or a sales call")).to_be_focused()  # the browser asks for a choice
    waits(bob.page, 1)
    bob.page.get_by_label("Supplier or colleague").check()
    bob.button("Dismiss").click()
    waits(bob.page, 0)
    [dismissed] = surgery.wait_for_opportunities(1, "dismissed")
    assert "supplier" in dismissed["explanation"].lower()


def test_escape_and_a_press_beside_it_close_the_reasons(bob: Guest, surgery: Surgery) -> None:
    ring_in(bob, surgery)
    reasons = bob.page.get_by_text("No callback needed, because")
    bob.page.locator(".row").get_by_text("Dismiss…").click()
    expect(reasons).to_be_visible()
    bob.press("Escape")
    expect(reasons).to_be_hidden()
    bob.page.locator(".row").get_by_text("Dismiss…").click()
    expect(reasons).to_be_visible()
    bob.page.locator("h1").click()
    expect(reasons).to_be_hidden()


def test_nothing_moves_under_the_pointer(bob: Guest, surgery: Surgery) -> None:
    ring_in(bob, surgery)
    button = bob.page.get_by_role("button", name="Reached")
    button.hover()
    before = button.bounding_box()
    surgery.ring()
    waits(bob.page, 2)
    assert button.first.bounding_box() == before
    expect(bob.page.locator(".new-line")).to_have_text(["1 new", "1 new"])


def test_the_second_press_of_a_double_click_does_not_hit_the_next_caller(bob: Guest, surgery: Surgery) -> None:
    ring_in(bob, surgery, 2)
    bob.page.get_by_role("button", name="Reached").first.dblclick()
    waits(bob.page, 1)
    expect(bob.button("Undo")).to_have_count(1)
    surgery.wait_for_opportunities(1, "reached")
    surgery.wait_for_opportunities(1, "open")


def test_a_lost_connection_is_told_and_nothing_is_done(bob: Guest, surgery: Surgery) -> None:
    ring_in(bob, surgery)
    bob.watch.forgive(OFFLINE)
    bob.context.set_offline(True)
    expect(bob.page.locator("#stale")).to_contain_text("This list has not been refreshed since")
    bob.page.get_by_role("button", name="Reached").click()
    expect(bob.page.locator(".toast")).to_contain_text("That did not go through. Nothing has been changed")
    waits(bob.page, 1)
    bob.context.set_offline(False)
    expect(bob.page.locator("#stale")).to_be_hidden()
    bob.page.get_by_role("button", name="Reached").click()
    waits(bob.page, 0)


def test_a_session_that_has_ended_leads_to_the_sign_in(bob: Guest) -> None:
    bob.context.clear_cookies()
    bob.expect_path("/account/login/?next=/worklist/")


def test_the_help_about_keys_opens_from_its_button(bob: Guest) -> None:
    bob.page.get_by_role("button", name="Keys").click()
    expect(bob.page.get_by_role("dialog")).to_contain_text("next caller, caller before")
    bob.button("Close").click()
    expect(bob.page.get_by_role("dialog")).to_be_hidden()
