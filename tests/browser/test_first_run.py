"""From the invitation to the first call on screen, by keyboard and without a script; the steps tick themselves."""

import time

import pytest
from playwright.sync_api import Locator, expect

from attribution.guide import STEPS
from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.looks import look_at
from tests.browser.test_connections import send
from tests.journeys.world import PASSWORD, World
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]
FIVE_MINUTES = 5 * 60
FEWEST = 20  # presses from the link in the mail to the caller on the worklist, with everything set up


class Owner:
    """Somebody at a keyboard; counts what she presses."""

    def __init__(self, guest: Guest) -> None:
        self.guest, self.page, self.presses = guest, guest.page, 0

    def press(self, what: Locator) -> None:
        what.press("Enter")
        self.presses += 1

    def press_link(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=name, exact=True))

    def press_button(self, name: str) -> None:
        self.press(self.guest.button(name))

    def expect_done(self, count: int) -> None:
        self.guest.expect_path("/start/")
        expect(self.page.locator(".start-step.is-done")).to_have_count(count)


def activate(guest: Guest, world: World) -> Owner:
    """From the link to the first page after the first sign-in."""
    owner = Owner(guest)
    guest.open(world.clinic["owner_activation_url"])
    guest.fill({"New Password": PASSWORD, "New Password (again)": PASSWORD})
    owner.press_button("Save the new password")
    guest.page.wait_for_url("**/done/")
    guest.open("/account/login/")
    guest.fill({"Email": world.clinic["owner_email"], "Password": PASSWORD})
    owner.press_button("Sign in")
    owner.expect_done(0)
    return owner


def confirm_and_value(owner: Owner) -> None:
    """The steps that are about the clinic itself."""
    owner.press(owner.page.locator("#step-details button"))
    owner.expect_done(1)
    owner.press(owner.page.locator("#step-hours button"))
    owner.expect_done(2)
    owner.press_link("Set the values")
    owner.page.get_by_label("Value of Hygiene visit in GBP").fill("82")
    owner.press_button("Save these values")
    owner.expect_done(3)


def connect(owner: Owner) -> tuple[str, str]:
    """The address and the secret of a new connection."""
    owner.press_link("Connect")
    owner.press_link("Our own webhook")
    owner.guest.fill({"Name": "Main line"})
    owner.press_button("Make the address")
    address, secret = (owner.page.locator(f"#{kind}-text").inner_text() for kind in ("address", "secret"))
    return address, secret


def invite_the_desk(owner: Owner) -> None:
    owner.press_link("Invite somebody")
    owner.page.get_by_label("E-mail address").fill("bob@front-desk.example")
    owner.page.locator("input[name=role][value=receptionist]").press("Space")
    owner.presses += 1
    owner.press_button("Send the invitation")


def test_from_the_invitation_to_the_first_call_in_minutes(invite: Invite, stack: Stack) -> None:
    began, world = time.monotonic(), World(stack)
    guest = invite()
    owner = activate(guest, world)
    faults = look_at(owner.page, "start")
    confirm_and_value(owner)
    address, secret = connect(owner)
    waiting = owner.page.locator("#waiting")
    expect(waiting).to_contain_text("Waiting for the first call…")
    assert send(address, secret) == 204
    expect(waiting).to_contain_text("It works.")
    owner.press_link("← Back to getting started")
    owner.expect_done(5)
    faults += look_at(owner.page, "start-halfway")
    owner.press_button("Not needed")
    owner.expect_done(6)
    owner.page.goto("/worklist/")
    expect(owner.page.locator(".strip")).to_contain_text(f"Getting started: 6 of {len(STEPS)}")
    expect(owner.page.locator(".row")).to_have_count(1)
    faults += look_at(owner.page, "worklist-starting")
    owner.press_link("Next: Invite the front desk")
    invite_the_desk(owner)
    owner.guest.expect_heading("You are set up")
    faults += look_at(owner.page, "start-done")
    owner.press_link("Open the worklist")
    expect(owner.page.locator(".row")).to_have_count(1)
    expect(owner.page.locator(".strip")).to_have_count(0)
    assert owner.presses <= FEWEST, owner.presses
    assert time.monotonic() - began < FIVE_MINUTES
    assert not faults


def test_without_a_script_it_works_as_well(invite: Invite, stack: Stack) -> None:
    owner = activate(invite(java_script_enabled=False), World(stack))
    confirm_and_value(owner)
    address, secret = connect(owner)
    assert send(address, secret) == 204
    owner.press_link("← Back to getting started")
    owner.expect_done(5)
    owner.press_button("Not needed")
    owner.expect_done(6)
    invite_the_desk(owner)
    owner.guest.expect_heading("You are set up")


def test_it_is_hidden_and_brought_back(invite: Invite, stack: Stack) -> None:
    owner = activate(invite(), World(stack))
    owner.press_button("Hide this checklist")
    owner.guest.expect_path("/worklist/")
    expect(owner.page.locator(".strip")).to_have_count(0)
    owner.guest.open("/settings/")
    owner.press_button("Show it again")
    owner.expect_done(0)


def test_the_pages_of_typical_values(invite: Invite, stack: Stack) -> None:
    owner = activate(invite(), World(stack))
    owner.guest.watch.forgive("status of 400")
    owner.guest.open("/settings/values/typical/")
    faults = look_at(owner.page, "settings-values-typical")
    owner.page.get_by_label("Value of Crown in GBP").fill("1,000")
    owner.press_button("Save these values")
    expect(owner.page.locator(".error")).to_contain_text("Write an amount")
    assert not faults + look_at(owner.page, "settings-values-typical-refused")
