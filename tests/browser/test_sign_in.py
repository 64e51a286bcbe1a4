"""Signing in and out by the pages, the first time by an activation link; what is left on a shared PC afterwards."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.openings import PASSWORD
from tests.browser.surgery import Surgery
from tests.journeys.world import World
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_alice_signs_in_and_is_where_she_wanted_to_be(invite: Invite, surgery: Surgery) -> None:
    alice = invite()
    alice.open("/appointments/")
    alice.expect_path("/account/login/?next=/appointments/")
    alice.fill({"Email": surgery.people.alice, "Password": PASSWORD})
    alice.button("Sign in").click()
    alice.expect_path("/appointments/")
    alice.expect_heading("Appointments")
    alice.open("/account/login/")
    alice.expect_path("/")


def test_a_wrong_password_says_so_and_stays(invite: Invite, surgery: Surgery) -> None:
    alice = invite()
    alice.open("/account/login/")
    alice.fill({"Email": surgery.people.alice, "Password": "wrong horse battery staple"})
    alice.button("Sign in").click()
    expect(alice.page.get_by_role("alert")).to_contain_text("not correct")
    alice.expect_path("/account/login/")
    expect(alice.page.get_by_label("Email")).to_have_value(surgery.people.alice)
    expect(alice.page.get_by_label("Password")).to_have_value("")


@pytest.mark.parametrize("path", ["/", "/worklist/", "/worklist/rows/", "/calls/", "/appointments/"])
def test_nobody_sees_a_page_signed_out(invite: Invite, path: str) -> None:
    stranger = invite()
    stranger.open(path)
    stranger.expect_path(f"/account/login/?next={path}")
    stranger.expect_heading("Sign in")


@pytest.mark.parametrize("path", ["/worklist/", "/calls/"])
def test_the_back_button_shows_nothing_after_sign_out(invite: Invite, surgery: Surgery, path: str) -> None:
    surgery.ring()
    surgery.wait_for_opportunities(1)
    bob = invite(surgery.people.bob, surgery)
    bob.open(path)
    expect(bob.page.locator(".row, .log li")).to_have_count(1)
    bob.open_menu()
    bob.button("Sign out").click()
    bob.expect_path("/account/login/")
    bob.page.evaluate("history.back()")  # a page from the cache would come back without a request to wait for
    bob.expect_path(f"/account/login/?next={path}")
    bob.expect_heading("Sign in")


def test_the_first_sign_in_is_by_the_activation_link(invite: Invite, stack: Stack) -> None:
    world = World(stack)
    alice = invite()
    alice.open(world.clinic["owner_activation_url"])
    alice.expect_heading("Choose a new password")
    assert world.clinic["owner_activation_url"] not in alice.page.url  # nothing to read over her shoulder

    alice.fill({"New Password": "too short", "New Password (again)": "too short"})
    alice.button("Save the new password").click()
    expect(alice.page.locator(".error")).to_contain_text("at least 12 characters")

    alice.fill({"New Password": PASSWORD, "New Password (again)": PASSWORD})
    alice.button("Save the new password").click()
    alice.expect_heading("Your password is changed")
    alice.page.get_by_role("link", name="Sign in").click()
    alice.fill({"Email": world.clinic["owner_email"], "Password": PASSWORD})
    alice.button("Sign in").click()
    alice.expect_heading("Getting started")

    stranger = invite()
    stranger.open(world.clinic["owner_activation_url"])
    stranger.expect_heading("This link no longer works")


def test_a_forgotten_password_is_replaced_by_mail(invite: Invite, surgery: Surgery, stack: Stack) -> None:
    alice = invite()
    alice.open("/account/login/")
    alice.page.get_by_role("link", name="Forgot your password?").click()
    alice.fill({"Email": surgery.people.alice})
    alice.button("Send the link").click()
    alice.expect_heading("Look into your mail")
    mails = [path.read_text() for path in stack.mail.iterdir()]
    [mail] = [mail for mail in mails if f"To: {surgery.people.alice}" in mail]
    assert "A new password for Ringback\n" in mail
    assert f"{stack.url}/account/password/reset/key/" in mail
