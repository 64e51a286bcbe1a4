"""A waiting caller's number: shown in the row to whoever asks, there while they dial, gone after two minutes."""

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.surgery import Surgery
from tests.calls.number_apis import PhoneSystem, served_phone_system

pytestmark = [pytest.mark.slow, pytest.mark.browser]
NUMBER, NATIONAL = "+447700900623", "07700 900623"


@pytest.fixture
def system(surgery: Surgery) -> Iterator[PhoneSystem]:
    """The phone system of the surgery, with one call that nobody took."""
    with served_phone_system(surgery.stack.phone_system_port) as served:
        call_id = f"CA{uuid.uuid4().hex}"
        served.numbers[call_id] = NUMBER
        surgery.let_ask()
        surgery.ring(NUMBER, CallSid=call_id)
        surgery.wait_for_opportunities(1)
        yield served


@pytest.fixture
def bob(system: PhoneSystem, invite: Invite, surgery: Surgery) -> Guest:
    guest: Guest = invite(surgery.people.bob, surgery)
    return guest


def test_the_number_comes_into_the_row(bob: Guest) -> None:
    bob.open("/worklist/")
    bob.page.get_by_role("button", name="Show number").click()
    expect(bob.page.locator(".number-shown")).to_contain_text(NATIONAL)
    call = bob.page.locator(".number-shown a")
    expect(call).to_have_attribute("href", f"tel:{NUMBER}")
    expect(call).to_be_focused()
    expect(bob.page.get_by_role("button", name="Show number")).to_be_hidden()
    assert "/worklist/" in bob.page.url


def test_it_stays_while_the_list_is_refreshed_and_goes_after_two_minutes(bob: Guest, surgery: Surgery) -> None:
    bob.page.clock.install()
    bob.open("/worklist/")
    bob.page.get_by_role("button", name="Show number").click()
    expect(bob.page.locator(".number-shown")).to_be_visible()
    bob.page.evaluate("document.activeElement.blur()")
    surgery.ring(NUMBER)  # the row says something else now
    surgery.ring()
    surgery.wait_for_opportunities(2)
    bob.page.clock.run_for(10_000)
    expect(bob.page.locator(".row")).to_have_count(2)
    expect(bob.page.locator(".number-shown")).to_contain_text(NATIONAL)
    bob.page.clock.run_for(115_000)
    expect(bob.page.locator(".number-shown")).to_have_count(0)
    expect(bob.page.get_by_role("button", name="Show number").first).to_be_visible()
    assert NATIONAL not in bob.page.content()


def test_what_cannot_be_told_can_be_looked_up(bob: Guest, system: PhoneSystem) -> None:
    system.status = 500
    bob.open("/worklist/")
    bob.page.get_by_role("button", name="Show number").click()
    expect(bob.page.locator(".number-why")).to_contain_text("Twilio could not be reached just now. Rang at")
    system.status = 200
    bob.page.get_by_role("button", name="Show number").click()
    expect(bob.page.locator(".number-shown")).to_contain_text(NATIONAL)


def test_without_a_script_it_is_a_page(system: PhoneSystem, invite: Invite, surgery: Surgery) -> None:
    bob: Guest = invite(surgery.people.bob, surgery, java_script_enabled=False)
    bob.open("/worklist/")
    bob.page.get_by_role("button", name="Show number").click()
    expect(bob.page.locator(".number-shown")).to_contain_text(NATIONAL)
    bob.page.get_by_role("link", name="Back to the worklist").click()
    expect(bob.page.locator(".row")).to_have_count(1)
    assert NATIONAL not in bob.page.content()
