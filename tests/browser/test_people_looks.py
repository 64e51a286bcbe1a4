"""Pages about people and keys that need something to be about, as `test_looks` looks at all others."""

import pytest

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.looks import look_at
from tests.browser.surgery import Surgery
from tests.browser.test_people import LINK, ask, mail_to
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]
LONG = "maximiliana.constantinople-featherstonehaugh"


@pytest.fixture
def alice(invite: Invite, surgery: Surgery) -> Guest:
    return invite(surgery.people.alice, surgery)


def test_pages_about_a_member(alice: Guest, surgery: Surgery) -> None:
    faults = []
    for link in ("Change role of", "Remove…"):
        alice.open("/settings/people/")
        alice.page.get_by_role("link", name=f"{link} {surgery.people.bob}").click()
        faults += look_at(alice.page, f"people-{link[:6].lower()}")
    assert not faults


def test_open_invitations_with_a_long_address(alice: Guest, surgery: Surgery) -> None:
    ask(alice, f"{LONG}@{surgery.slug}.example", "Manager")
    assert not look_at(alice.page, "people-invited")


def test_an_invitation_that_is_refused(alice: Guest, surgery: Surgery) -> None:
    alice.open("/settings/people/invite/")
    alice.fill({"E-mail address": surgery.people.bob})
    alice.page.get_by_label("Admin").check()
    alice.button("Send the invitation").click()
    assert not look_at(alice.page, "people-refused")


def test_what_an_invited_person_sees(alice: Guest, invite: Invite, surgery: Surgery, stack: Stack) -> None:
    address = f"{LONG}@{surgery.slug}.example"
    ask(alice, address, "Manager")
    [link] = LINK.findall(mail_to(stack, address))
    erin = invite()
    erin.open(link)
    faults = look_at(erin.page, "invitation-register")
    erin.fill({"Your name": "Erin", "Password": "short"})
    erin.button("Join").click()
    faults += look_at(erin.page, "invitation-refused")
    alice.open(link)
    assert not faults + look_at(alice.page, "invitation-for-another")


def test_pages_about_a_key(alice: Guest) -> None:
    alice.open("/settings/keys/make/")
    alice.button("Make the key").click()
    alice.fill({"Name": "The booking system of the practice in the High Street, second server from the left"[:80]})
    alice.page.get_by_label("read").check()
    alice.button("Make the key").click()
    faults = look_at(alice.page, "keys-made")
    alice.open("/settings/keys/")
    faults += look_at(alice.page, "keys-two")
    alice.page.get_by_role("link", name="Revoke…").first.click()
    assert not faults + look_at(alice.page, "keys-revoke")
