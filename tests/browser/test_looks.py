"""Every page on a phone, a tablet and a PC, in light and in dark: accessible, and never wider than the window.

The API's documentation is left out: its page is Swagger's.
"""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.template.loader import render_to_string
from playwright.sync_api import expect

from config.embedded.provision import Names, replace_database
from tests.browser.conftest import Invite, TakeOpening
from tests.browser.history import History
from tests.browser.looks import look_at, open_everything
from tests.browser.openings import PASSWORD
from tests.browser.surgery import Surgery
from tests.journeys.world import World
from tests.stack import Stack
from tests.tenants.entrance import code_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SIGNED_OUT = {
    "sign-in": "/account/login/",
    "password-forgotten": "/account/password/reset/",
    "password-sent": "/account/password/reset/done/",
    "password-changed": "/account/password/reset/key/done/",
    "link-worthless": "/account/password/reset/key/1-nothing/",
    "sign-up-closed": "/account/signup/",
    "account-closed": "/account/inactive/",
    "privacy": "/privacy",
    "cookies": "/cookies",
    "security-public": "/security",
    "sub-processors": "/sub-processors",
    "status": "/status",
}
PAGES = {
    "worklist": "/worklist/",
    "dashboard": "/",
    "calls": "/calls/",
    "appointments": "/appointments/",
    "opportunities": "/opportunities/",
    "search": "/search/",
    "about": "/about/",
    "reports": "/reports/",
    "report": f"/reports/{datetime.now(UTC):%Y-%m}/",
}
SIGNED_IN = {
    **PAGES,
    "settings-clinic": "/settings/",
    "settings-clinic-change": "/settings/change/",
    "settings-hours": "/settings/hours/",
    "settings-hours-change": "/settings/hours/change/",
    "settings-rules": "/settings/rules/",
    "settings-goals": "/settings/goals/",
    "settings-values": "/settings/values/",
    "settings-values-add": "/settings/values/add/",
    "calls-refused": "/calls/?from=x",
    "connections": "/settings/connections/",
    "connection-choose": "/settings/connections/add/",
    "connection-add": "/settings/connections/add/twilio/",
    "connection-add-ours": "/settings/connections/add/ringback/",
    "webhooks": "/settings/webhooks/",
    "webhook-add": "/settings/webhooks/add/",
    "summaries": "/summaries/",
    "imports-empty": "/settings/import/",
    "import-calls": "/settings/import/calls/",
    "import-appointments": "/settings/import/appointments/",
    "security": "/settings/security/",
    "security-change": "/settings/security/change/",
    "password-change": "/account/password/change/",
    "two-factors": "/account/2fa/",
    "app-add": "/account/2fa/totp/activate/",
    "passkeys": "/account/2fa/webauthn/",
    "passkey-add": "/account/2fa/webauthn/add/",
    "sessions": "/account/sessions/",
    "confirm": "/account/reauthenticate/",
    "sign-out": "/account/logout/",
    "bad-request": "/?month=x",
    "not-allowed": "/admin/",
    "not-found": "/nothing/",
    "people": "/settings/people/",
    "people-invite": "/settings/people/invite/",
    "people-leave": "/settings/people/leave/",
    "keys": "/settings/keys/",
    "keys-make": "/settings/keys/make/",
    "invitation-worthless": "/invitations/x/",
    "invitation-sent": "/invitations/sent/",
}
WITH_TWO_FACTORS = {
    "two-factors-there": "/account/2fa/",
    "recovery-codes": "/account/2fa/recovery-codes/",
    "recovery-codes-make": "/account/2fa/recovery-codes/generate/",
    "app-remove": "/account/2fa/totp/deactivate/",
    "confirm-by-code": "/account/2fa/reauthenticate/",
    "confirm-by-passkey": "/account/2fa/webauthn/reauthenticate/",
}
LONG_NAME = "The Royal Borough Family Dental Practice and Orthodontic Centre of Llanfairpwllgwyngyllgogerychwyrndrobwll"
MILLION = 1_000_000
MILLIONS = (
    "inbound", "missed", "opportunities", "called_back", "reached", "recovered", "delay_5m", "delay_later",
    "appointments", "recovered_appointments", "recovered_value",
)  # fmt: skip


