"""The worklist by keyboard alone: the front desk has a telephone in the other hand."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def bob(invite: Invite, surgery: Surgery) -> Guest:
    """Three callers wait; Bob's hands are on the keyboard."""
    for _ in range(3):
        surgery.ring()
    surgery.wait_for_opportunities(3)
    guest = invite(surgery.people.bob, surgery)
    guest.open("/worklist/")
    expect(rows(guest)).to_have_count(3)
    return guest


def rows(bob: Guest) -> Locator:
    return bob.page.locator(".row")


def test_j_and_k_go_from_caller_to_caller_and_stop_at_the_ends(bob: Guest) -> None:
    bob.press("j")
    expect(rows(bob).nth(0)).to_be_focused()
    bob.press("j", "j", "j")
    expect(rows(bob).nth(2)).to_be_focused()
    bob.press("k")
    expect(rows(bob).nth(1)).to_be_focused()
    bob.press("k", "k")
    expect(rows(bob).nth(0)).to_be_focused()


def test_r_is_reached_u_undoes_it_and_the_focus_goes_on(bob: Guest) -> None:
    names = rows(bob).locator(".row-name").all_inner_texts()
    bob.press("j", "r")
    expect(rows(bob)).to_have_count(2)
    expect(rows(bob).nth(0)).to_be_focused()
    expect(rows(bob).nth(0)).to_contain_text(names[1])
    bob.press("u")
    expect(rows(bob)).to_have_count(3)
    expect(rows(bob).locator(".row-name")).to_have_text(names)


def test_n_is_no_answer(bob: Guest) -> None:
    bob.press("j", "j", "n")
    expect(rows(bob).nth(1)).to_contain_text("tried 1 ×, no answer")
    expect(rows(bob)).to_have_count(3)


def test_d_dismisses_with_a_reason(bob: Guest, surgery: Surgery) -> None:
    bob.press("j", "d")
    expect(bob.page.get_by_label("Spam or a sales call").first).to_be_focused()
    bob.press("ArrowDown", "Enter")
    expect(rows(bob)).to_have_count(2)
    [dismissed] = surgery.wait_for_opportunities(1, "dismissed")
    assert "wrong number" in dismissed["explanation"].lower().replace("_", " ")


def test_escape_leaves_the_reasons_and_keeps_the_place(bob: Guest) -> None:
    bob.press("j", "d", "Escape")
    expect(bob.page.get_by_text("No callback needed, because").first).to_be_hidden()
    bob.press("j")
    expect(rows(bob).nth(1)).to_be_focused()


def test_the_question_mark_shows_the_keys_which_rest_meanwhile(bob: Guest) -> None:
    bob.press("?")
    expect(bob.page.get_by_role("dialog")).to_be_visible()
    bob.press("j", "r", "Escape")
    expect(bob.page.get_by_role("dialog")).to_be_hidden()
    expect(rows(bob)).to_have_count(3)


def test_single_keys_can_be_switched_off_on_this_device(bob: Guest) -> None:
    bob.press("?")
    bob.page.get_by_label("Single keys work on this device").uncheck()
    bob.button("Close").click()
    bob.page.reload()
    bob.press("j", "?")
    expect(bob.page.get_by_role("dialog")).to_be_hidden()
    expect(bob.page.locator(".row:focus")).to_have_count(0)


def test_keys_with_ctrl_belong_to_the_browser(bob: Guest) -> None:
    bob.press("j", "Control+u")
    expect(rows(bob).nth(0)).to_be_focused()


def test_everything_is_within_reach_of_the_tab_key(bob: Guest) -> None:
    bob.press("Tab")
    expect(bob.page.get_by_text("Skip to the page")).to_be_focused()
    bob.press("Enter")
    expect(bob.page.locator("#main")).to_be_focused()
    first = rows(bob).nth(0)
    bob.page.locator("#keys-open").focus()
    for reached in (
        first.locator(".row-name a"),
        first.get_by_role("button", name="Show number"),
        first.get_by_text("Find the number"),
        first.get_by_role("button", name="I’ll call"),
        first.get_by_role("button", name="Reached"),
        first.get_by_role("button", name="No answer"),
        first.get_by_text("Dismiss…"),
    ):
        bob.press("Tab")
        expect(reached).to_be_focused()
