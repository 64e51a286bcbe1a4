"""What is around every page: who is led where, the clinic switcher, the theme, pages for what is not there."""

import gzip

import pytest
from playwright.sync_api import Response, expect

from tenants.domain import Role
from tests.browser.conftest import Invite, TakeOpening
from tests.browser.openings import add_to_clinic
from tests.browser.surgery import Surgery
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]

MOST_BYTES = 60_000


def test_a_page_that_is_not_there(invite: Invite, busy: Surgery) -> None:
    alice = invite(busy.people.alice, busy)
    alice.watch.forgive("status of 404")
    alice.open("/nothing/here/")
    alice.expect_heading("There is nothing here")
    alice.page.get_by_role("link", name="Go to the dashboard").click()
    alice.expect_heading("Dashboard")


def test_a_page_that_is_not_for_this_role(invite: Invite, busy: Surgery) -> None:
    bob = invite(busy.people.bob, busy)
    bob.watch.forgive("status of 403")
    bob.open("/admin/")
    bob.expect_heading("This page is not open to you")
    bob.page.get_by_role("link", name="Go to the worklist").click()
    bob.expect_heading("Worklist")


def test_a_form_that_was_open_for_too_long(invite: Invite) -> None:
    stranger = invite()
    stranger.watch.forgive("status of 403")
    stranger.open("/account/login/")
    another = {"name": "csrf", "value": "a" * 32, "url": stranger.origin}  # as after signing in and out in another tab
    stranger.context.add_cookies([another])  # type: ignore[list-item]
    stranger.fill({"Email": "alice@example.com", "Password": "whatever it is"})
    stranger.button("Sign in").click()
    stranger.expect_heading("This page was open for too long")


def test_a_browser_without_cookies_is_told_so(invite: Invite) -> None:
    stranger = invite()
    stranger.watch.forgive("status of 403")
    stranger.open("/account/login/")
    stranger.context.clear_cookies()
    stranger.fill({"Email": "alice@example.com", "Password": "whatever it is"})
    stranger.button("Sign in").click()
    stranger.expect_heading("Your browser keeps no cookies")


def test_a_receptionist_lands_on_the_worklist(invite: Invite, surgery: Surgery) -> None:
    bob = invite(surgery.people.bob, surgery)
    bob.open("/")
    bob.expect_path("/worklist/")
    tabs = bob.page.get_by_role("navigation", name="Main").get_by_role("link")
    expect(tabs).to_have_text(["Worklist", "Calls", "Appointments"])
    expect(tabs.first).to_have_attribute("aria-current", "page")


def test_who_belongs_to_no_clinic_yet_is_told_what_to_do(invite: Invite, surgery: Surgery, stack: Stack) -> None:
    carol = invite(surgery.people.carol, surgery)
    carol.watch.forgive("status of 403")
    carol.open("/worklist/")
    carol.expect_heading("You belong to no clinic yet")
    add_to_clinic(stack, surgery.people, surgery.people.carol, Role.RECEPTIONIST)
    carol.page.get_by_role("link", name="Load again").click()
    carol.expect_heading("Worklist")


def test_who_works_in_two_clinics_switches_between_them(
    invite: Invite, surgery: Surgery, stack: Stack, take_opening: TakeOpening
) -> None:
    other = Surgery.of(stack, take_opening())
    add_to_clinic(stack, other.people, surgery.people.alice, Role.RECEPTIONIST)
    other.ring()
    other.wait_for_opportunities(1)
    alice = invite(surgery.people.alice, surgery)
    alice.open("/calls/")
    alice.open_menu()
    chooser = alice.page.get_by_label("Clinic", exact=True)
    chooser.select_option(other.slug)
    alice.button("Go to this clinic").click()
    alice.expect_path("/calls/")  # the same kind of page
    alice.open("/")
    alice.expect_path("/worklist/")  # she is a receptionist there
    expect(alice.page.locator(".row")).to_have_count(1)
    alice.open_menu()
    expect(chooser).to_have_value(other.slug)
    chooser.select_option(surgery.slug)
    alice.button("Go to this clinic").click()
    alice.expect_path("/worklist/")
    expect(alice.page.locator(".row")).to_have_count(0)


def test_who_works_in_one_clinic_has_no_switcher(invite: Invite, busy: Surgery) -> None:
    alice = invite(busy.people.alice, busy)
    alice.open("/calls/")
    alice.open_menu()
    expect(alice.button("Sign out")).to_be_visible()
    expect(alice.button("Go to this clinic")).to_have_count(0)


def test_the_theme_of_the_device_can_be_overruled_and_is_kept(invite: Invite, busy: Surgery) -> None:
    alice = invite(busy.people.alice, busy, color_scheme="light")
    alice.open("/calls/")
    light = alice.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    alice.open_menu()
    alice.page.get_by_label("Dark").check()
    alice.open("/appointments/")
    expect(alice.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert alice.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light
    alice.open_menu()
    expect(alice.page.get_by_label("Dark")).to_be_checked()
    alice.page.get_by_label("As on this device").check()
    expect(alice.page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_the_documentation_of_the_api_is_readable_under_the_policy(invite: Invite) -> None:
    reader = invite()
    reader.open("/api/v1/docs/")
    expect(reader.page.locator(".opblock-summary-path", has_text="/api/v1/calls/").first).to_be_visible()
    reader.page.locator(".opblock-post", has_text="Store calls").click()
    expect(reader.page.get_by_text("One call, or a list of up to 1,000.")).to_be_visible()


@pytest.mark.parametrize("path", ["/account/login/", "/worklist/", "/", "/calls/", "/appointments/"])
def test_a_first_visit_weighs_little(invite: Invite, busy: Surgery, path: str) -> None:
    """As a proxy compresses it; in production static files are compressed already."""
    alice = invite() if "login" in path else invite(busy.people.alice, busy)
    answers: list[Response] = []
    alice.page.on("response", lambda answer: answers.append(answer))
    alice.page.goto(path, wait_until="networkidle")
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in answers}
    assert len(sizes) >= 3, sizes
    assert sum(sizes.values()) < MOST_BYTES, sizes
