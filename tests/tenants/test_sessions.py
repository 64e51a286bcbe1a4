"""How long a session lasts, and what its owner sees of it and can do about it."""

import re
import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tenants import services
from tenants.access import SESSION_SEEN, SESSION_STARTED
from tenants.domain import ClinicFacts
from tenants.models import User
from tests.tenants import factories
from tests.tenants.entrance import is_signed_in, last_row, sign_in, trail

pytestmark = pytest.mark.django_db
PAGE = "/account/sessions/"
DAY = 24 * 60 * 60


@pytest.fixture
def clinic() -> ClinicFacts:
    return factories.bright_smile()


@pytest.fixture
def alice(clinic: ClinicFacts) -> User:
    return factories.alice()


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    sign_in(client, alice.email)
    return client


def _grow_old(client: Client, *, started: int = 0, seen: int = 0) -> None:
    """As if the sign-in, and the last sign of life, had been so many seconds ago."""
    session = client.session
    session[SESSION_STARTED] -= started
    session[SESSION_SEEN] -= seen
    session.save()
    expires = timezone.now() + timedelta(seconds=DAY - seen)
    Session.objects.filter(session_key=session.session_key).update(expire_date=expires)
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(seconds=seen))


@pytest.mark.parametrize(("idle", "stays"), [(DAY - 60, True), (DAY + 1, False)])
def test_a_session_ends_after_a_day_without_a_request(signed_in: Client, idle: int, stays: bool) -> None:
    _grow_old(signed_in, seen=idle)
    assert is_signed_in(signed_in) is stays


def test_a_request_late_in_the_day_gives_it_another_day(signed_in: Client) -> None:
    _grow_old(signed_in, seen=DAY - 60)
    signed_in.get(PAGE)
    session = Session.objects.get(session_key=signed_in.session.session_key)
    assert session.expire_date > timezone.now() + timedelta(hours=23, minutes=59)
    assert UserSession.objects.get().last_seen_at > timezone.now() - timedelta(minutes=1)


@pytest.mark.parametrize(("age", "stays"), [(7 * DAY - 60, True), (7 * DAY, False)])
def test_a_session_ends_after_seven_days_in_any_case(
    signed_in: Client, clinic: ClinicFacts, age: int, stays: bool
) -> None:
    _grow_old(signed_in, started=age)
    assert is_signed_in(signed_in) is stays
    assert (trail(clinic)[-1] == "session_ended") is not stays


def test_a_session_that_does_not_say_when_it_began_begins_now(signed_in: Client) -> None:
    session = signed_in.session
    del session[SESSION_STARTED], session[SESSION_SEEN]
    session.save()
    assert is_signed_in(signed_in)
    assert abs(signed_in.session[SESSION_STARTED] - time.time()) < 60


def test_a_sign_of_life_is_written_down_every_ten_minutes_only(
    signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """On a page that asks for nothing but who is there."""
    page = reverse("account_logout")
    with django_assert_num_queries(2):  # session, person
        signed_in.get(page)
    _grow_old(signed_in, seen=601)
    with django_assert_num_queries(2 + 4):  # last seen; the session, in a savepoint
        signed_in.get(page)
    with django_assert_num_queries(2):
        signed_in.get(page)


def test_a_sign_in_has_a_session_id_of_its_own_and_a_cookie_that_ends_with_the_browser(
    client: Client, alice: User
) -> None:
    client.get(reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "nothing"}))
    session = client.session
    session["planted"] = "before the sign-in"
    session.save()
    client.cookies["session"] = str(session.session_key)
    sign_in(client, alice.email)
    assert client.cookies["session"].value != session.session_key
    _grow_old(client, seen=DAY - 60)
    client.get(PAGE)
    assert (client.cookies["session"]["max-age"], client.cookies["session"]["expires"]) == ("", "")


