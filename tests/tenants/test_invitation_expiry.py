"""Links of invitations that are worth nothing, and those that expired, for which a fresh one can be had by mail."""

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from tenants import selectors, services
from tenants.domain import PLATFORM, ClinicFacts, Role
from tenants.events import SYSTEM, Event
from tenants.models import Invitation, RefusedCount, User
from tenants.scope import as_clinic
from tests.tenants.factories import NOW, bright_smile
from tests.tenants.invited import link_in
from tests.tenants.test_invitation_links import ERIN, JOIN, PAGE, opened, role_in, text
from tests.tenants.trail import events

pytestmark = pytest.mark.django_db
WORTHLESS = "This invitation can’t be used"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


def refused() -> int:
    with as_clinic(PLATFORM):
        return sum(RefusedCount.objects.filter(what="invitation").values_list("count", flat=True))


def test_links_that_are_worth_nothing_get_the_same_plain_answer(clinic: ClinicFacts, mailed: Any, clock: Any) -> None:
    used, withdrawn = mailed(), mailed("frank@bright-smile.example")
    opened(used).post(PAGE, JOIN)
    [facts] = selectors.list_invitations(clinic.id, NOW)
    services.withdraw_invitation(clinic_id=clinic.id, invitation_id=facts.id, now=NOW, actor=SYSTEM)
    old = mailed("gina@bright-smile.example")
    clock.move_to(NOW + timedelta(days=7))
    forged = f"{PAGE}{secrets.token_urlsafe(32)}/"
    answers = [Client().get(link) for link in (used, withdrawn, old, forged, f"{PAGE}x/", f"{PAGE}%00/", PAGE)]
    assert [answer.status_code for answer in answers] == [404] * 7
    assert len({re.sub(r'nonce="[^"]+"', "", text(answer)) for answer in answers}) == 1
    assert WORTHLESS in text(answers[0])
    assert not any(answer.cookies for answer in answers)
    assert refused() == 7


def test_a_held_link_that_was_withdrawn_meanwhile_is_worth_nothing(clinic: ClinicFacts, mailed: Any) -> None:
    client = opened(mailed())
    [facts] = selectors.list_invitations(clinic.id, NOW)
    services.withdraw_invitation(clinic_id=clinic.id, invitation_id=facts.id, now=NOW, actor=SYSTEM)
    for answer in (client.get(PAGE), client.post(PAGE, JOIN)):
        assert answer.status_code == 404
    assert not User.objects.filter(email=ERIN).exists()
    assert refused() == 2


@pytest.mark.parametrize("seconds", [-1, 0])
def test_a_link_works_for_two_hours(clinic: ClinicFacts, mailed: Any, clock: Any, seconds: int) -> None:
    client = opened(mailed())
    clock.move_to(NOW + timedelta(hours=2, seconds=seconds))
    client.post(PAGE, JOIN)
    assert (role_in(clinic, ERIN) is Role.RECEPTIONIST) == (seconds < 0)


def test_an_expired_link_can_be_had_afresh_at_the_invited_address_only(
    clinic: ClinicFacts, mailed: Any, clock: Any, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    link = mailed()
    clock.move_to(NOW + timedelta(hours=2))
    client = opened(link)
    assert "This link has expired" in text(client.get(PAGE))
    assert "This link has expired" in text(client.post(PAGE, JOIN))
    answers = []
    for _ in range(3):  # asked again and again, one mail is sent
        with django_capture_on_commit_callbacks(execute=True):
            answers.append(client.post(f"{PAGE}fresh/", {"email": "mallory@x.example"}))
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, f"{PAGE}sent/")}
    assert [message.to for message in mail.outbox] == [[ERIN], [ERIN]]
    assert "Look into your mail" in text(client.get(f"{PAGE}sent/"))
    fresh = link_in(mail.outbox[-1])
    assert Client().get(link).status_code == 404
    opened(fresh).post(PAGE, JOIN)
    assert role_in(clinic, ERIN) is Role.RECEPTIONIST
    [row] = events(clinic.id, Event.INVITATION_SENT_AGAIN)
    assert row.actor_kind == "nobody"


@pytest.mark.parametrize("what", ["nothing held", "link still good", "ran out"])
def test_asking_for_a_fresh_link_answers_alike_when_none_is_sent(
    clinic: ClinicFacts, mailed: Any, clock: Any, what: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    link = mailed()
    client = Client() if what == "nothing held" else opened(link)
    if what == "ran out":
        clock.move_to(NOW + timedelta(days=7))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{PAGE}fresh/")
    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}sent/")
    assert len(mail.outbox) == 1
    with as_clinic(clinic.id):
        assert Invitation.objects.get().link_expires_at == NOW + timedelta(hours=2)


def test_a_fresh_link_does_not_make_the_invitation_stand_longer(
    clinic: ClinicFacts, mailed: Any, clock: Any, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = opened(mailed())
    clock.move_to(NOW + timedelta(days=6, hours=23))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{PAGE}fresh/")
    clock.move_to(NOW + timedelta(days=7))
    assert Client().get(link_in(mail.outbox[-1])).status_code == 404


def test_wrong_methods_are_refused() -> None:
    assert Client().put(PAGE).status_code == 405
    assert Client().post(f"{PAGE}{'x' * 43}/").status_code == 405
    assert Client().post(f"{PAGE}sent/").status_code == 405
    for door in ("fresh", "sign-out"):
        assert Client().get(f"{PAGE}{door}/").status_code == 405


def test_it_wants_the_token_of_its_own_form(mailed: Any) -> None:
    client = opened(mailed(), Client(enforce_csrf_checks=True))
    assert client.post(PAGE, JOIN).status_code == 403
    assert not User.objects.filter(email=ERIN).exists()
