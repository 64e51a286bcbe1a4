"""Inviting people: what is stored and mailed, what is on record, what is refused, by the service and by the page."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from tenants import selectors, services
from tenants.domain import ClinicFacts, Role
from tenants.events import SYSTEM, Event
from tenants.models import Invitation, User
from tenants.scope import as_clinic
from tests.tenants import factories
from tests.tenants.factories import NOW, bright_smile, oak_street
from tests.tenants.invited import invited, link_in
from tests.tenants.sign_in import client_of
from tests.tenants.trail import details, events

pytestmark = pytest.mark.django_db
PAGE = "/settings/people/"
INVITE = f"{PAGE}invite/"
ERIN = "erin@bright-smile.example"


@pytest.fixture(autouse=True)
def noon() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def alice(clinic: ClinicFacts) -> Client:
    return client_of(factories.alice(), clinic)


@pytest.fixture
def post(clinic: ClinicFacts, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Any:
    """Alice, who has just signed in, sends a form; what follows a commit happens."""
    owner = factories.alice()

    def send(path: str, **fields: str) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return client_of(owner, clinic).post(path, fields)

    return send


def open_invitations(clinic: ClinicFacts) -> list[selectors.InvitationFacts]:
    return list(selectors.list_invitations(clinic.id, NOW))


def test_it_mails_a_link_and_keeps_only_its_hash(clinic: ClinicFacts, post: Any) -> None:
    answer = post(INVITE, email="Erin@Bright-Smile.example", role="receptionist")
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    [message] = mail.outbox
    assert message.to == [ERIN]
    assert message.subject == "Join Bright Smile at Ringback"
    assert "alice@bright-smile.example invites you to join Bright Smile at Ringback, as receptionist." in message.body
    token = link_in(message).split("/")[2]
    with as_clinic(clinic.id):
        row = Invitation.objects.get()
    assert bytes(row.token_hash) == hashlib.sha256(token.encode()).digest()
    assert (row.email, row.role) == (ERIN, "receptionist")
    assert (row.link_expires_at, row.expires_at) == (NOW + timedelta(hours=2), NOW + timedelta(days=7))


def test_the_trail_has_one_row_with_the_invitation_as_its_target(clinic: ClinicFacts, post: Any) -> None:
    post(INVITE, email=ERIN, role="auditor")
    [row] = events(clinic.id, Event.MEMBER_INVITED)
    [invitation] = open_invitations(clinic)
    assert row.target == str(invitation.id)
    assert {name: details(row)[name] for name in ("email", "role")} == {"email": ERIN, "role": "auditor"}


def test_the_answer_is_the_same_for_a_known_and_an_unknown_address(
    clinic: ClinicFacts, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, alice: Client
) -> None:
    oak_street()
    pages = []
    for email in ("charlie@oak-street.example", "nobody1@oak-street.example"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = alice.post(INVITE, {"email": email, "role": "auditor"})
        page = alice.get(PAGE).content.decode().replace(email, "EMAIL")
        page = re.sub(r'(value="|invitations/)[\w-]{30,}', r"\1", page)
        pages.append((answer.status_code, answer["Location"], page[page.index("<main") : page.index("<section")]))
    assert pages[0] == pages[1]
    texts = [re.sub("/invitations/.*", "", str(message.body)) for message in mail.outbox]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"email": "alice@bright-smile.example", "role": "admin"}, "That person is a member already."),
        ({"email": "ALICE@bright-smile.example", "role": "admin"}, "That person is a member already."),
        ({"email": "not an address", "role": "admin"}, "Enter a valid email address."),
        ({"email": "", "role": "admin"}, "This field is required."),
        ({"email": ERIN, "role": "support"}, "Choose one of the roles."),
        ({"email": ERIN, "role": ""}, "Choose a role."),
        ({"email": ERIN}, "Choose a role."),
        ({"email": f"{'e' * 250}@x.example", "role": "admin"}, "at most 254 characters"),
        ({"email": f"{ERIN}\nBcc: x@y.example", "role": "admin"}, "Enter a valid email address."),
    ],
)
def test_it_refuses_what_makes_no_sense(clinic: ClinicFacts, post: Any, fields: dict[str, str], says: str) -> None:
    answer = post(INVITE, **fields)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert open_invitations(clinic) == []
    assert mail.outbox == []


def test_the_service_refuses_what_the_form_would(clinic: ClinicFacts) -> None:
    for email, role in (("not an address", Role.AUDITOR), (ERIN, Role.SUPPORT)):
        with pytest.raises(services.BadInput):
            invited(clinic, email, role, NOW)


def test_inviting_twice_says_so(clinic: ClinicFacts, post: Any) -> None:
    post(INVITE, email=ERIN, role="auditor")
    answer = post(INVITE, email=ERIN, role="admin")
    assert "That address has an open invitation." in answer.content.decode()
    [invitation] = open_invitations(clinic)
    assert invitation.role is Role.AUDITOR
    assert len(mail.outbox) == 1


def test_an_invitation_that_ran_out_makes_way(clinic: ClinicFacts) -> None:
    invited(clinic, ERIN, Role.AUDITOR, NOW - timedelta(days=7))
    [old] = open_invitations(clinic)
    assert not old.stands
    invited(clinic, ERIN, Role.RECEPTIONIST, NOW)
    [invitation] = open_invitations(clinic)
    assert (invitation.role, invitation.stands) == (Role.RECEPTIONIST, True)


def test_clinic_and_inviter_are_not_asked(clinic: ClinicFacts, post: Any) -> None:
    other, mallory = oak_street(), User.objects.create_user("mallory@x.example")
    post(
        INVITE, email=ERIN, role="auditor", clinic=str(other.id), clinic_id=str(other.id),
        invited_by=str(mallory.id), accepted_at="2026-01-01", expires_at="2036-01-01",
    )  # fmt: skip
    assert open_invitations(other) == []
    [invitation] = open_invitations(clinic)
    assert invitation.invited_by == "alice@bright-smile.example"
    assert invitation.expires_at == NOW + timedelta(days=7)


def test_twenty_an_hour_and_then_a_clear_refusal(clinic: ClinicFacts, post: Any, noon: Any) -> None:
    for number in range(20):
        invited(clinic, f"p{number}@bright-smile.example", Role.AUDITOR, NOW)
    answer = post(INVITE, email=ERIN, role="auditor")
    assert "20 invitations were sent within an hour. Try again later." in answer.content.decode()
    [*_, first] = open_invitations(clinic)
    answer = post(f"{PAGE}invitations/{first.id}/again/")  # a mail as well
    assert answer.status_code == 303
    assert mail.outbox == []
    noon.move_to(NOW + timedelta(hours=1, seconds=1))
    assert post(INVITE, email=ERIN, role="auditor").status_code == 303


def test_the_limits_of_one_clinic_are_not_those_of_another(clinic: ClinicFacts) -> None:
    for number in range(20):
        invited(clinic, f"p{number}@bright-smile.example", Role.AUDITOR, NOW)
    assert invited(oak_street(), ERIN, Role.AUDITOR, NOW)


def test_at_most_fifty_are_open(clinic: ClinicFacts) -> None:
    for number in range(50):
        invited(clinic, f"p{number}@bright-smile.example", Role.AUDITOR, NOW - timedelta(hours=10 - number // 20 * 2))
    with pytest.raises(services.TooManyInvitations, match="50 open invitations"):
        invited(clinic, ERIN, Role.AUDITOR, NOW)
    services.withdraw_invitation(
        clinic_id=clinic.id, invitation_id=open_invitations(clinic)[0].id, now=NOW, actor=SYSTEM
    )
    assert invited(clinic, ERIN, Role.AUDITOR, NOW)


def test_sent_again_the_new_link_takes_the_place_of_the_old(clinic: ClinicFacts, post: Any, noon: Any) -> None:
    post(INVITE, email=ERIN, role="auditor")
    [invitation] = open_invitations(clinic)
    noon.move_to(NOW + timedelta(days=6))
    answer = post(f"{PAGE}invitations/{invitation.id}/again/")
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    old, new = map(link_in, mail.outbox)
    assert Client().get(old).status_code == 404
    assert Client().get(new)["Location"] == "/invitations/"
    with as_clinic(clinic.id):
        assert Invitation.objects.get().expires_at == NOW + timedelta(days=13)
    [row] = events(clinic.id, Event.INVITATION_SENT_AGAIN)
    assert row.target == str(invitation.id)


def test_withdrawn_the_link_is_worth_nothing(clinic: ClinicFacts, post: Any) -> None:
    post(INVITE, email=ERIN, role="auditor")
    [invitation] = open_invitations(clinic)
    answer = post(f"{PAGE}invitations/{invitation.id}/withdraw/")
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert open_invitations(clinic) == []
    assert Client().get(link_in(mail.outbox[0])).status_code == 404
    [row] = events(clinic.id, Event.INVITATION_WITHDRAWN)
    assert row.target == str(invitation.id)
    for door in ("again", "withdraw"):
        assert post(f"{PAGE}invitations/{invitation.id}/{door}/").status_code == 404


def test_no_mail_leaves_before_the_commit(alice: Client) -> None:
    alice.post(INVITE, {"email": ERIN, "role": "auditor"})  # within the transaction of this test
    assert mail.outbox == []


def test_names_that_look_like_headers_stay_in_the_text(clinic: ClinicFacts, post: Any) -> None:
    User.objects.filter(email="alice@bright-smile.example").update(name="Alice\nBcc: x@y.example")
    post(INVITE, email=ERIN, role="auditor")
    [message] = mail.outbox
    assert message.recipients() == [ERIN]
    assert "\n" not in message.subject
