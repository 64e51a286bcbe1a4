"""What a password must be, and what becomes of links and sessions when it is replaced."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants.activation import activation_path
from tenants.domain import Role
from tenants.models import TokenFamily, User
from tenants.services import add_member
from tests.tenants import factories
from tests.tenants.entrance import add_app, code_of, give_code, is_signed_in, last_row, sign_in, trail

pytestmark = pytest.mark.django_db
NEW = "kettle harbour walnut"


@pytest.fixture
def alice() -> User:
    factories.bright_smile(min_password_length=16)
    return factories.alice()


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("a" + "bcd" * 4 + "efg", None),  # 16, and nothing about what it is composed of
        ("abcd efgh ijkl", "at least 16"),  # 14 are enough for others
        ("x" * 8 + "y" * 120, None),  # 128
        ("x" * 9 + "y" * 120, "at most 128"),
        ("alice@bright-smile.example", "too similar"),
    ],
)
def test_it_is_as_long_as_the_clinic_asks(alice: User, password: str, says: str | None) -> None:
    assert says in _complaint(password, alice) if says else not _complaint(password, alice)


def test_the_strictest_clinic_of_a_person_counts(alice: User) -> None:
    other = factories.oak_street(min_password_length=20)
    add_member(clinic_id=other.id, email=alice.email, role=Role.RECEPTIONIST)
    assert "at least 20" in _complaint("kettle harbour wal", alice)


@pytest.mark.parametrize(("password", "says"), [("elevenchars", "at least 12"), ("twelve chars", "")])
def test_without_a_clinic_it_has_twelve_characters(password: str, says: str) -> None:
    assert says in _complaint(password, None)


@pytest.mark.parametrize("password", ["q1w2e3r4t5y6", "1QAZ2WSX3EDC"])
def test_it_refuses_a_password_that_everybody_uses(password: str) -> None:
    assert "too common" in _complaint(password, None)


def test_a_link_works_for_two_hours_and_once(client: Client, monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    path = _link(client, alice)
    for late, works in ((timedelta(hours=1, minutes=59, seconds=59), True), (timedelta(hours=2, seconds=2), False)):
        with monkeypatch.context() as patch:
            patch.setattr(PasswordResetTokenGenerator, "_now", lambda self, late=late: datetime.now() + late)  # noqa: DTZ005
            assert (Client().get(path).status_code == 302) is works
    assert _set_password(client, path).status_code == 302
    assert b"no longer works" in Client().get(path).content
    assert b"no longer works" in client.get(path).content


def test_signing_in_makes_a_link_worthless(client: Client, alice: User) -> None:
    path = _link(client, alice)
    sign_in(Client(), alice.email)
    assert b"no longer works" in client.get(path).content


def test_an_activation_link_works_once(client: Client) -> None:
    clinic = factories.bright_smile()
    alice = User.objects.get(email="alice@bright-smile.example")
    path = activation_path(alice.id)
    assert path is not None
    assert _set_password(client, path).status_code == 302
    assert activation_path(alice.id) is None
    assert b"no longer works" in Client().get(path).content
    assert trail(clinic)[-1] == "password_reset"


def test_a_reset_ends_all_sessions_and_api_sign_ins_and_lets_nobody_in(client: Client, alice: User) -> None:
    elsewhere, by_mail = Client(), Client()
    sign_in(elsewhere, alice.email)
    now = timezone.now()
    family = TokenFamily.objects.create(user=alice, created_at=now, expires_at=now + timedelta(days=7))
    answer = _set_password(by_mail, _link(by_mail, alice))
    assert answer["Location"] == reverse("account_reset_password_from_key_done")
    family.refresh_from_db()
    assert family.ended_at is not None
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(by_mail)
    sign_in(client, alice.email, NEW)
    assert is_signed_in(client)


def test_a_reset_while_signed_in_ends_this_session_too(client: Client, alice: User) -> None:
    sign_in(client, alice.email)
    assert _set_password(client, _link(client, alice)).status_code == 302
    assert not UserSession.objects.exists()
    assert not is_signed_in(client)


def test_a_reset_does_not_get_around_the_second_factor(client: Client, alice: User) -> None:
    secret = add_app(alice)
    _set_password(client, _link(client, alice))
    assert sign_in(client, alice.email, NEW)["Location"] == reverse("mfa_authenticate")
    assert not is_signed_in(client)
    give_code(client, code_of(secret))
    assert is_signed_in(client)


def test_a_change_ends_the_other_sessions_and_api_sign_ins_and_keeps_this_one(client: Client, alice: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere, alice.email)
    sign_in(client, alice.email)
    now = timezone.now()
    TokenFamily.objects.create(user=alice, created_at=now, expires_at=now + timedelta(days=7))
    before = client.cookies["session"].value
    form = {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post(reverse("account_change_password"), form).status_code == 302
    assert is_signed_in(client)
    assert client.cookies["session"].value != before
    assert not is_signed_in(elsewhere)
    assert not TokenFamily.objects.filter(ended_at=None).exists()
    assert "Your password has been changed" in mail.outbox[-1].body


def test_a_change_is_one_row_in_the_trail(client: Client) -> None:
    clinic = factories.bright_smile()
    alice = factories.alice()
    sign_in(client, alice.email)
    before = trail(clinic)
    form = {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW}
    client.post(reverse("account_change_password"), form)
    assert trail(clinic) == [*before, "password_changed"]
    kind, actor, target, details = last_row(clinic)
    assert (kind, actor, target) == ("person", alice.id, str(alice.id))
    assert details["ended"] == 0
    assert NEW not in str(details)


def _complaint(password: str, user: User | None) -> str:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _link(client: Client, user: User) -> str:
    client.post(reverse("account_reset_password"), {"email": user.email})
    [link] = [line for line in mail.outbox[-1].body.splitlines() if "/password/reset/key/" in line]
    return link.removeprefix("http://testserver")


def _set_password(client: Client, path: str) -> Any:
    form = client.get(path)["Location"]
    return client.post(form, {"password1": NEW, "password2": NEW})
