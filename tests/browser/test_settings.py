"""Settings in a browser: hours and rules by the keyboard alone and without a script, values from add to remove."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.history import History
from tests.browser.looks import look_at
from tests.browser.surgery import Surgery, next_number

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def plain(invite: Invite, surgery: Surgery) -> Guest:
    """Alice's browser runs no script."""
    return invite(surgery.people.alice, surgery, java_script_enabled=False)


def cell(guest: Guest, row: str) -> str:
    return guest.page.get_by_role("row", name=row).locator("td").first.inner_text()


def test_the_menu_leads_to_all_settings(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.open("/worklist/")
    alice.page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    alice.expect_heading("Clinic")
    for name in ("Opening hours", "Rules", "Values"):
        alice.page.get_by_role("navigation", name="Settings").get_by_role("link", name=name).click()
        alice.expect_heading(name)
        expect(alice.page.locator('.subnav [aria-current="page"]')).to_have_text(name)


def test_the_details_without_a_script(plain: Guest) -> None:
    plain.open("/settings/")
    plain.page.get_by_role("link", name="Change", exact=True).click()
    plain.page.get_by_label("Callback goal, in minutes").fill("20")
    plain.page.get_by_label("Currency", exact=True).select_option("EUR")
    plain.page.get_by_label("Value of an appointment").fill("1,000.00")
    plain.watch.forgive("status of 400")
    plain.button("Save").click()
    expect(plain.page.locator(".error")).to_have_count(2)
    plain.page.get_by_label("Value of an appointment").fill("1000")
    plain.page.get_by_label("Yes, another currency").check()
    plain.button("Save").click()
    plain.expect_path("/settings/")
    assert (cell(plain, "Callback goal"), cell(plain, "Value of an appointment")) == ("20\u00a0min", "€1,000")


def test_the_hours_by_the_keyboard(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.open("/settings/hours/change/")
    wanted = {"opens": "0900", "closes": "1230", "opens, again": "1400", "closes, again": "1800"}
    for edge, digits in wanted.items():
        tab_to(alice, f"Monday {edge}")
        alice.page.keyboard.type(digits)
    alice.press("Enter")
    alice.expect_path("/settings/hours/")
    assert cell(alice, "Monday") == "09:00 to 12:30, 14:00 to 18:00"


def tab_to(guest: Guest, label: str) -> None:
    """A field for a time has stops of its own for hours, minutes and the clock."""
    wanted = guest.page.get_by_label(label, exact=True)
    for _ in range(60):
        if wanted.evaluate("field => field === document.activeElement"):
            return
        guest.press("Tab")
    raise AssertionError(f"no way by the keyboard to {label}")


def test_a_wrong_day_is_told_beside_it_without_a_script(plain: Guest) -> None:
    plain.watch.forgive("status of 400")
    plain.open("/settings/hours/change/")
    plain.page.get_by_label("Sunday opens", exact=True).fill("10:00")
    plain.button("Save").click()
    day = plain.page.get_by_role("group", name="Sunday")
    expect(day.locator(".error")).to_have_text("Say when Sunday opens and when it closes, or leave both empty.")
    plain.page.get_by_label("Sunday closes", exact=True).fill("12:00")
    plain.button("Save").click()
    plain.expect_path("/settings/hours/")
    assert cell(plain, "Sunday") == "10:00 to 12:00"


def test_a_preview_by_the_keyboard_puts_nothing_in_force(invite: Invite, surgery: Surgery) -> None:
    history = History(datetime.now(UTC) - timedelta(minutes=5))
    history.add_call(history.now, next_number(), "missed")  # rang for six seconds
    surgery.send_all("/calls/", history.calls)
    surgery.wait_for_figures()
    alice = invite(surgery.people.alice, surgery)
    alice.open("/settings/rules/")
    alice.page.get_by_label("A missed call rang for at least, in seconds").focus()
    alice.press("Control+a")
    alice.page.keyboard.type("60")
    alice.press("Enter")
    alice.expect_heading("Preview of other rules")
    figures = alice.page.get_by_role("row", name="Missed calls").locator("td")
    expect(figures).to_have_text(["1", "0", "−1"])
    assert not look_at(alice.page, "settings-rules-preview")
    alice.page.get_by_role("link", name="Leave the rules as they are").click()
    expect(alice.page.locator("#lede")).to_contain_text("Version 1 is in force")


def test_rules_are_put_in_force_without_a_script(plain: Guest) -> None:
    plain.open("/settings/rules/")
    plain.page.get_by_label("A voicemail is a missed call").uncheck()
    plain.button("Preview").click()
    plain.expect_heading("Preview of other rules")
    plain.button("Put in force from now on").click()
    plain.expect_path("/settings/rules/")
    expect(plain.page.locator("#lede")).to_contain_text("Version 2 is in force")
    expect(plain.page.locator(".versions li").first).to_contain_text("A voicemail is a missed call: yes → no")


def test_a_type_seen_in_appointments_gets_a_value_and_loses_it_without_a_script(plain: Guest, surgery: Surgery) -> None:
    surgery.book("+447700900555", "A1", type="implant", value=None)
    plain.open("/settings/values/")
    expect(plain.page.locator(".unvalued")).to_contain_text("1 appointment of type ‘implant’ came without a price")
    plain.page.get_by_role("link", name="Give it a value").click()
    plain.page.get_by_label("Value, in GBP").fill("1200")
    plain.button("Save").click()
    plain.expect_path("/settings/values/")
    expect(plain.page.get_by_role("row", name="implant")).to_contain_text("£1,200")
    plain.page.get_by_role("link", name="Change Implant").click()
    plain.page.get_by_label("Value, in GBP").fill("1250.50")
    plain.button("Save").click()
    expect(plain.page.get_by_role("row", name="implant")).to_contain_text("£1,250.50")
    plain.page.get_by_role("link", name="Remove Implant").click()
    plain.expect_heading("Remove the value of implant?")
    plain.button("Remove").click()
    expect(plain.page.locator(".unvalued")).to_contain_text("implant")
