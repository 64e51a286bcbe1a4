"""How a phone system is asked, in the browser: credentials are set, a wrong one is named beside its field, and removed.

Nothing is asked here: the served product would ask the real phone system.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.looks import look_at
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_credentials_from_their_setting_to_their_removal(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.watch.forgive("status of 400")
    alice.open("/settings/connections/add/twilio/")
    alice.fill({"Name": "Asked line", "Secret": "a-twilio-auth-token"})
    alice.button("Make the address").click()
    alice.page.get_by_role("link", name="I have copied it").click()
    alice.page.get_by_role("link", name="How we ask it").click()
    expect(alice.page.locator("main")).to_contain_text("None are set")
    assert not look_at(alice.page, "asking-nothing-set")
    alice.page.get_by_role("link", name="Set the credentials").click()
    assert not look_at(alice.page, "asking-set")
    alice.fill({"Account SID": "wrong", "API key secret or Auth Token": "a-token"})
    alice.button("Set the credentials").click()
    expect(alice.page.locator(".error").first).to_contain_text("It begins with AC.")
    assert not look_at(alice.page, "asking-refused")
    alice.fill({"Account SID": "AC" + "0" * 32, "API key secret or Auth Token": "a-token"})
    alice.button("Set the credentials").click()
    expect(alice.page.locator("main")).to_contain_text("Not asked yet")
    assert not look_at(alice.page, "asking")
    alice.page.get_by_role("link", name="Remove…").click()
    assert not look_at(alice.page, "asking-remove")
    alice.button("Remove them").click()
    expect(alice.page.locator("main")).to_contain_text("None are set")
