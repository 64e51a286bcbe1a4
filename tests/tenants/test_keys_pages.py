"""The doors of the API keys: making one that is shown once, revoking, and what is refused; what they cost."""

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants import selectors, services
from tenants.domain import ClinicFacts, Role, Scope
from tenants.events import Event
from tenants.models import ApiKey, User
from tenants.scope import as_clinic
from tests.tenants import factories
from tests.tenants.factories import NOW, bright_smile, oak_street
from tests.tenants.sign_in import client_of, client_with
from tests.tenants.trail import details, events

pytestmark = pytest.mark.django_db
PAGE = "/settings/keys/"
MAKE = f"{PAGE}make/"
KEY = re.compile(r"rbk_[0-9a-f]{12}_[\w-]{43}")
FIELDS = {"name": "Booking system", "scopes": ["read", "appointments:write"], "lasts": "365"}
# Session, person, clinic, keys, how many callers wait; the rest opens and closes scopes.
QUERIES = 18


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def alice(clinic: ClinicFacts) -> Client:
    return client_of(factories.alice(), clinic)


def once_of(client: Client) -> str:
    [value] = re.findall(r'name="once" value="([^"]+)"', client.get(MAKE).content.decode())
    return str(value)


def make(client: Client, **changes: Any) -> Any:
    return client.post(MAKE, {**FIELDS, "once": once_of(client), **changes})


def keys(clinic: ClinicFacts) -> Mapping[str, selectors.KeyFacts]:
    return {key.name: key for key in selectors.list_keys(clinic.id, NOW)}


def first_key(clinic: ClinicFacts) -> selectors.KeyFacts:
    return keys(clinic)["First key"]


def test_the_page_shows_what_there_is_of_a_key(clinic: ClinicFacts, alice: Client) -> None:
    key = first_key(clinic)
    with as_clinic(clinic.id):
        ApiKey.objects.filter(pk=key.id).update(last_used_at=NOW.replace(hour=9), expires_at=NOW + timedelta(days=9))
    page = alice.get(PAGE).content.decode()
    for text in ("First key", f"rbk_{key.prefix}_…", "Live", "1 Jul 2026, 10:00", "10 Jul 2026", "Send calls."):
        assert text in page


def test_a_key_is_shown_once_and_works(clinic: ClinicFacts, alice: Client) -> None:
    answer = make(alice)
    assert answer.status_code == 200
    [key] = KEY.findall(answer.content.decode())
    _, prefix, secret = key.split("_", 2)
    facts = selectors.find_api_key(prefix, NOW)
    assert facts is not None
    assert facts.secret_hash == services.hash_secret(secret)
    assert facts.scopes == {"read", "appointments:write"}
    assert secret not in alice.get(PAGE).content.decode()
    assert secret not in str(dict(alice.session))
    assert "no-store" in answer["Cache-Control"]
    assert keys(clinic)["Booking system"].expires_at == NOW + timedelta(days=365)
    [*_, row] = events(clinic.id, Event.API_KEY_MADE)
    assert (row.target, row.actor_id) == (prefix, User.objects.get(email="alice@bright-smile.example").id)
    assert secret not in str(details(row))


def test_the_same_form_sent_again_makes_no_other_key_and_shows_none(clinic: ClinicFacts, alice: Client) -> None:
    fields = {**FIELDS, "once": once_of(alice)}
    alice.post(MAKE, fields)
    answer = alice.post(MAKE, fields)
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    page = alice.get(PAGE).content.decode()
    assert "That key was made already" in page
    assert not KEY.findall(page)
    assert len(keys(clinic)) == 2
    assert len(events(clinic.id, Event.API_KEY_MADE)) == 2  # the first is the clinic's first


@pytest.mark.parametrize(("lasts", "days"), [("90", 90), ("365", 365), ("730", 730), ("never", None)])
def test_how_long_it_lasts_is_a_choice(clinic: ClinicFacts, alice: Client, lasts: str, days: int | None) -> None:
    make(alice, lasts=lasts)
    expires_at = keys(clinic)["Booking system"].expires_at
    assert expires_at == (None if days is None else NOW + timedelta(days=days))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "Line 020 7946 0018"}, "they could be somebody’s number"),
        ({"name": "alice@bright-smile.example"}, "Leave e-mail addresses out"),
        ({"name": "two\x07lines"}, "in one line"),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"scopes": []}, "Choose what the key may do."),
        ({"scopes": ["read", "everything"]}, "Choose from the list."),
        ({"lasts": "36500"}, "Choose from the list."),
        ({"lasts": ""}, "This field is required."),
        ({"once": "made-up"}, "This form is too old."),
        ({"once": ""}, "This field is required."),
    ],
)
def test_it_refuses_what_makes_no_sense(clinic: ClinicFacts, alice: Client, changes: Any, says: str) -> None:
    answer = make(alice, **changes)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert set(keys(clinic)) == {"First key"}


def test_a_form_of_another_clinic_is_refused(clinic: ClinicFacts, alice: Client) -> None:
    other = oak_street()
    answer = make(alice, once=once_of(client_of(factories.charlie(), other)))
    assert "made for another clinic" in answer.content.decode()
    assert set(keys(clinic)) == set(keys(other)) == {"First key"}


