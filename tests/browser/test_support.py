"""Support access by the pages: opened by platform staff, seen and ended by the clinic, and gone with the next click."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.looks import look_at
from tests.browser.openings import PASSWORD
from tests.browser.surgery import Surgery
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]
REASON = "The webhook answers 401 since this morning"


def employ(stack: Stack) -> str:
    """Somebody of the platform, with a password; returns the e-mail address."""
    email = f"sam-{uuid.uuid4().hex[:6]}@ringback.example"
    script = f"from tenants.models import User; User.objects.create_superuser({email!r}, {PASSWORD!r})"
    stack.manage("shell", "--no-imports", "--command", script)
    return email


def test_alice_sees_who_looks_in_and_ends_it(invite: Invite, surgery: Surgery, stack: Stack) -> None:
    alice, bob = invite(surgery.people.alice, surgery), invite(surgery.people.bob, surgery)
    sam = invite()
    sam.watch.forgive("status of 403|Error Code 403")  # the open worklist asks again, too
    sam.open(f"/admin/tenants/clinic/{surgery.people.clinic_id}/change/")
    sam.fill({"Email": employ(stack), "Password": PASSWORD})
    sam.button("Sign in").click()
    sam.page.get_by_role("link", name="Open for support…").click()
    sam.fill({"Reason": REASON, "Minutes": "15"})
    sam.page.get_by_label("I know that the clinic sees this").check()
    sam.button("Open for support").click()
    expect(sam.page.get_by_text("You can look at Bright Smile now")).to_be_visible()

    for guest in (alice, bob, sam):
        guest.open("/worklist/")
        banner = guest.page.get_by_role("complementary", name="Support access")
        expect(banner).to_contain_text("Ringback’s support can see this clinic until")
        expect(banner).to_contain_text(REASON)
    expect(bob.button("End it now")).to_have_count(0)
    expect(sam.button("End it now")).to_have_count(0)

    assert not look_at(alice.page, "support-open")
    alice.button("End it now").click()
    alice.expect_path("/settings/security/")
    expect(alice.page.locator("#toasts")).to_contain_text("has ended")
    expect(alice.page.locator("table").last).to_contain_text(REASON)
    expect(alice.page.get_by_role("complementary", name="Support access")).to_have_count(0)

    sam.page.get_by_role("link", name="Calls", exact=True).click()
    sam.expect_heading("You belong to no clinic yet")