def test_the_list_names_browser_network_and_times_and_no_key(client: Client, alice: User) -> None:
    windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0"
    elsewhere = Client()
    sign_in(elsewhere, alice.email, REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT=windows)
    sign_in(client, alice.email)
    page = client.get(PAGE).content.decode()
    assert "Firefox 131 on Windows" in page
    assert "203.0.113.0" in page
    assert page.index("this one") < page.index("Firefox 131")
    for one in Session.objects.all():
        assert one.session_key not in page


def test_its_queries_do_not_grow_with_the_sessions(
    signed_in: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    signed_in.get(PAGE)
    for count in (1, 4):
        for _ in range(count):
            sign_in(Client(), alice.email, REMOTE_ADDR=f"10.{count}.0.1")
        with django_assert_num_queries(9):  # session, person, sessions, memberships in their scope (5), clinic
            signed_in.get(PAGE)


def test_an_ended_session_is_signed_out_at_its_next_request_and_on_record(
    signed_in: Client, clinic: ClinicFacts, alice: User
) -> None:
    elsewhere = Client()
    sign_in(elsewhere, alice.email)
    [number] = _numbers(signed_in)
    answer = signed_in.post(PAGE, {"session": number})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert not is_signed_in(elsewhere)
    assert is_signed_in(signed_in)
    assert trail(clinic)[-1] == "session_ended"
    assert last_row(clinic)[:3] == ("person", alice.id, number)
    assert not _numbers(signed_in)


def test_all_others_are_ended_as_one_event(signed_in: Client, clinic: ClinicFacts, alice: User) -> None:
    others = [Client(), Client()]
    for other in others:
        sign_in(other, alice.email)
    before = trail(clinic)
    signed_in.post(PAGE, {"session": "others"})
    assert [is_signed_in(other) for other in others] == [False, False]
    assert is_signed_in(signed_in)
    assert trail(clinic) == [*before, "session_ended"]
    assert last_row(clinic)[3]["sessions"] == 2
    signed_in.post(PAGE, {"session": "others"})  # nobody was there
    assert trail(clinic) == [*before, "session_ended"]


def test_somebody_elses_session_is_not_there(signed_in: Client, clinic: ClinicFacts) -> None:
    bob = factories.bob(clinic)
    at_the_desk = Client()
    sign_in(at_the_desk, bob.email)
    number = UserSession.objects.get(user=bob).pk
    assert signed_in.post(PAGE, {"session": str(number)}).status_code == 404
    assert is_signed_in(at_the_desk)


@pytest.mark.parametrize("number", ["", "x", "-1", "999999999", "9" * 30, "²"])
def test_a_session_that_there_is_not_is_not_found(signed_in: Client, number: str) -> None:
    assert signed_in.post(PAGE, {"session": number}).status_code == 404


def test_this_session_is_ended_by_signing_out(signed_in: Client) -> None:
    number = UserSession.objects.get().pk
    assert signed_in.post(PAGE, {"session": str(number)}).status_code == 404
    signed_in.post(reverse("account_logout"))
    assert not is_signed_in(signed_in)


def test_the_list_is_for_people_who_are_signed_in(client: Client) -> None:
    for answer in (client.get(PAGE), client.post(PAGE, {"session": "others"})):
        assert (answer.status_code, answer["Location"]) == (302, f"/account/login/?next={PAGE}")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_the_list_is_read_and_posted_to(signed_in: Client, method: str) -> None:
    assert getattr(signed_in, method)(PAGE).status_code == 405


def test_people_without_a_clinic_have_a_list_too(client: Client) -> None:
    sign_in(client, factories.platform_staff().email)
    assert "Times of UTC" in client.get(PAGE).content.decode()


def test_ended_sign_ins_can_spare_one(signed_in: Client, alice: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere, alice.email)
    key = signed_in.session.session_key
    assert services.end_sign_ins(user_id=alice.id, reason="role", now=timezone.now(), but_session=key) == 1
    assert is_signed_in(signed_in)
    assert not is_signed_in(elsewhere)


def _numbers(client: Client) -> list[str]:
    """Of the sessions that can be ended."""
    return re.findall(r'name="session" value="(\d+)"', client.get(PAGE).content.decode())
