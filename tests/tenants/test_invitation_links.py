"""Accepting an invitation: by a new person, by a known one, by the wrong one; and links that are worth nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from tenants import selectors, services
from tenants.domain import ClinicFacts, Role
from tenants.events import Event
from tenants.models import Clinic, User
from tests.tenants import factories
from tests.tenants.factories import NOW, PASSWORD, bright_smile, oak_street
from tests.tenants.sign_in import add_second_factor, client_of
from tests.tenants.trail import details, events

pytestmark = pytest.mark.django_db
ERIN = "erin@bright-smile.example"
PAGE = "/invitations/"
JOIN = {"name": "Erin Grey", "password": "a few plain words"}
WORTHLESS = "This invitation can’t be used"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


def opened(link: str, client: Client | None = None) -> Client:
    client = client or Client()
    answer = client.get(link)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    return client


def text(answer: Any) -> str:
    decoded: str = answer.content.decode()
    return decoded


def role_in(clinic: ClinicFacts, email: str) -> Role | None:
    return {member.email: member.role for member in selectors.list_members(clinic.id)}.get(email)


def test_a_new_person_joins_with_a_name_and_a_password(clinic: ClinicFacts, mailed: Any) -> None:
    client = opened(mailed())
    page = text(client.get(PAGE))
    assert "Join Bright Smile" in page
    assert ERIN in page
    answer = client.post(PAGE, JOIN)
    assert (answer.status_code, answer["Location"]) == (302, "/worklist/")
    page = text(client.get("/worklist/"))
    assert "Welcome to Bright Smile." in page
    erin = User.objects.get(email=ERIN)
    assert (erin.name, erin.is_staff, erin.check_password(JOIN["password"])) == ("Erin Grey", False, True)
    assert role_in(clinic, ERIN) is Role.RECEPTIONIST
    [row] = events(clinic.id, Event.INVITATION_ACCEPTED)
    assert (row.actor_kind, row.actor_id, row.target) == ("person", erin.id, str(erin.id))
    assert details(row)["role"] == "receptionist"


def test_who_has_joined_has_just_said_who_they_are(clinic: ClinicFacts, mailed: Any) -> None:
    client = opened(mailed(role=Role.ADMIN))
    client.post(PAGE, JOIN)
    assert client.get("/settings/people/invite/").status_code == 200


def test_the_link_leaves_no_token_in_address_referrer_or_session(mailed: Any) -> None:
    link = mailed()
    client = Client()
    answer = client.get(link)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert "no-store" in client.get(PAGE)["Cache-Control"]
    token = link.split("/")[2]
    [session] = Session.objects.all()
    assert token not in str(session.get_decoded())
    assert token not in text(client.get(PAGE))


def test_opening_the_link_uses_nothing_up(clinic: ClinicFacts, mailed: Any) -> None:
    link = mailed()
    for _ in range(3):  # such as the scanner of a mail server does
        opened(link).get(PAGE)
    assert role_in(clinic, ERIN) is None
    assert opened(link).post(PAGE, JOIN)["Location"] == "/worklist/"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"password": "too short"}, "Use at least 12 characters"),
        ({"password": "password1234"}, "This password is too common."),
        ({"password": "erin@bright-smile"}, "too similar"),
        ({"password": ""}, "This field is required."),
        ({"password": "x" * 129}, "at most 128 characters"),
        ({"name": ""}, "This field is required."),
        ({"name": "Erin 07700 900123"}, "they could be somebody’s number"),
        ({"name": "erin@home.example"}, "Leave e-mail addresses out"),
        ({"name": "x" * 121}, "at most 120 characters"),
    ],
)
def test_it_refuses_a_poor_password_or_name(
    clinic: ClinicFacts, mailed: Any, fields: dict[str, str], says: str
) -> None:
    client = opened(mailed())
    answer = client.post(PAGE, JOIN | fields)
    assert answer.status_code == 200
    assert says in text(answer).replace("&#x27;", "’")
    assert not User.objects.filter(email=ERIN).exists()
    assert role_in(clinic, ERIN) is None
    assert client.post(PAGE, JOIN)["Location"] == "/worklist/"


def test_the_clinics_own_length_counts_for_somebody_who_is_no_member_yet(clinic: ClinicFacts, mailed: Any) -> None:
    Clinic.objects.filter(pk=clinic.id).update(min_password_length=20)
    client = opened(mailed())
    assert "At least 20 characters" in text(client.get(PAGE))
    answer = client.post(PAGE, JOIN | {"password": "nineteen characters"})
    assert "Use at least 20 characters" in text(answer)
    assert client.post(PAGE, JOIN | {"password": "twenty characters ok"}).status_code == 302


def test_what_else_the_form_brings_is_ignored(clinic: ClinicFacts, mailed: Any) -> None:
    other = oak_street()
    opened(mailed()).post(
        PAGE,
        JOIN | {"email": "charlie@oak-street.example", "username": "charlie@oak-street.example", "role": "admin",
                "clinic": str(other.id), "is_staff": "on", "is_superuser": "on"},
    )  # fmt: skip
    assert role_in(clinic, ERIN) is Role.RECEPTIONIST
    assert len(selectors.list_members(other.id)) == 1
    erin = User.objects.get(email=ERIN)
    assert not erin.is_staff
    assert not erin.is_superuser


def test_an_account_without_a_password_is_completed(clinic: ClinicFacts, mailed: Any) -> None:
    services.add_member(clinic_id=oak_street().id, email=ERIN, role=Role.AUDITOR)
    opened(mailed()).post(PAGE, JOIN)
    erin = User.objects.get(email=ERIN)
    assert erin.name == "Erin Grey"
    assert {one.clinic_name for one in selectors.list_memberships(erin.id, NOW)} == {"Bright Smile", "Oak Street"}


def charlie_joins(link: str) -> Client:
    """Charlie owns another clinic; not signed in, he is asked to, and comes back."""
    charlie, client = factories.charlie(), opened(link)
    answer = client.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=%2Finvitations%2F")
    answer = client.post("/account/login/", {"login": charlie.email, "password": PASSWORD, "next": PAGE})
    assert answer["Location"] == PAGE
    return client


def test_a_known_person_signs_in_first_and_presses_one_button(clinic: ClinicFacts, mailed: Any) -> None:
    other = oak_street()
    client = charlie_joins(mailed("charlie@oak-street.example", Role.AUDITOR))
    assert "Join Bright Smile?" in text(client.get(PAGE))
    answer = client.post(PAGE)
    assert (answer.status_code, answer["Location"]) == (303, "/worklist/")
    page = text(client.get("/worklist/"))
    assert "Welcome to Bright Smile." in page
    assert client.session["clinic"] == str(clinic.id)
    assert role_in(clinic, "charlie@oak-street.example") is Role.AUDITOR
    assert role_in(other, "charlie@oak-street.example") is Role.ADMIN


def test_nobody_sets_a_password_for_a_known_person(clinic: ClinicFacts, mailed: Any) -> None:
    oak_street()
    before = factories.charlie().password
    client = opened(mailed("charlie@oak-street.example"))
    answer = client.post(PAGE, JOIN)
    assert answer["Location"].startswith("/account/login/")
    charlie = User.objects.get(email="charlie@oak-street.example")
    assert (charlie.password, charlie.name) == (before, "")
    assert role_in(clinic, charlie.email) is None


@pytest.mark.parametrize("what", ["closed", "staff", "seen before", "second factor"])
def test_an_account_that_is_somebodys_gets_no_password_by_invitation(
    clinic: ClinicFacts, mailed: Any, what: str
) -> None:
    user = User.objects.create_user(ERIN)
    if what == "second factor":
        add_second_factor(user)
    changes = {"closed": {"is_active": False}, "staff": {"is_staff": True}, "seen before": {"last_login": NOW}}
    User.objects.filter(pk=user.pk).update(**changes.get(what, {}))  # type: ignore[arg-type]
    answer = opened(mailed()).post(PAGE, JOIN)
    assert answer["Location"].startswith("/account/login/")
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert role_in(clinic, ERIN) is None


def test_somebody_else_who_is_signed_in_is_told_and_can_sign_out(clinic: ClinicFacts, mailed: Any) -> None:
    link = mailed()
    client = opened(link, client_of(factories.alice(), clinic))
    for answer in (client.get(PAGE), client.post(PAGE, JOIN)):
        assert "This invitation is for somebody else" in text(answer)
    assert role_in(clinic, ERIN) is None
    answer = client.post(f"{PAGE}sign-out/")
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert "_auth_user_id" not in client.session
    assert "Your name" in text(client.get(PAGE))  # the invitation is still held


def test_an_admin_who_joins_keeps_the_role_that_they_have(clinic: ClinicFacts, mailed: Any) -> None:
    """Somebody added them meanwhile: an invitation makes members, it does not change roles."""
    link = mailed(role=Role.RECEPTIONIST)
    services.add_member(clinic_id=clinic.id, email=ERIN, role=Role.AUDITOR)
    client = opened(link, client_of(User.objects.get(email=ERIN)))
    assert client.post(PAGE).status_code == 303
    assert role_in(clinic, ERIN) is Role.AUDITOR


def test_a_second_click_is_a_member_already(clinic: ClinicFacts, mailed: Any) -> None:
    client = opened(mailed())
    client.post(PAGE, JOIN)
    assert client.post(PAGE, JOIN)["Location"] == "/worklist/"
    assert len(events(clinic.id, Event.INVITATION_ACCEPTED)) == 1
    assert WORTHLESS in text(client.get(PAGE))