@pytest.mark.parametrize("name", SIGNED_OUT)
def test_pages_before_the_sign_in(invite: Invite, name: str) -> None:
    guest = invite()
    guest.open(SIGNED_OUT[name])
    assert not look_at(guest.page, name)


@pytest.mark.parametrize("name", SIGNED_IN)
def test_pages_of_a_busy_clinic(invite: Invite, busy: Surgery, name: str) -> None:
    alice = invite(busy.people.alice, busy)
    alice.watch.forgive("status of 40[034]")
    alice.open(SIGNED_IN[name])
    assert not look_at(alice.page, name)


def test_nobodys_clinic(invite: Invite, busy: Surgery) -> None:
    carol = invite(busy.people.carol, busy)
    carol.watch.forgive("status of 403")
    carol.open("/")
    assert not look_at(carol.page, "no-clinic")


@pytest.mark.parametrize("name", ["413", "429", "500", "503", "403_csrf"])
def test_pages_that_nobody_should_see(invite: Invite, name: str) -> None:
    """Put in place of a page: to break the product for them would be rude."""
    guest = invite()
    page = render_to_string(f"{name}.html")
    guest.page.route("**/broken/", lambda route: route.fulfill(body=page, content_type="text/html; charset=utf-8"))
    guest.open("/broken/")
    assert not look_at(guest.page, name)


@pytest.mark.parametrize("name", ["worklist", "dashboard"])
def test_all_that_is_folded_away(invite: Invite, busy: Surgery, name: str) -> None:
    alice = invite(busy.people.alice, busy)
    alice.open(PAGES[name])
    open_everything(alice.page)
    # Opened all at once, which nobody can, menus lie over the links of each other.
    assert not look_at(alice.page, f"{name}-opened", without="target-size")


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_a_clinic_where_nothing_has_happened(invite: Invite, surgery: Surgery, name: str) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.open(PAGES[name])
    assert not look_at(alice.page, f"{name}-empty")


def test_the_worklist_after_an_action_with_its_help_open(invite: Invite, surgery: Surgery) -> None:
    surgery.ring()
    surgery.wait_for_opportunities(1)
    bob = invite(surgery.people.bob, surgery)
    bob.open("/worklist/")
    bob.page.get_by_role("button", name="No answer").hover()  # the time of the offer stands still while it is hovered
    bob.page.get_by_role("button", name="No answer").click()
    bob.button("Undo").hover()
    expect(bob.page.locator(".chips")).to_contain_text("tried")
    bob.press("?")
    assert not look_at(bob.page, "worklist-keys")


