"""All clinics of a person on one page, and the way into each of them and back."""

import pytest
from playwright.sync_api import expect

from tenants.domain import Role
from tests.browser.conftest import Invite, TakeOpening
from tests.browser.looks import look_at
from tests.browser.openings import add_to_clinic
from tests.browser.surgery import Surgery
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def second(surgery: Surgery, stack: Stack, take_opening: TakeOpening) -> Surgery:
    """Another clinic, in which Alice sees the figures; one caller waits there."""
    other = Surgery.of(stack, take_opening())
    add_to_clinic(stack, other.people, surgery.people.alice, Role.MANAGER)
    other.ring()
    other.wait_for_opportunities(1)
    other.wait_for_figures()
    return other


def test_from_the_menu_to_all_clinics_into_one_and_back(invite: Invite, surgery: Surgery, second: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.open("/calls/")
    alice.open_menu()
    alice.page.get_by_role("link", name="All clinics").click()
    alice.expect_heading("All clinics")
    rows = alice.page.get_by_role("group", name="Clinics").locator("tbody tr")
    expect(rows).to_have_count(2)
    alice.page.get_by_role("link", name="Waiting now").click()
    alice.expect_path("/group/?sort=-waiting")
    expect(rows.first.locator("td").first).to_have_text("1")
    rows.first.get_by_role("button").click()
    alice.expect_heading("Dashboard")
    alice.open("/settings/rules/")
    alice.open_menu()
    expect(alice.page.get_by_label("Clinic", exact=True)).to_have_value(second.slug)
    alice.page.get_by_label("Clinic", exact=True).select_option(surgery.slug)
    alice.button("Go to this clinic").click()
    alice.expect_path("/settings/rules/")


def test_it_works_without_a_script_and_looks_well(invite: Invite, surgery: Surgery, second: Surgery) -> None:
    plain = invite(surgery.people.alice, surgery, java_script_enabled=False)
    plain.open("/group/?sort=-waiting")
    plain.page.get_by_role("group", name="Clinics").get_by_role("button").first.click()
    plain.expect_heading("Dashboard")
    alice = invite(surgery.people.alice, surgery)
    alice.open("/group/")
    assert not look_at(alice.page, "group")


def test_who_has_one_clinic_finds_nothing(invite: Invite, busy: Surgery) -> None:
    alice = invite(busy.people.alice, busy)
    alice.watch.forgive("status of 404")
    alice.open("/group/")
    alice.expect_heading("There is nothing here")
