"""Who gets to the admin pages: platform staff, from the right place, with two factors, not away for half an hour."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from tenants.models import User
from tenants.networks import is_within, read_networks
from tests.tenants.factories import alice, bob, bright_smile, platform_staff
from tests.tenants.sign_in import add_second_factor, client_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAGES = ("/admin/", "/admin/login/", "/admin/tenants/clinic/", "/admin/trail/", "/admin/nothing/")


@pytest.fixture
def sam() -> User:
    return platform_staff()


def test_people_of_a_clinic_see_none_of_it() -> None:
    clinic = bright_smile()
    for person in (alice(), bob(clinic)):
        client = client_of(person, clinic)
        assert {client.get(page, follow=True).status_code for page in PAGES} == {403}


def test_an_account_that_is_closed_gets_nowhere(sam: User) -> None:
    client = client_of(sam)
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/account/login/")


def test_who_must_have_a_second_factor_is_led_to_add_one(sam: User, settings: Settings) -> None:
    settings.TWO_FACTORS_REQUIRED = True
    client = client_of(sam)
    for page in ("/admin/", "/admin/tenants/clinic/", "/admin/trail/"):
        answer = client.get(page)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/account/2fa/")
    assert client.post("/admin/tenants/user/add/", {"email": "new@example.org"}).status_code == 302
    assert not User.objects.filter(email="new@example.org").exists()
    add_second_factor(sam)
    assert client.get("/admin/").status_code == 200


def test_after_half_an_hour_away_it_asks_who_it_is(sam: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = client_of(sam)
        for minutes in (29, 29, 29):  # each page counts anew
            clock.shift(timedelta(minutes=minutes))
            assert client.get("/admin/tenants/clinic/").status_code == 200
        clock.shift(timedelta(minutes=30, seconds=1))
        answer = client.get("/admin/tenants/clinic/?q=bright")
        assert answer.headers["Location"] == (
            "/account/reauthenticate/?next=%2Fadmin%2Ftenants%2Fclinic%2F%3Fq%3Dbright"
        )
        fields = {"email": "new@example.org", "is_active": "on"}
        answer = client.post("/admin/tenants/user/add/", fields)
        assert answer.headers["Location"] == "/account/reauthenticate/?next=%2Fadmin%2F"
        assert not User.objects.filter(email="new@example.org").exists()


def test_who_signed_in_long_ago_for_something_else_is_asked_too(sam: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = client_of(sam)
        clock.shift(timedelta(minutes=31))
        assert client.get("/admin/").headers["Location"].startswith("/account/reauthenticate/")


def test_on_another_host_there_is_no_such_page(sam: User, settings: Settings) -> None:
    settings.ADMIN_HOST = "admin.ringback.test"
    settings.ALLOWED_HOSTS = ["testserver", "admin.ringback.test"]
    client = client_of(sam)
    for who in (client, Client()):
        assert {who.get(page).status_code for page in PAGES} == {404}
    assert client.get("/admin/", HTTP_HOST="admin.ringback.test:8443").status_code == 200
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("203.0.113.77", 200),
        ("203.0.113.0", 200),
        ("203.0.114.77", 404),
        ("2001:db8:1::77", 200),
        ("2001:db8:2::77", 404),
        ("::ffff:203.0.113.9", 200),
        ("", 404),
        ("unix", 404),
    ],
)
def test_from_another_network_there_is_no_such_page(sam: User, settings: Settings, address: str, status: int) -> None:
    settings.ADMIN_NETWORKS = read_networks(["203.0.113.0/24", " 2001:db8:1::/48", ""])
    client = client_of(sam)
    assert client.get("/admin/", REMOTE_ADDR=address).status_code == status
    assert client.get("/admin/login/", REMOTE_ADDR=address).status_code == (302 if status == 200 else 404)


def test_a_header_does_not_move_anybody(sam: User, settings: Settings) -> None:
    settings.ADMIN_NETWORKS = read_networks(["203.0.113.0/24"])
    answer = client_of(sam).get("/admin/", REMOTE_ADDR="198.51.100.1", HTTP_X_FORWARDED_FOR="203.0.113.7")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "text", ["203.0.113.7", "203.0.113.0/25", "2001:db8::/64", "2001:db8::1", "office", "10.0.0.1/8"]
)
def test_a_network_that_cannot_be_told_apart_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError):
        read_networks([text])


def test_larger_networks_are_fine() -> None:
    assert is_within("10.7.3.9", read_networks(["10.0.0.0/8"]))
    assert not is_within("11.7.3.9", read_networks(["10.0.0.0/8"]))
    assert not is_within("11.7.3.9", ())


def test_signing_out_is_on_record_as_everywhere(sam: User) -> None:
    client = client_of(sam)
    assert client.get("/admin/logout/").status_code == 302
    assert client.get("/admin/").status_code == 200
    assert client.post("/admin/logout/").headers["Location"] == "/account/login/"
    assert client.get("/admin/").status_code == 302
