"""People come and go: by an invitation in a mail, with the keyboard; by an admin's word, while their page is open."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.openings import PASSWORD
from tests.browser.surgery import Surgery
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]
LINK = re.compile(r"/invitations/[\w-]{43}/")


@pytest.fixture
def alice(invite: Invite, surgery: Surgery) -> Guest:
    return invite(surgery.people.alice, surgery)


def mail_to(stack: Stack, address: str) -> str:
    """The only one."""
    return [text for text in map(Path.read_text, stack.mail.iterdir()) if f"To: {address}" in text][0]


def ask(alice: Guest, address: str, role: str) -> None:
    alice.open("/settings/people/")
    alice.page.get_by_role("link", name="Invite somebody").click()
    alice.fill({"E-mail address": address})
    alice.page.get_by_label(role).check()
    alice.button("Send the invitation").click()
    alice.expect_path("/settings/people/")
    expect(alice.page.get_by_role("status")).to_contain_text(f"{address} is invited.")
    expect(alice.page.get_by_role("region", name="Open invitations")).to_contain_text(address)


def test_an_invited_person_joins_with_the_keyboard(
    alice: Guest, invite: Invite, surgery: Surgery, stack: Stack
) -> None:
    surgery.ring()
    surgery.wait_for_opportunities(1)
    address = f"erin@{surgery.slug}.example"
    ask(alice, address, "Receptionist")
    [link] = LINK.findall(mail_to(stack, address))

    erin = invite()
    erin.open(link)
    erin.expect_path("/invitations/")  # nothing to read over her shoulder
    erin.expect_heading("Join Bright Smile")
    erin.page.get_by_label("Your name").focus()
    erin.page.keyboard.type("Erin Grey")
    erin.press("Tab")
    erin.page.keyboard.type("short")
    erin.press("Enter")
    expect(erin.page.locator(".error")).to_contain_text("at least 12 characters")
    erin.page.get_by_label("Password").focus()
    erin.page.keyboard.type(PASSWORD)
    erin.press("Tab")
    expect(erin.button("Join")).to_be_focused()
    erin.press("Enter")

    erin.expect_path("/worklist/")
    expect(erin.page.locator(".row")).to_have_count(1)
    expect(erin.page.locator("#toasts")).to_contain_text("Welcome to Bright Smile.")
    alice.open("/settings/people/")
    expect(alice.page.get_by_role("region", name="Members")).to_contain_text("Erin Grey")
    expect(alice.page.get_by_text("Nobody is invited at the moment.")).to_be_visible()

    stranger = invite()
    stranger.watch.forgive("status of 404")
    stranger.open(link)
    stranger.expect_heading("This invitation can’t be used")


def test_a_known_person_signs_in_and_joins(alice: Guest, invite: Invite, surgery: Surgery, stack: Stack) -> None:
    ask(alice, surgery.people.carol, "Auditor")
    [link] = LINK.findall(mail_to(stack, surgery.people.carol))
    bob = invite(surgery.people.bob, surgery)
    bob.open(link)
    bob.expect_heading("This invitation is for somebody else")
    bob.button("Sign out and go on").click()

    bob.expect_path("/account/login/?next=%2Finvitations%2F")  # now Carol sits there
    bob.fill({"Email": surgery.people.carol, "Password": PASSWORD})
    bob.button("Sign in").click()
    bob.expect_heading("Join Bright Smile?")
    bob.button("Join Bright Smile").click()
    bob.expect_path("/worklist/")


def test_a_role_that_is_taken_away_is_gone_with_the_next_click(alice: Guest, invite: Invite, surgery: Surgery) -> None:
    surgery.ring()
    surgery.wait_for_opportunities(1)
    bob = invite(surgery.people.bob, surgery, java_script_enabled=False)
    bob.open("/worklist/")
    expect(bob.page.locator(".row")).to_have_count(1)

    alice.open("/settings/people/")
    alice.page.get_by_role("link", name=f"Remove… {surgery.people.bob}").click()
    alice.expect_heading(f"Remove {surgery.people.bob}?")
    alice.button("Remove").click()
    alice.expect_path("/settings/people/")

    bob.page.get_by_role("button", name="Reached").click()
    bob.expect_heading("Sign in")
    surgery.wait_for_opportunities(1, "open")  # nothing was done
    bob.watch.forgive("status of 403")
    bob.open("/account/login/?next=/worklist/")
    bob.fill({"Email": surgery.people.bob, "Password": PASSWORD})
    bob.button("Sign in").click()
    bob.expect_heading("You belong to no clinic yet")


def test_another_role_counts_at_once(alice: Guest, invite: Invite, surgery: Surgery) -> None:
    bob = invite(surgery.people.bob, surgery)
    bob.open("/worklist/")
    alice.open("/settings/people/")
    alice.page.get_by_role("link", name=f"Change role of {surgery.people.bob}").click()
    alice.page.get_by_label("Auditor").check()
    alice.button("Change the role").click()
    expect(alice.page.get_by_role("status")).to_contain_text("is auditor now")
    bob.page.get_by_role("link", name="Calls").click()
    bob.expect_path("/account/login/?next=/calls/")


def test_a_key_is_shown_once(alice: Guest) -> None:
    alice.open("/settings/keys/")
    alice.page.get_by_role("link", name="Make a key").click()
    alice.fill({"Name": "Booking system"})
    alice.page.get_by_label("read").check()
    alice.button("Make the key").click()
    expect(alice.page.locator(".secret")).to_have_text(re.compile(r"^rbk_[0-9a-f]{12}_[\w-]{43}$"))
    alice.page.get_by_role("link", name="I have copied it").click()
    expect(alice.page.get_by_role("region", name="Keys")).to_contain_text("Booking system")
    expect(alice.page.locator(".secret")).to_have_count(0)
    alice.page.get_by_role("link", name="Revoke… Booking system").click()
    alice.button("Revoke the key").click()
    expect(alice.page.get_by_role("row", name="Booking system")).to_contain_text("Revoked")
