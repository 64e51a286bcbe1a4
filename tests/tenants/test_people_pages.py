"""The doors of the people page: what they show, whom they let in, what they refuse, what they cost."""

import uuid
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from tenants import selectors, services
from tenants.domain import ClinicFacts, Role
from tenants.events import Event
from tenants.models import User
from tests.tenants import factories
from tests.tenants.factories import NOW, bright_smile, oak_street
from tests.tenants.invited import invited
from tests.tenants.sign_in import client_of, client_with
from tests.tenants.trail import events

pytestmark = pytest.mark.django_db
PAGE = "/settings/people/"
# Session, person, clinic, members, invitations, how many callers wait; the rest opens and closes scopes.
QUERIES = 21


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def alice(clinic: ClinicFacts) -> Client:
    return client_of(factories.alice(), clinic)


@pytest.fixture
def bob(clinic: ClinicFacts) -> User:
    return factories.bob(clinic)


def doors(user_id: uuid.UUID) -> list[str]:
    return [f"{PAGE}{user_id}/role/", f"{PAGE}{user_id}/remove/"]


def role_of(clinic: ClinicFacts, user: User) -> Role:
    return selectors.find_member(clinic.id, user.id).role


def test_it_shows_members_and_open_invitations(clinic: ClinicFacts, alice: Client, bob: User) -> None:
    invited(clinic, "erin@bright-smile.example", Role.AUDITOR, NOW)
    User.objects.filter(pk=bob.pk).update(name="Bob Brown")
    page = alice.get(PAGE).content.decode()
    for text in ("alice@bright-smile.example", "Bob Brown", "1 Jul 2026", "never", "erin@bright-smile.example"):
        assert text in page
    assert "good until Wed 1 Jul, 15:00" in strip_tags(page)  # summer time in London: made at 13:00
    assert "Send again" in page


def test_an_auditor_reads_it_and_finds_no_button(clinic: ClinicFacts, bob: User) -> None:
    invited(clinic, "erin@bright-smile.example", Role.AUDITOR, NOW)
    page = client_with(clinic, Role.AUDITOR).get(PAGE)
    assert page.status_code == 200
    assert "erin@bright-smile.example" in page.content.decode()
    for text in ("Invite somebody", "Send again", "Withdraw", "Change role", "Remove…"):
        assert text not in page.content.decode()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.RECEPTIONIST])
def test_it_is_not_open_to_those_who_may_not_see_people(clinic: ClinicFacts, role: Role) -> None:
    assert client_with(clinic, role).get(PAGE).status_code == 403


@pytest.mark.parametrize("role", [Role.MANAGER, Role.RECEPTIONIST, Role.AUDITOR])
def test_only_an_admin_changes_anything(clinic: ClinicFacts, bob: User, role: Role) -> None:
    client = client_with(clinic, role)
    invited(clinic, "erin@bright-smile.example", Role.AUDITOR, NOW)
    [invitation] = selectors.list_invitations(clinic.id, NOW)
    for door in doors(bob.id):
        assert client.get(door).status_code == 403
        assert client.post(door, {"role": "admin"}).status_code == 403
    assert client.post(f"{PAGE}invite/", {"email": "x@y.example", "role": "admin"}).status_code == 403
    for door in ("again", "withdraw"):
        assert client.post(f"{PAGE}invitations/{invitation.id}/{door}/").status_code == 403
    assert role_of(clinic, bob) is Role.RECEPTIONIST


def test_signed_out_it_asks_for_a_sign_in(clinic: ClinicFacts, bob: User) -> None:
    for door in (PAGE, f"{PAGE}invite/", f"{PAGE}leave/", *doors(bob.id)):
        answer = Client().get(door)
        assert (answer.status_code, answer["Location"]) == (302, f"/account/login/?next={door}")


def test_changes_ask_who_it_is_once_more(clinic: ClinicFacts, bob: User) -> None:
    client = client_of(factories.alice(), clinic, recent=False)
    assert client.get(PAGE).status_code == 200
    for door in (f"{PAGE}invite/", f"{PAGE}leave/", *doors(bob.id)):
        assert client.get(door)["Location"].startswith("/account/reauthenticate/?next=")
        assert client.post(door, {"role": "auditor"})["Location"].startswith("/account/reauthenticate/?next=")
    assert role_of(clinic, bob) is Role.RECEPTIONIST


def test_the_wrong_method_is_refused(alice: Client, bob: User) -> None:
    assert alice.post(PAGE).status_code == 405
    for door in ("again", "withdraw"):
        assert alice.get(f"{PAGE}invitations/{uuid.uuid4()}/{door}/").status_code == 405
    for door in doors(bob.id):
        assert alice.delete(door).status_code == 405


def test_ids_of_another_clinic_are_not_here(clinic: ClinicFacts, alice: Client) -> None:
    other = oak_street()
    charlie = User.objects.get(email="charlie@oak-street.example")
    invited(other, "erin@oak-street.example", Role.AUDITOR, NOW)
    [invitation] = selectors.list_invitations(other.id, NOW)
    for whose in (charlie.id, uuid.uuid4()):
        for door in doors(whose):
            assert alice.get(door).status_code == 404
            assert alice.post(door, {"role": "auditor"}).status_code == 404
    for whose in (invitation.id, uuid.uuid4()):
        for door in ("again", "withdraw"):
            assert alice.post(f"{PAGE}invitations/{whose}/{door}/").status_code == 404
    assert "oak-street" not in alice.get(PAGE).content.decode()
    assert role_of(other, charlie) is Role.ADMIN
    assert len(selectors.list_invitations(other.id, NOW)) == 1


