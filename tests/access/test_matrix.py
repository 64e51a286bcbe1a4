"""Role × door × method, exhaustively: every address of the product, everybody who could knock, every method."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.access.addresses import Address, all_addresses
from tests.access.doors import ADMIN_PREFIX, API_PREFIX, BODIES, CLINIC_DOORS, NOT_IDS, PERSON_DOORS, PUBLIC_DOORS
from tests.access.ours import fill_in
from tests.access.people import ROLES, Town, found_town

pytestmark = pytest.mark.django_db
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
ADDRESSES = {address.name: address for address in all_addresses()}
SIGN_IN = "/account/login/"


@pytest.fixture
def town() -> Town:
    return found_town()


def knock(client: Client, method: str, path: str, body: Mapping[str, str] | None = None) -> HttpResponse:
    form = urlencode(body or {}, doseq=True)
    return client.generic(method, path, form, "application/x-www-form-urlencoded")  # type: ignore[return-value]


def without_nonces(page: bytes) -> bytes:
    return re.sub(rb'nonce="[^"]*"', b"", page)


def is_sent_to_sign_in(answer: HttpResponse) -> bool:
    return answer.status_code in (302, 303) and answer["Location"].startswith(SIGN_IN)


def knows(methods: frozenset[str], method: str) -> bool:
    return method in methods or (method == "HEAD" and "GET" in methods)


def test_every_address_is_in_the_matrix_and_nothing_else_is() -> None:
    listed = CLINIC_DOORS.keys() | PERSON_DOORS.keys() | PUBLIC_DOORS.keys()
    found = {name for name in ADDRESSES if not name.startswith((API_PREFIX, ADMIN_PREFIX))}
    assert found == listed


@pytest.mark.parametrize("name", CLINIC_DOORS)
def test_a_clinics_door_lets_in_whom_the_matrix_says(name: str, town: Town) -> None:
    path = fill_in(ADDRESSES[name], town)
    for method, roles in CLINIC_DOORS[name].methods.items():
        for role in ROLES:
            status = knock(town.client(role), method, path).status_code
            if role in roles:
                assert status not in {401, 403, 405} and status < 500, (method, role, status)
            else:
                assert status == 403, (method, role, status)


@pytest.mark.parametrize("name", CLINIC_DOORS)
def test_a_clinics_door_is_shut_for_everybody_else(name: str, town: Town) -> None:
    path = fill_in(ADDRESSES[name], town)
    for method in CLINIC_DOORS[name].methods:
        assert is_sent_to_sign_in(knock(town.client("nobody"), method, path)), method
        assert knock(town.client("stranger"), method, path).status_code == 403, method
        assert knock(town.client("staff"), method, path).status_code == 403, method


@pytest.mark.parametrize("name", [name for name in CLINIC_DOORS if set(ADDRESSES[name].arguments) - NOT_IDS])
def test_an_id_of_another_clinic_is_like_one_that_there_is_not(name: str, town: Town) -> None:
    theirs = fill_in(ADDRESSES[name], town)
    nobodys = fill_in(ADDRESSES[name], town, invented=True)
    for method in CLINIC_DOORS[name].methods:
        body = BODIES.get((name, method), {})
        answers = [knock(town.client("charlie"), method, path, body) for path in (theirs, nobodys)]
        assert [answer.status_code for answer in answers] == [404, 404], method
        assert without_nonces(answers[0].content) == without_nonces(answers[1].content)


@pytest.mark.parametrize("name", CLINIC_DOORS)
def test_sensitive_doors_ask_who_it_is_once_more(name: str, town: Town) -> None:
    path = fill_in(ADDRESSES[name], town)
    for method, roles in CLINIC_DOORS[name].methods.items():
        answer = knock(town.client(sorted(roles)[0], recent=False), method, path)
        is_asked = answer.status_code == 302 and answer["Location"].startswith("/account/reauthenticate/")
        assert is_asked == (method in CLINIC_DOORS[name].recent), method


@pytest.mark.parametrize("name", CLINIC_DOORS)
def test_other_methods_are_405(name: str, town: Town) -> None:
    path = fill_in(ADDRESSES[name], town)
    client = town.client("admin")
    known = frozenset(CLINIC_DOORS[name].methods)
    for method in METHODS:
        if not knows(known, method):
            assert knock(client, method, path).status_code == 405, method


@pytest.mark.parametrize("name", PERSON_DOORS)
def test_a_persons_door_is_shut_for_those_who_are_not_signed_in(name: str, town: Town) -> None:
    path = fill_in(ADDRESSES[name], town)
    for method in PERSON_DOORS[name]:
        answer = knock(town.client("nobody"), method, path)
        assert answer.status_code in (302, 303), (method, answer.status_code)


@pytest.mark.parametrize("name", PUBLIC_DOORS)
def test_a_public_door_answers_everybody(name: str, town: Town) -> None:
    path = fill_in(ADDRESSES[name], town, invented=True)
    for method in PUBLIC_DOORS[name]:
        assert knock(town.client("nobody"), method, path).status_code < 500, method


@pytest.mark.parametrize("name", sorted({*PERSON_DOORS, *PUBLIC_DOORS}))
def test_no_door_breaks_at_an_unknown_method(name: str, town: Town) -> None:
    path = fill_in(ADDRESSES[name], town, invented=True)
    for method in METHODS:
        assert knock(town.client("admin"), method, path).status_code < 500, method


ADMIN = [address for address in ADDRESSES.values() if address.name.startswith(ADMIN_PREFIX)]


@pytest.mark.parametrize("address", ADMIN, ids=lambda address: address.name)
def test_the_platforms_pages_are_for_its_staff(address: Address, town: Town) -> None:
    path = fill_in(address, town, invented=True)
    for who in (*ROLES, "stranger", "charlie"):
        if who == "support":
            continue  # is staff
        for method in ("GET", "POST"):
            assert knock(town.client(who), method, path).status_code in {302, 403, 404}, (who, method)
    assert knock(town.client("nobody"), "GET", path).status_code in {302, 404}


def test_the_way_to_sign_in_is_where_these_tests_look() -> None:
    assert reverse("account_login") == SIGN_IN
