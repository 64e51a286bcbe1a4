"""Every page, found in the matrix of doors: its looks, by keyboard alone, without JavaScript, and its weight."""

from collections.abc import Iterator

import pytest
from django.urls import resolve
from playwright.sync_api import Browser, expect

from tests.access.doors import PUBLIC_DOORS
from tests.browser.conftest import TakeOpening
from tests.browser.every_page import EVERY_PAGE, find_paths
from tests.browser.guest import Guest
from tests.browser.keyboard import walk
from tests.browser.looks import look_at
from tests.browser.plain import lost
from tests.browser.surgery import Surgery
from tests.browser.test_looks import SIGNED_IN, SIGNED_OUT, WITH_TWO_FACTORS
from tests.browser.weight import weigh
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]

Windows = dict[tuple[bool, bool], Guest]  # whether the page is public, whether scripts run
SEEN_THERE = {
    resolve(path.partition("?")[0]).view_name
    for path in {**SIGNED_OUT, **SIGNED_IN, **WITH_TWO_FACTORS}.values()
    if path != "/nothing/"
}
FIRST_PAGES = ("account_login", "worklist", "dashboard")
MOST_KILOBYTES, MOST_OF_OTHERS = 60, 75


@pytest.fixture(scope="package")
def furnished(stack: Stack, take_opening: TakeOpening) -> Surgery:
    """A clinic with something of everything, and callers who wait."""
    made = Surgery.of(stack, take_opening())
    for _ in range(3):
        made.ring()
    made.wait_for_opportunities(3)
    return made


@pytest.fixture(scope="package")
def paths(furnished: Surgery) -> dict[str, str]:
    return find_paths(furnished)


@pytest.fixture(scope="package")
def windows(chromium: Browser, stack: Stack, furnished: Surgery) -> Iterator[Windows]:
    """One for each kind of visitor and for all of their pages: opening a window costs more than opening a page."""
    alice = furnished.people.sessions[furnished.people.alice]
    made = {
        (is_public, has_script): Guest(
            chromium, stack.url, session=None if is_public else alice, java_script_enabled=has_script
        )
        for is_public in (True, False)
        for has_script in (True, False)
    }
    for guest in made.values():
        guest.watch.forgive("status of 4")  # a page that says that nothing is there is a page, too
    yield made
    for guest in made.values():
        guest.context.close()


@pytest.mark.parametrize("name", [name for name in EVERY_PAGE if name not in SEEN_THERE])
def test_it_looks_right(windows: Windows, paths: dict[str, str], name: str) -> None:
    guest = windows[name in PUBLIC_DOORS, True]
    assert not look_at(guest.open(paths[name]), f"every-{name}")


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_it_works_without_javascript_and_by_keyboard_alone(windows: Windows, paths: dict[str, str], name: str) -> None:
    guest, plain = (windows[name in PUBLIC_DOORS, has_script] for has_script in (True, False))
    guest.page.set_viewport_size({"width": 1280, "height": 720})
    assert not lost(guest.open(paths[name]), plain.open(paths[name]))
    assert not walk(guest.page)
    if guest.page.locator("details.pop").count():
        expect_escape_to_close(guest)
    assert not guest.watch.unforgiven + plain.watch.unforgiven


def expect_escape_to_close(guest: Guest) -> None:
    """The first menu of the page; the focus is where it was."""
    menu = guest.page.locator("details.pop").first
    menu.locator("> summary").focus()
    guest.press("Enter")
    expect(menu).to_have_attribute("open", "")
    guest.press("Tab", "Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("> summary")).to_be_focused()


def test_a_first_visit_is_light(furnished: Surgery, busy: Surgery, paths: dict[str, str], stack: Stack) -> None:
    heavy = {}
    for name in EVERY_PAGE:
        surgery = busy if name in FIRST_PAGES else furnished  # where there is most to see
        session = None if name in PUBLIC_DOORS else surgery.people.sessions[surgery.people.alice]
        kilobytes = weigh(stack.url + paths[name], session) / 1000
        if kilobytes > (MOST_KILOBYTES if name in FIRST_PAGES else MOST_OF_OTHERS):
            heavy[name] = kilobytes
    assert not heavy
