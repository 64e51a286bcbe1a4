"""The pages of connections are seen by those who may and changed by fewer."""

import uuid

import pytest
from django.test import Client

from tenants.domain import ClinicFacts, Role
from tenants.models import User
from tests.calls.connections import ADD, FIELDS, LIST, at, connect, is_paused, stored, trail
from tests.tenants.factories import alice, bright_smile, charlie, oak_street
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def admin(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_who_may_look_and_who_may_change(clinic: ClinicFacts, role: Role) -> None:
    made = connect(clinic)
    client = client_with(clinic, role)
    page = client.get(LIST).content.decode()
    may_change = role is Role.MANAGER
    assert "Main line" in page
    assert ("Pause" in page) is may_change
    assert client.get(ADD).status_code == (200 if may_change else 403)
    for name in ("pause", "resume", "secret", "remove"):
        assert (client.post(at(name, made.id), {"secret": "x"}).status_code == 403) is not may_change


def test_the_front_desk_sees_none_of_it(clinic: ClinicFacts) -> None:
    made = connect(clinic)
    client = client_with(clinic, Role.RECEPTIONIST)
    assert client.get(LIST).status_code == 403
    assert client.get(ADD).status_code == 403
    assert client.post(at("pause", made.id)).status_code == 403
    assert not is_paused(made)


def test_signed_out_it_sends_to_the_sign_in(clinic: ClinicFacts) -> None:
    made = connect(clinic)
    for path in (LIST, ADD, at("secret", made.id), at("remove", made.id)):
        assert Client().get(path).headers["Location"].startswith("/account/login/")
    assert Client().post(at("pause", made.id)).status_code == 302


def test_another_clinics_connection_is_not_there(clinic: ClinicFacts) -> None:
    made = connect(clinic)
    stranger = client_of((oak_street(), charlie())[1])
    assert "Main line" not in stranger.get(LIST).content.decode()
    for connection_id in (made.id, uuid.uuid4()):
        for name in ("pause", "resume", "secret", "remove"):
            assert stranger.post(at(name, connection_id), {"secret": "x"}).status_code == 404
        for name in ("secret", "remove"):
            assert stranger.get(at(name, connection_id)).status_code == 404
    assert [action for action, *_ in trail(clinic)] == ["connection_added"]


def test_adding_changing_and_removing_ask_who_it_is(clinic: ClinicFacts) -> None:
    made = connect(clinic)
    alice()
    client = client_of(User.objects.get(email="alice@bright-smile.example"), clinic, recent=False)
    for path in (ADD, at("secret", made.id), at("remove", made.id)):
        answer = client.post(path, FIELDS)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/reauthenticate/")
    assert len(stored(clinic)) == 1
    assert client.post(at("pause", made.id)).status_code == 303


def test_wrong_methods_are_refused(clinic: ClinicFacts, admin: Client) -> None:
    made = connect(clinic)
    assert admin.post(LIST).status_code == 405
    assert admin.put(ADD).status_code == 405
    for name in ("pause", "resume"):
        assert admin.get(at(name, made.id)).status_code == 405
    for name in ("secret", "remove"):
        assert admin.delete(at(name, made.id)).status_code == 405
