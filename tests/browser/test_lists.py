"""The call log and the appointments: filters, pages, and why an appointment was counted."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGE = 50


@pytest.fixture
def alice(invite: Invite, busy: Surgery) -> Guest:
    return invite(busy.people.alice, busy)


def test_calls_are_filtered_by_outcome_and_direction(alice: Guest) -> None:
    alice.open("/calls/")
    alice.page.get_by_label("Direction").select_option("outbound")
    alice.page.get_by_label("Outcome").select_option("answered")
    alice.button("Show").click()
    expect(alice.page.get_by_label("Direction")).to_have_value("outbound")
    expect(alice.page.locator(".log li")).to_have_count(PAGE)
    assert set(alice.page.locator(".log-dir").all_inner_texts()) == {"Outbound"}
    assert set(alice.page.locator(".log-out").all_inner_texts()) == {"Answered"}
    alice.page.get_by_role("link", name="Show all").click()
    alice.expect_path("/calls/")


def test_calls_are_filtered_by_day_both_included(alice: Guest) -> None:
    first, last = (datetime.now(UTC) - timedelta(days=days) for days in (9, 8))
    alice.open("/calls/")
    alice.page.get_by_label("From").fill(f"{first:%Y-%m-%d}")
    alice.page.get_by_label("To").fill(f"{last:%Y-%m-%d}")
    alice.button("Show").click()
    days = [f"{day:%a} {day.day} {day:%b}" for day in (last, first)]
    expect(alice.page.locator(".day-head")).to_have_text(days)


def test_pages_go_back_in_time_and_come_back_the_same(alice: Guest) -> None:
    alice.open("/calls/?direction=inbound")
    newest = ids(alice)
    assert len(newest) == PAGE
    expect(alice.page.get_by_role("link", name="Newer")).to_have_count(0)
    alice.page.get_by_role("link", name="Older").click()
    expect(alice.page.get_by_role("link", name="Newer")).to_be_visible()
    expect(alice.page.get_by_label("Direction")).to_have_value("inbound")
    assert not set(ids(alice)) & set(newest)
    alice.page.get_by_role("link", name="Newer").click()
    expect(alice.page.locator(f"#{newest[0]}")).to_be_visible()
    assert ids(alice) == newest


def ids(guest: Guest) -> list[str]:
    expect(guest.page.locator(".log li").first).to_be_visible()
    found: list[str] = guest.page.locator(".log li").evaluate_all("rows => rows.map((row) => row.id)")
    return found


def test_the_last_page_has_nothing_older(alice: Guest) -> None:
    alice.open("/calls/?outcome=voicemail")
    while alice.page.get_by_role("link", name="Older").count():
        alice.page.get_by_role("link", name="Older").click()
        alice.page.wait_for_url("**cursor=**")
    expect(alice.page.locator(".log li").first).to_be_visible()


def test_no_call_fits(alice: Guest) -> None:
    alice.open("/calls/?from=2020-01-01&to=2020-01-02")
    expect(alice.page.get_by_role("heading", name="No call fits.")).to_be_visible()


def test_filters_that_cannot_be_read_say_so(alice: Guest) -> None:
    alice.watch.forgive("status of 400")
    alice.open("/calls/?from=yesterday")
    expect(alice.page.get_by_role("alert")).to_contain_text("These filters cannot be used: from")


@pytest.mark.parametrize("path", ["/?month=soon", "/appointments/?verdict=perhaps", "/appointments/?cursor=nowhere"])
def test_an_address_that_cannot_be_read_is_answered_with_a_page(alice: Guest, path: str) -> None:
    alice.watch.forgive("status of 400")
    alice.open(path)
    alice.expect_heading("This cannot be shown as asked")


def test_the_number_of_waiting_callers_is_on_every_page(alice: Guest) -> None:
    for path in ("/", "/calls/", "/appointments/"):
        alice.open(path)
        expect(alice.page.locator("#nav-waiting")).to_have_text(re.compile(r"^\d+ waiting$"))


def test_appointments_are_filtered_by_verdict(alice: Guest) -> None:
    alice.open("/appointments/")
    alice.page.get_by_label("Verdict").select_option("unattributed")
    alice.button("Show").click()
    expect(alice.page.get_by_label("Verdict")).to_have_value("unattributed")
    assert set(alice.page.locator(".visit-verdict").all_inner_texts()) == {"Not counted"}
    expect(alice.page.locator(".visit-value")).to_have_count(0)


def test_an_appointment_after_a_callback_is_recovered_and_says_why(invite: Invite, surgery: Surgery) -> None:
    number = surgery.ring()
    [waiting] = surgery.wait_for_opportunities(1)
    bob = invite(surgery.people.bob, surgery)
    bob.open("/worklist/")
    bob.page.get_by_role("button", name="Reached").click()
    expect(bob.page.locator(".row")).to_have_count(0)
    surgery.book(number, "B-1", value=None, type="Check-up")
    surgery.wait_for_opportunities(1, "recovered")

    bob.open("/appointments/")
    visit = bob.page.locator(".visits > li")
    expect(visit).to_have_count(1)
    expect(visit.locator(".visit-verdict")).to_have_text("Recovered")
    expect(visit.locator(".visit-value")).to_have_text(re.compile(r"^£85\s*est\.$"))
    expect(visit.locator(".visit-what")).to_contain_text("Check-up")
    expect(visit.locator(".visit-why")).to_have_text(
        re.compile(r"^Missed .+ called back .+ booked .+£85 \(the clinic’s default estimate\)$".replace("’", "[’']"))
    )
    expect(visit.locator(".visit-what")).to_contain_text(re.compile(r"^\w+ \w+ \d\d"))


def test_nothing_has_come_yet(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    for path, words in (("/calls/", "No calls yet."), ("/appointments/", "No appointments yet.")):
        alice.open(path)
        expect(alice.page.get_by_role("heading", name=words)).to_be_visible()
