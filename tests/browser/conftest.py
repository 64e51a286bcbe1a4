"""Fixtures of the browser tests: the system's Chromium, people with a window each, clinics of the served product."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import find_chromium, started_chromium
from tests.browser.guest import Guest
from tests.browser.history import make_history
from tests.browser.openings import Opening, open_clinics
from tests.browser.surgery import Surgery
from tests.stack import Stack

OPENED_AT_ONCE = 12
Invite = Callable[..., Guest]
TakeOpening = Callable[[], Opening]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: the served product is not started for nothing."""
    if find_chromium() is None:
        say = pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip
        say("No Chromium on the PATH: install one (apt-get install chromium), or name it in CHROMIUM.")


# Until the last test of this folder and no longer: while it runs, Django takes the process for an asynchronous one
# and refuses other tests the database.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    program = find_chromium()
    assert program is not None
    with started_chromium(program) as browser:
        yield browser


@pytest.fixture
def invite(chromium: Browser, stack: Stack) -> Iterator[Invite]:
    """Makes guests: `invite()` is signed out, `invite(surgery.people.alice, surgery)` is Alice of this clinic."""
    guests: list[Guest] = []

    def come(person: str | None = None, surgery: Surgery | None = None, **options: Any) -> Guest:
        session = surgery.people.sessions[person] if person and surgery else None
        guests.append(Guest(chromium, stack.url, session=session, **options))
        return guests[-1]

    yield come
    for guest in guests:
        guest.context.close()
    complaints = [text for guest in guests for text in guest.watch.unforgiven]
    assert not complaints, "the browser complained: " + "; ".join(complaints)


@pytest.fixture(scope="session")
def take_opening(stack: Stack) -> TakeOpening:
    """Opened clinics, one after the other."""
    ready: list[Opening] = []

    def take() -> Opening:
        if not ready:
            ready.extend(open_clinics(stack, OPENED_AT_ONCE))
        return ready.pop()

    return take


@pytest.fixture
def surgery(stack: Stack, take_opening: TakeOpening) -> Surgery:
    """A clinic of this test's own, where nothing has happened yet."""
    return Surgery.of(stack, take_opening())


@pytest.fixture(scope="package")
def busy(stack: Stack, take_opening: TakeOpening) -> Surgery:
    """A clinic with two months of history, and callers who wait; tests look at it and change nothing."""
    made = Surgery.of(stack, take_opening())
    history = make_history(datetime.now(UTC))
    made.send_all("/calls/", history.calls)
    made.send_all("/appointments/", history.appointments)
    made.wait_for_figures()
    return made
