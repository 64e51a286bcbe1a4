"""The audit trail in a browser: looks, filters without a script of ours, details, and files to take away."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.looks import look_at
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_the_trail_is_read_filtered_and_taken_away(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.watch.forgive("status of 400")
    alice.open("/settings/audit/")
    alice.expect_heading("Audit trail")
    assert not look_at(alice.page, "audit")
    alice.page.locator(".trail-details summary").first.click()
    expect(alice.page.locator(".trail-details[open] dl").first).to_be_visible()
    assert not look_at(alice.page, "audit-details")

    alice.page.get_by_label("Topic").select_option("Keys")
    alice.button("Show").click()
    expect(alice.page.locator(".trail tbody tr")).to_have_count(1)
    expect(alice.page.locator(".trail tbody")).to_contain_text("Made an API key")
    with alice.page.expect_download() as download:
        alice.button("Export as CSV").click()
    assert download.value.suggested_filename.startswith("audit-trail-")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.startswith('"row","time","who"')
    assert "api_key_made" in text

    alice.open("/settings/audit/?event=purged&from=2020-01-01&to=2020-01-02")
    expect(alice.page.get_by_role("heading", name="Nothing of that kind.")).to_be_visible()
    assert not look_at(alice.page, "audit-empty")
    alice.open("/settings/audit/?from=2020-02-02&to=2020-01-02")
    expect(alice.page.locator(".error")).to_contain_text("before the first day")
    assert not look_at(alice.page, "audit-refused")


def test_a_proof_is_taken_once_there_is_a_checkpoint(invite: Invite, surgery: Surgery) -> None:
    """The worker makes the first one within minutes; until then the page says that there is none."""
    alice = invite(surgery.people.alice, surgery)
    alice.open("/settings/audit/")
    if alice.page.get_by_text("No signed checkpoint").count():
        alice.button("Take a proof").click()
        expect(alice.page.locator(".toast")).to_contain_text("No checkpoint has been made yet")
        return
    with alice.page.expect_download() as download:
        alice.button("Take a proof").click()
    assert json.loads(download.value.path().read_text())["kind"] == "proof"