def test_what_else_a_form_brings_is_ignored(clinic: ClinicFacts, alice: Client) -> None:
    other = oak_street()
    make(alice, clinic=str(other.id), clinic_id=str(other.id), prefix="0" * 12, id=str(uuid.uuid4()), secret_hash="x")
    assert len(keys(other)) == 1
    assert keys(clinic)["Booking system"].prefix != "0" * 12


def test_at_most_twenty_work_at_once(clinic: ClinicFacts, alice: Client) -> None:
    for number in range(19):
        services.create_api_key(clinic_id=clinic.id, name=f"Key {number}", scopes=[Scope.READ], now=NOW)
    services.create_api_key(
        clinic_id=clinic.id, name="Old", scopes=[Scope.READ], now=NOW, expires_at=NOW - timedelta(days=1)
    )
    assert "The clinic has 20 keys that work." in make(alice).content.decode()
    alice.post(f"{PAGE}{first_key(clinic).id}/revoke/")
    assert KEY.findall(make(alice).content.decode())


def test_revoking_asks_first_and_counts_at_once(clinic: ClinicFacts, alice: Client) -> None:
    key = first_key(clinic)
    door = f"{PAGE}{key.id}/revoke/"
    page = alice.get(door).content.decode()
    assert "This can’t be undone." in page
    assert "It was last used never." in page
    assert selectors.find_api_key(key.prefix, NOW)
    answer = alice.post(door)
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert selectors.find_api_key(key.prefix, NOW) is None
    assert first_key(clinic).state is selectors.KeyState.REVOKED
    alice.post(door)
    [row] = events(clinic.id, Event.API_KEY_REVOKED)
    assert row.target == key.prefix


def test_those_that_work_come_first(clinic: ClinicFacts) -> None:
    for name, age in (("Expired", 2), ("Live", 0)):
        services.create_api_key(
            clinic_id=clinic.id, name=name, scopes=[Scope.READ], now=NOW, expires_at=NOW + timedelta(days=1 - age)
        )
    assert [key.state.value for key in keys(clinic).values()] == ["live", "live", "expired"]


def test_an_auditor_reads_it_and_finds_no_button(clinic: ClinicFacts) -> None:
    client = client_with(clinic, Role.AUDITOR)
    page = client.get(PAGE).content.decode()
    assert "First key" in page
    assert "Make a key" not in page
    assert "Revoke" not in page


@pytest.mark.parametrize("role", [Role.MANAGER, Role.RECEPTIONIST])
def test_it_is_not_open_to_those_who_may_not_see_keys(clinic: ClinicFacts, role: Role) -> None:
    assert client_with(clinic, role).get(PAGE).status_code == 403


@pytest.mark.parametrize("role", [Role.MANAGER, Role.RECEPTIONIST, Role.AUDITOR])
def test_only_an_admin_makes_or_revokes(clinic: ClinicFacts, alice: Client, role: Role) -> None:
    client, key = client_with(clinic, role), first_key(clinic)
    for door in (MAKE, f"{PAGE}{key.id}/revoke/"):
        assert client.get(door).status_code == 403
        assert client.post(door, {**FIELDS, "once": once_of(alice)}).status_code == 403
    assert set(keys(clinic)) == {"First key"}
    assert first_key(clinic).state is selectors.KeyState.LIVE


def test_signed_out_it_asks_for_a_sign_in(clinic: ClinicFacts) -> None:
    for door in (PAGE, MAKE, f"{PAGE}{first_key(clinic).id}/revoke/"):
        answer = Client().get(door)
        assert (answer.status_code, answer["Location"]) == (302, f"/account/login/?next={door}")


def test_changes_ask_who_it_is_once_more(clinic: ClinicFacts) -> None:
    client = client_of(factories.alice(), clinic, recent=False)
    assert client.get(PAGE).status_code == 200
    for door in (MAKE, f"{PAGE}{first_key(clinic).id}/revoke/"):
        for answer in (client.get(door), client.post(door, FIELDS)):
            assert answer["Location"].startswith("/account/reauthenticate/?next=")
    assert first_key(clinic).state is selectors.KeyState.LIVE


def test_keys_of_another_clinic_are_not_here(clinic: ClinicFacts, alice: Client) -> None:
    other = oak_street()
    for key_id in (first_key(other).id, uuid.uuid4()):
        door = f"{PAGE}{key_id}/revoke/"
        assert alice.get(door).status_code == 404
        assert alice.post(door).status_code == 404
    assert first_key(other).state is selectors.KeyState.LIVE
    assert first_key(other).prefix not in alice.get(PAGE).content.decode()


def test_the_wrong_method_is_refused(clinic: ClinicFacts, alice: Client) -> None:
    assert alice.post(PAGE).status_code == 405
    assert alice.delete(MAKE).status_code == 405
    assert alice.delete(f"{PAGE}{first_key(clinic).id}/revoke/").status_code == 405


def test_the_page_costs_as_much_for_fifteen_keys_as_for_one(clinic: ClinicFacts, alice: Client) -> None:
    alice.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        alice.get(PAGE)
    for number in range(14):
        services.create_api_key(clinic_id=clinic.id, name=f"Key {number}", scopes=list(Scope), now=NOW)
    with CaptureQueriesContext(connection) as many:
        alice.get(PAGE)
    assert len(many) == len(few) == QUERIES
