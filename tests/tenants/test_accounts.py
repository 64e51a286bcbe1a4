"""Sign-in pages: those that there are, and those that there must not be."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tenants.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "kettle harbour walnut"


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@bright-smile.example", PASSWORD)


@pytest.mark.parametrize("path", ["email/", "confirm-email/", "confirm-email/abc/", "3rdparty/"])
def test_nobody_manages_addresses_here(client: Client, alice: User, path: str) -> None:
    client.force_login(alice)
    assert client.get(f"/account/{path}").status_code == 404


def test_nobody_signs_up(client: Client) -> None:
    data = {"email": "mallory@example.com", "password1": PASSWORD, "password2": PASSWORD}
    client.post(reverse("account_signup"), data)
    assert not User.objects.filter(email="mallory@example.com").exists()


def test_a_password_is_kept_as_argon2id(alice: User) -> None:
    assert alice.password.startswith("argon2$argon2id$")


def test_a_reset_answers_alike_and_mails_only_those_who_are_known(client: Client, alice: User) -> None:
    answers = [
        client.post(reverse("account_reset_password"), {"email": email})
        for email in (alice.email, "nobody@example.com")
    ]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    links = [message for message in mail.outbox if "/password/reset/key/" in message.body]
    assert [message.to for message in links] == [[alice.email]]
    assert not links[0].subject.startswith("[")


def test_pages_of_the_signed_in_are_stored_nowhere_and_sent_compressed(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get(reverse("account_change_password"), headers={"accept-encoding": "gzip"})
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Encoding"] == "gzip"


def test_cookies_are_session_and_csrf_and_end_with_the_browser(client: Client, alice: User) -> None:
    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    assert set(client.cookies) == {"session", "csrf"}
    for cookie in client.cookies.values():
        assert (cookie["max-age"], cookie["expires"], bool(cookie["httponly"])) == ("", "", True)
        assert cookie["samesite"] == "Lax"
