"""The API's page of documentation: each operation can be read at any width, light and dark, without a complaint."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.looks import HEIGHTS, THEMES, overflow, take_picture

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_each_operation_can_be_read_at_any_width_in_any_theme(invite: Invite) -> None:
    reader = invite()
    reader.open("/api/v1/docs/")
    expect(reader.page.locator(".opblock")).to_have_count(14)
    store = reader.page.locator(".opblock-post", has_text="Store calls")
    store.locator(".opblock-summary-control").click()
    for text in ("One call, or a list of up to 1,000.", "A missed call", "application/problem+json", "Idempotency-Key"):
        expect(store.get_by_text(text).first).to_be_attached()
    expect(reader.page.locator(".authorization__btn").first).to_be_visible()
    backgrounds = set()
    for width, height in HEIGHTS.items():
        reader.page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            reader.page.emulate_media(color_scheme=theme)
            take_picture(reader.page, f"api-docs-{width}-{theme}")
            assert overflow(reader.page) == [], (width, theme)
            backgrounds.add((theme, reader.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")))
    assert len(backgrounds) == 2
