"""What a refused sign-in tells: nothing. And how often it may be tried."""

import itertools

import pytest
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenants.domain import PLATFORM, ClinicFacts
from tenants.models import RefusedCount, User
from tenants.scope import as_clinic
from tests.tenants import factories
from tests.tenants.entrance import last_row, sign_in, trail

pytestmark = pytest.mark.django_db
WRONG = "wrong horse battery"
UNKNOWN = "nobody@bright-smile.example"


@pytest.fixture
def clinic() -> ClinicFacts:
    return factories.bright_smile()


@pytest.fixture
def alice(clinic: ClinicFacts) -> User:
    return factories.alice()


def _shown(answer: HttpResponse, email: str) -> tuple[int, str]:
    """Status and text, without what is different in every answer."""
    text = answer.content.decode().replace(email, "")
    for mark in ('name="csrfmiddlewaretoken" value="', 'nonce="'):
        while mark in text:
            before, _, after = text.partition(mark)
            text = before + after.partition('"')[2]
    return answer.status_code, text


def test_all_refusals_are_alike(clinic: ClinicFacts, alice: User) -> None:
    bob = factories.bob(clinic)
    invited = User.objects.create(email="invited@bright-smile.example", password="!")
    User.objects.filter(pk=bob.pk).update(is_active=False)
    addresses = itertools.count(1)

    def refused(email: str, password: str) -> tuple[int, str]:
        return _shown(sign_in(Client(), email, password, REMOTE_ADDR=f"10.0.{next(addresses)}.1"), email)

    shown = {
        "wrong password": refused(alice.email, WRONG),
        "unknown": refused(UNKNOWN, WRONG),
        "closed, wrong password": refused(bob.email, WRONG),
        "closed, right password": refused(bob.email, factories.PASSWORD),
        "without a password yet": refused(invited.email, WRONG),
    }
    for email in (alice.email, UNKNOWN):
        for _ in range(5):
            refused(email, WRONG)
        shown[f"{email} locked"] = refused(email, WRONG)
    shown["locked, right password"] = refused(alice.email, factories.PASSWORD)
    assert shown["unknown"][0] == 200
    assert "not correct" in shown["unknown"][1]
    assert {name for name, answer in shown.items() if answer != shown["unknown"]} == set()
    with as_clinic(PLATFORM):
        assert RefusedCount.objects.get(what="sign_in_limit").count == 5


def test_known_and_unknown_cost_as_many_statements(alice: User) -> None:
    """For people of one clinic, which are nearly all; each further clinic adds a row in its trail."""
    sign_in(Client(), "warm@up.example", WRONG, REMOTE_ADDR="10.0.9.1")
    costs = []
    for number, email in enumerate((alice.email, UNKNOWN)):
        with CaptureQueriesContext(connection) as queries:
            sign_in(Client(), email, WRONG, REMOTE_ADDR=f"10.0.{number}.1")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_forgotten_password_says_the_same_for_known_and_unknown_and_costs_nearly_so(alice: User) -> None:
    """Making the link reads the person's address twice more than not making one; both send a mail, which takes longer
    by far. The first link ever also notes the address."""
    Client().post(reverse("account_reset_password"), {"email": alice.email}, REMOTE_ADDR="10.0.9.1")
    mail.outbox.clear()
    told, costs = [], []
    for number, email in enumerate((alice.email, UNKNOWN)):
        with CaptureQueriesContext(connection) as queries:
            answer = Client().post(reverse("account_reset_password"), {"email": email}, REMOTE_ADDR=f"10.0.{number}.1")
        told.append((answer.status_code, answer["Location"]))
        costs.append(len(queries))
    assert told[0] == told[1]
    assert costs[0] - costs[1] == 2
    assert [message.to for message in mail.outbox] == [[alice.email], [UNKNOWN]]


def test_a_failure_is_on_record_without_the_address_that_was_tried(clinic: ClinicFacts, alice: User) -> None:
    sign_in(Client(), alice.email, WRONG)
    assert trail(clinic)[-1] == "sign_in_failed"
    kind, actor, target, details = last_row(clinic)
    assert (kind, actor, target) == ("nobody", None, str(alice.id))
    assert details["by"] == "password"
    platform = len(trail())
    sign_in(Client(), UNKNOWN, WRONG)
    assert trail()[platform:] == ["sign_in_failed"]
    kind, actor, target, details = last_row()
    assert (kind, actor, target) == ("nobody", None, "")
    assert UNKNOWN not in str(details)


def test_the_eleventh_sign_in_in_a_minute_from_a_network_is_too_many_even_after_a_restart(alice: User) -> None:
    answers = [
        sign_in(Client(), f"person{number}@bright-smile.example", WRONG, REMOTE_ADDR=f"203.0.113.{number}").status_code
        for number in range(10)
    ]
    assert answers == [200] * 10
    del caches["default"]  # as a new process: what it remembers is in the database
    late = sign_in(Client(), alice.email, REMOTE_ADDR="203.0.113.200")
    assert late.status_code == 429
    assert b"Too many tries" in late.content
    assert sign_in(Client(), alice.email, REMOTE_ADDR="198.51.100.1").status_code == 302


def test_sign_in_without_cookies_is_explained() -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(reverse("account_login"), {"login": "a@b.example", "password": WRONG})
    assert answer.status_code == 403
    assert b"keeps no cookies" in answer.content
    browser.get(reverse("account_login"))
    stale = browser.post(reverse("account_login"), {"login": "a@b.example", "password": WRONG})
    assert b"open for too long" in stale.content


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_the_sign_in_page_is_read_and_posted_to(client: Client, method: str) -> None:
    assert getattr(client, method)(reverse("account_login")).status_code == 405


def test_nobody_is_led_to_another_site(client: Client, alice: User) -> None:
    data = {"login": alice.email, "password": factories.PASSWORD, "next": "https://evil.example/"}
    assert client.post(reverse("account_login"), data)["Location"] == "/"
