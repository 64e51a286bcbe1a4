"""Second factors and sessions in a real browser: by the keyboard, without scripts, with a passkey, on two machines."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.openings import PASSWORD
from tests.browser.surgery import Surgery
from tests.stack import Stack
from tests.tenants.entrance import code_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PAGE = "/account/2fa/"
# A finger on the sensor of this machine, whenever a page asks for it.
FINGER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def at_localhost(chromium: Browser, stack: Stack, surgery: Surgery) -> Iterator[Guest]:
    """Alice with a fingerprint sensor. Browsers know no passkey at 127.0.0.1: an address of figures can't own one."""
    origin = stack.url.replace("127.0.0.1", "localhost")
    guest = Guest(chromium, origin, session=surgery.people.sessions[surgery.people.alice])
    devices = guest.context.new_cdp_session(guest.page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": FINGER})
    yield guest
    complaints = guest.watch.unforgiven
    guest.context.close()
    assert not complaints


def _add_app(guest: Guest) -> str:
    """From the list of factors to the recovery codes; returns the key of the app."""
    guest.page.get_by_role("link", name="Add an authenticator app").click()
    guest.expect_heading("Add an authenticator app")
    expect(guest.page.get_by_alt_text("QR code of the key below")).to_be_visible()
    key = guest.page.locator(".secret").inner_text()
    guest.fill({"Authenticator code": code_of(key)})
    guest.press("Enter")
    guest.expect_heading("Recovery codes")
    return key


def _sign_out(guest: Guest) -> None:
    guest.open("/worklist/")
    guest.open_menu()
    guest.button("Sign out").click()
    guest.expect_heading("Sign in")


def test_somebody_adds_an_app_and_signs_in_with_its_code_by_the_keyboard(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.open("/worklist/")
    alice.open_menu()
    alice.page.get_by_role("link", name="Two factors").click()
    key = _add_app(alice)
    expect(alice.page.locator(".secret li")).to_have_count(10)
    alice.page.get_by_role("link", name="I have kept them").click()
    alice.expect_path("/")
    _sign_out(alice)

    alice.page.get_by_label("Email").focus()
    alice.page.keyboard.type(surgery.people.alice)
    alice.press("Tab")
    alice.page.keyboard.type(PASSWORD)
    alice.press("Enter")
    alice.expect_heading("Your second factor")
    alice.page.get_by_label("Code").focus()
    alice.page.keyboard.type(code_of(key))
    alice.press("Enter")
    alice.expect_heading("Dashboard")


def test_an_app_needs_no_script(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery, java_script_enabled=False)
    alice.open(PAGE)
    _add_app(alice)
    with alice.page.expect_download() as download:
        alice.page.get_by_role("link", name="Download as a file").click()
    assert download.value.suggested_filename == "recovery-codes.txt"
    alice.watch.forgive("ERR_ABORTED")  # what a download does to the page it began on
    alice.open(f"{PAGE}webauthn/add/")
    expect(alice.page.get_by_text("A passkey needs JavaScript")).to_be_visible()
    expect(alice.button("Add the passkey")).to_be_hidden()


def test_a_passkey_signs_in_by_itself_and_as_a_second_factor(at_localhost: Guest, surgery: Surgery) -> None:
    alice = at_localhost
    alice.open(PAGE)
    alice.page.get_by_role("link", name="Add a passkey").click()
    alice.expect_heading("Add a passkey")
    alice.page.get_by_label("Name").fill("Finger")
    alice.page.get_by_label("Passwordless").check()
    alice.button("Add the passkey").click()
    alice.expect_heading("Recovery codes")
    alice.open(f"{PAGE}webauthn/")
    expect(alice.page.locator(".own-list li")).to_contain_text("Finger")

    _sign_out(alice)
    alice.button("Sign in with a passkey").click()
    alice.expect_heading("Dashboard")

    _sign_out(alice)
    alice.fill({"Email": surgery.people.alice, "Password": PASSWORD})
    alice.button("Sign in").click()
    alice.expect_heading("Your second factor")
    alice.button("Use a passkey").click()
    alice.expect_heading("Dashboard")


def test_a_passkey_that_is_not_there_is_said_to_be_so(at_localhost: Guest) -> None:
    stranger = at_localhost
    stranger.context.clear_cookies()
    stranger.open("/account/login/")
    stranger.button("Sign in with a passkey").click()
    expect(stranger.page.locator("#toasts")).to_contain_text("No passkey was used")
    stranger.expect_path("/account/login/")


def test_no_passkey_is_offered_where_browsers_know_none(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.open(f"{PAGE}webauthn/add/")
    expect(alice.page.get_by_text("at https addresses and at localhost only")).to_be_visible()
    expect(alice.button("Add the passkey")).to_have_count(0)


def test_somebody_sees_their_sessions_and_ends_one(invite: Invite, surgery: Surgery) -> None:
    at_work, at_home = invite(), invite()
    for guest in (at_home, at_work):
        guest.open("/account/login/?next=/account/sessions/")
        guest.fill({"Email": surgery.people.alice, "Password": PASSWORD})
        guest.button("Sign in").click()
        guest.expect_heading("Sessions")
    rows = at_work.page.locator(".own-list li")
    expect(rows).to_have_count(3)  # with the one that every surgery begins with
    expect(rows.first).to_contain_text("this one")
    expect(rows.nth(1)).to_contain_text("127.0.0.0")
    expect(rows.nth(1)).to_contain_text("Chrome")
    rows.nth(1).get_by_role("button").click()
    expect(rows).to_have_count(2)
    expect(at_work.page.get_by_text("The session is ended.")).to_be_visible()
    at_home.open("/worklist/")
    at_home.expect_heading("Sign in")
