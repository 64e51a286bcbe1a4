"""Somebody with a browser window, and a watch over everything that the window complains about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, WebError, expect

# A violation of the content security policy is an event of its own; put into the console, it reaches the watch.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} blocked ${event.blockedURI} in ${event.sourceFile}`);
});
"""


@dataclass
class Watch:
    """Complaints of a window: errors in the console, scripts that broke, requests that failed or went elsewhere."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    forgiven: list[re.Pattern[str]] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", self._see_error)
        context.on("request", self._see_request)
        context.on("requestfailed", self._see_failure)

    def forgive(self, pattern: str) -> None:
        """For what a test provokes, such as the line that Chromium writes about a page that is not there."""
        self.forgiven.append(re.compile(pattern))

    @property
    def unforgiven(self) -> list[str]:
        return [text for text in self.complaints if not any(pattern.search(text) for pattern in self.forgiven)]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console {message.type}: {message.text}")

    def _see_error(self, error: WebError) -> None:
        self.complaints.append(f"script error: {error.error}")

    def _see_request(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme != "data" and f"{asked.scheme}://{asked.netloc}" != self.origin:
            self.complaints.append(f"request to another origin: {request.url}")

    def _see_failure(self, request: Request) -> None:
        # The page was left while it asked, for its icon or for new rows: a matter of time and no fault. What a policy
        # or a server refuses has another name.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"request failed: {request.method} {request.url}: {request.failure}")


class Guest:
    """A person at the product; `page` is the window."""

    def __init__(self, browser: Browser, origin: str, *, session: str | None = None, **options: Any) -> None:
        self.origin = origin
        self.watch = Watch(origin)
        self.context = browser.new_context(base_url=origin, locale="en-GB", timezone_id="Europe/London", **options)
        self.context.set_default_timeout(10_000)
        self.watch.over(self.context)
        if session is not None:
            self.context.add_cookies([{"name": "session", "value": session, "url": origin, "httpOnly": True}])
        self.page: Page = self.context.new_page()

    def open(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def fill(self, fields: Mapping[str, str]) -> None:
        for label, value in fields.items():
            self.page.get_by_label(label, exact=True).fill(value)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def open_menu(self) -> None:
        """Of the clinic and the person."""
        self.page.locator(".me > summary").click()

    def expect_heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    def expect_path(self, path: str) -> None:
        expect(self.page).to_have_url(self.origin + path)