def test_a_connection_from_its_making_to_its_end(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.watch.forgive("status of 400")
    alice.open("/settings/connections/add/twilio/")
    alice.fill({"Name": "Second line 020 7946 0018", "Secret": "a-twilio-auth-token"})
    alice.button("Make the address").click()
    expect(alice.page.locator(".error")).to_be_visible()
    assert not look_at(alice.page, "connection-refused")
    alice.fill({"Name": "Second line", "Secret": "a-twilio-auth-token"})
    alice.button("Make the address").click()
    expect(alice.page.locator("#address-text")).to_contain_text("/hooks/twilio/")
    assert not look_at(alice.page, "connection-made")
    alice.page.get_by_role("link", name="I have copied it").click()
    alice.expect_heading("Second line")
    assert not look_at(alice.page, "connection-never-heard")
    alice.open("/settings/connections/")
    alice.button("Pause Second line").click()
    alice.expect_heading("Connections")
    expect(alice.page.locator(".toast")).to_contain_text("is paused")
    assert not look_at(alice.page, "connections-paused")
    pages = {"Change the secret of Second line": "connection-secret", "Remove… Second line": "connection-remove"}
    for link, name in pages.items():
        alice.open("/settings/connections/")
        alice.page.get_by_role("link", name=link).click()
        assert not look_at(alice.page, name)
    alice.button("Remove it").click()
    expect(alice.page.locator(".toast")).to_contain_text("is removed")
    expect(alice.page.get_by_role("heading", name="Second line")).to_have_count(0)


def test_second_factors_from_the_first_to_a_sign_in_with_it(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.open("/account/2fa/totp/activate/")
    alice.fill({"Authenticator code": "1"})
    alice.button("Add the app").click()
    expect(alice.page.locator(".error")).to_be_visible()
    faults = look_at(alice.page, "app-add-refused")
    alice.fill({"Authenticator code": code_of(alice.page.locator(".secret").inner_text())})
    alice.button("Add the app").click()
    for name, path in WITH_TWO_FACTORS.items():
        alice.open(path)
        faults += look_at(alice.page, name)
    stranger = invite()
    stranger.open("/account/login/")
    stranger.fill({"Email": surgery.people.alice, "Password": PASSWORD})
    stranger.button("Sign in").click()
    stranger.expect_heading("Your second factor")
    assert not faults + look_at(stranger.page, "second-factor")


def test_a_refused_sign_in(invite: Invite) -> None:
    stranger = invite()
    stranger.open("/account/login/")
    stranger.fill({"Email": "nobody@nowhere.example", "Password": "not the right one"})
    stranger.button("Sign in").click()
    expect(stranger.page.get_by_role("alert")).to_be_visible()
    assert not look_at(stranger.page, "sign-in-refused")


def test_a_first_password_that_is_refused(invite: Invite, stack: Stack) -> None:
    alice = invite()
    alice.open(World(stack).clinic["owner_activation_url"])
    alice.fill({"New Password": "short", "New Password (again)": "short"})
    alice.button("Save the new password").click()
    expect(alice.page.locator(".error")).to_be_visible()
    assert not look_at(alice.page, "password-first")


@pytest.mark.parametrize("name", PAGES)
def test_a_long_name_and_a_million_of_everything(invite: Invite, vast: Surgery, name: str) -> None:
    alice = invite(vast.people.alice, vast)
    alice.open(PAGES[name])
    if name == "dashboard":
        expect(alice.page.locator(".kpi-value").first).to_have_text("1,000,000")
    assert not look_at(alice.page, f"{name}-vast")


@pytest.fixture(scope="module")
def vast(stack: Stack, take_opening: TakeOpening) -> Surgery:
    """Larger than any clinic: a million is written into its books, and a very long name on its door."""
    surgery = Surgery.of(stack, take_opening())
    history = History(datetime.now(UTC) - timedelta(minutes=9))
    for number in ("+447700900701", "+447700900702"):
        history.add_call(history.now, number, "voicemail", line="Implants, orthodontics & children’s line")
    history.add_call(history.now + timedelta(minutes=1), "+447700900702", "answered", "outbound", talk=300)
    booked_at = history.now + timedelta(minutes=5)
    history.add_appointment(booked_at, "+447700900702", "999999.99", "Full-mouth reconstruction with sedation")
    surgery.send_all("/calls/", history.calls)
    surgery.send_all("/appointments/", history.appointments)
    surgery.wait_for_figures()
    with psycopg.connect(replace_database(stack.admin_url, Names().database)) as connection:
        clinic_id = surgery.people.clinic_id
        connection.execute("UPDATE tenants_clinic SET name = %s WHERE id = %s", [LONG_NAME, clinic_id])
        settings = ", ".join(f"{column} = {MILLION}" for column in MILLIONS)
        connection.execute(f"UPDATE attribution_dailymetrics SET {settings} WHERE clinic_id = %s", [clinic_id])
        connection.execute(
            "UPDATE attribution_hourlymetrics SET inbound = %s, missed = %s WHERE clinic_id = %s",
            [2 * MILLION, MILLION, clinic_id],
        )
    return surgery


def test_the_worklist_where_two_are_calling(invite: Invite, surgery: Surgery) -> None:
    for _ in range(3):
        surgery.ring()
    surgery.wait_for_opportunities(3)
    alice, bob = invite(surgery.people.alice, surgery), invite(surgery.people.bob, surgery)
    bob.open("/worklist/").get_by_role("button", name="I’ll call").nth(0).click()
    expect(bob.page.get_by_text("You are calling")).to_be_visible()
    alice.open("/worklist/").get_by_role("button", name="I’ll call").nth(0).click()
    expect(alice.page.get_by_text("You are calling")).to_be_visible()
    expect(alice.page.locator(".row.is-theirs")).to_have_count(1)
    assert not look_at(alice.page, "worklist-claimed")