def test_a_role_is_changed_by_its_page(clinic: ClinicFacts, alice: Client, bob: User) -> None:
    page = alice.get(f"{PAGE}{bob.id}/role/").content.decode()
    assert "All of their sign-ins end" in page
    assert "Everything but people, keys and privacy." in page
    answer = alice.post(f"{PAGE}{bob.id}/role/", {"role": "manager"})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert role_of(clinic, bob) is Role.MANAGER
    assert "is manager now" in alice.get(PAGE).content.decode()


@pytest.mark.parametrize("role", ["support", "owner", "", "admin'--"])
def test_it_refuses_a_role_that_cannot_be_given(clinic: ClinicFacts, alice: Client, bob: User, role: str) -> None:
    answer = alice.post(f"{PAGE}{bob.id}/role/", {"role": role})
    assert answer.status_code == 200
    assert "Choose" in answer.content.decode()
    assert "&#x27;--" not in answer.content.decode()
    assert role_of(clinic, bob) is Role.RECEPTIONIST


def test_what_else_a_form_brings_is_ignored(clinic: ClinicFacts, alice: Client, bob: User) -> None:
    other = oak_street()
    alice.post(
        f"{PAGE}{bob.id}/role/",
        {"role": "auditor", "clinic": str(other.id), "clinic_id": str(other.id), "user_id": str(uuid.uuid4()),
         "is_staff": "on", "expires_at": "2030-01-01"},
    )  # fmt: skip
    assert role_of(clinic, bob) is Role.AUDITOR
    bob.refresh_from_db()
    assert not bob.is_staff
    assert len(selectors.list_members(other.id)) == 1


def test_the_own_role_cannot_be_changed(clinic: ClinicFacts, alice: Client) -> None:
    me = factories.alice()
    alice = client_of(me, clinic)
    door = f"{PAGE}{me.id}/role/"
    assert "You can’t change your own role" in alice.get(door).content.decode()
    assert "You can’t change your own role" in alice.post(door, {"role": "auditor"}).content.decode()
    assert role_of(clinic, me) is Role.ADMIN


def test_removing_says_what_follows_and_asks_first(clinic: ClinicFacts, alice: Client, bob: User) -> None:
    door = f"{PAGE}{bob.id}/remove/"
    assert "From this moment" in alice.get(door).content.decode()
    assert role_of(clinic, bob) is Role.RECEPTIONIST
    answer = alice.post(door)
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    with pytest.raises(selectors.UnknownMember):
        role_of(clinic, bob)
    assert len(events(clinic.id, Event.MEMBER_REMOVED)) == 1
    assert alice.post(door).status_code == 404


def test_removing_oneself_is_leaving(clinic: ClinicFacts) -> None:
    me = factories.alice()
    answer = client_of(me, clinic).post(f"{PAGE}{me.id}/remove/")
    assert answer["Location"] == f"{PAGE}leave/"


def test_the_last_admin_cannot_leave(clinic: ClinicFacts, alice: Client) -> None:
    answer = alice.post(f"{PAGE}leave/")
    assert answer.status_code == 200
    assert "The clinic needs an admin" in answer.content.decode()


def test_anybody_else_can_leave_and_stays_signed_in(clinic: ClinicFacts, bob: User) -> None:
    client = client_of(bob, clinic)
    assert "Leave Bright Smile?" in client.get(f"{PAGE}leave/").content.decode()
    answer = client.post(f"{PAGE}leave/")
    assert (answer.status_code, answer["Location"]) == (303, "/worklist/")
    page = client.get("/worklist/")
    assert page.status_code == 403
    assert "You belong to no clinic yet" in page.content.decode()
    [row] = events(clinic.id, Event.MEMBER_REMOVED)
    assert (row.actor_id, row.target) == (bob.id, str(bob.id))


@pytest.mark.parametrize("what", ["role", "remove"])
def test_it_counts_with_the_very_next_request(clinic: ClinicFacts, alice: Client, what: str) -> None:
    dora = client_with(clinic, Role.ADMIN)
    dora_id = User.objects.get(email="admin@bright-smile.example").id
    assert dora.get(PAGE).status_code == 200
    alice.post(f"{PAGE}{dora_id}/{what}/", {"role": "receptionist"})
    assert dora.get(PAGE).status_code == 403
    assert dora.post(f"{PAGE}invite/", {"email": "x@y.example", "role": "admin"}).status_code == 403


def test_a_change_of_role_ends_sessions_that_came_by_the_form(clinic: ClinicFacts, alice: Client, bob: User) -> None:
    window = Client()
    window.post("/account/login/", {"login": bob.email, "password": factories.PASSWORD})
    assert window.get("/worklist/").status_code == 200
    alice.post(f"{PAGE}{bob.id}/role/", {"role": "auditor"})
    assert window.get("/worklist/")["Location"] == "/account/login/?next=/worklist/"


def test_the_page_costs_as_much_for_thirty_people_as_for_one(clinic: ClinicFacts, alice: Client) -> None:
    alice.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        alice.get(PAGE)
    for number in range(15):
        services.add_member(clinic_id=clinic.id, email=f"p{number}@bright-smile.example", role=Role.RECEPTIONIST)
        invited(clinic, f"i{number}@bright-smile.example", Role.RECEPTIONIST, NOW)
    with CaptureQueriesContext(connection) as many:
        alice.get(PAGE)
    assert len(many) == len(few) == QUERIES
