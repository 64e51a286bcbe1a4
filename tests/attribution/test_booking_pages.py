"""The pages of booking systems: what they show, what they change, on record once, and what is shown once or never."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from attribution import services
from attribution.models import BookingSystem
from attribution.selectors import find_hook, list_systems
from tenants.domain import Role
from tenants.models import AuditEvent
from tenants.scope import as_clinic
from tenants.vault import unwrap
from tests.attribution.booking_systems import (
    CREDENTIALS,
    Answer,
    Office,
    add_system,
    open_office,
    payload,
    row_of,
    stored,
)
from tests.attribution.clinics import Desk
from tests.tenants.factories import alice, bright_smile, oak_street
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
LIST, ADD = "/settings/bookings/", "/settings/bookings/add/"


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(bright_smile(), timezone.now())


@pytest.fixture
def admin(desk: Desk) -> Client:
    return client_of(alice(), desk.clinic)


@pytest.fixture
def dentally(settings: Settings) -> Iterator[Office]:
    with open_office("dentally", settings) as office:
        rows = payload("dentally/appointments")
        for row in rows["appointments"]:
            row["created_at"] = row["updated_at"] = (timezone.now() - timedelta(days=1)).isoformat()
        office.answers["/v1/appointments"] = Answer(rows)
        yield office


def at(name: str, made: services.NewSystem) -> str:
    return reverse(f"settings_booking_{name}", args=[made.id])


def trail(desk: Desk) -> list[str]:
    with as_clinic(desk.clinic.id):
        rows = AuditEvent.objects.filter(action__startswith="booking_system_").order_by("seq")
        return list(rows.values_list("action", flat=True))


def kept(desk: Desk, row: BookingSystem) -> object:
    return json.loads(unwrap(row.credentials, f"booking_system/{row.id}"))


def test_a_clinic_without_any_is_told_what_to_do(admin: Client) -> None:
    page = admin.get(LIST).content.decode()
    assert "No booking system is connected." in page
    assert ADD in page


def test_every_kind_can_be_chosen_and_its_steps_are_shown(admin: Client) -> None:
    page = admin.get(ADD).content.decode()
    shown = {"calendly": "Standard plan", "dentally": "by invitation", "cliniko": "-uk1", "open_dental": "eConnector"}
    for kind, words in shown.items():
        assert f"?kind={kind}" in page
        assert words in admin.get(ADD, {"kind": kind}).content.decode()
    assert "?kind=cliniko" in admin.get(ADD, {"kind": "nothing"}).content.decode()
    assert admin.post(ADD, {"kind": "nothing"}).status_code == 400


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_one_that_is_asked_is_added_with_its_credentials_wrapped(admin: Client, desk: Desk, kind: str) -> None:
    response = admin.post(ADD, {"kind": kind, "name": "Diary", **CREDENTIALS[kind]}, follow=True)
    assert response.redirect_chain == [(LIST, 303)]
    page = response.content.decode()
    with as_clinic(desk.clinic.id):
        [row] = BookingSystem.objects.all()
    assert kept(desk, row) == CREDENTIALS[kind]
    assert (row.token_hash, row.next_poll_at is not None) == (None, True)
    for secret in filter(None, CREDENTIALS[kind].values()):
        assert secret not in page
        assert secret.encode() not in bytes(row.credentials)
    assert trail(desk) == ["booking_system_added"]


def test_one_that_sends_messages_gets_an_address_and_a_key_once(admin: Client, desk: Desk) -> None:
    page = admin.post(ADD, {"kind": "calendly", "name": "Online"}).content.decode()
    with as_clinic(desk.clinic.id):
        [row] = BookingSystem.objects.all()
    token = page.partition("/hooks/calendly/")[2][:32]
    hook = find_hook(token)
    assert hook is not None
    assert (hook.id, hook.secret in page, "signing_key" in page) == (row.id, True, True)
    again = admin.get(LIST).content.decode()
    assert token not in again
    assert hook.secret not in again


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("dentally", {"token": ""}, "This field is required."),
        ("dentally", {"token": "two words"}, "One word without spaces."),
        ("dentally", {"token": "x" * 501}, "at most 500"),
        ("dentally", {"name": ""}, "This field is required."),
        ("dentally", {"name": "Robin 07700900123"}, "Leave out runs of seven or more digits"),
        ("cliniko", {"key": "abc-evil.example"}, "ends in a hyphen and where your account is"),
        ("open_dental", {"customer_key": "a/b"}, "A key holds no slash"),
        ("open_dental", {"address": "http://10.0.0.1/api"}, "must begin with https://"),
        ("open_dental", {"address": "https://127.0.0.1/api"}, "not on the public internet"),
        ("open_dental", {"address": "https://me:you@example.com/"}, "without a user"),
    ],
    ids=str,
)
def test_what_is_wrong_stands_beside_its_field(
    admin: Client, desk: Desk, kind: str, fields: dict[str, str], words: str
) -> None:
    response = admin.post(ADD, {"kind": kind, "name": "Diary", **CREDENTIALS[kind], **fields})
    page = response.content.decode()
    assert response.status_code == 400
    assert words in page
    assert all(secret not in page for name, secret in CREDENTIALS[kind].items() if secret and name != "address")
    assert trail(desk) == []


def test_a_name_is_taken_once(admin: Client, desk: Desk) -> None:
    add_system(desk, "dentally")
    response = admin.post(ADD, {"kind": "dentally", "name": "diary DENTALLY", "token": "made-up"})
    assert b"There is a booking system of that name already." in response.content


def test_a_clinic_has_twenty_at_most(admin: Client, desk: Desk) -> None:
    for number in range(20):
        services.add_booking_system(
            clinic_id=desk.clinic.id, kind="calendly", name=f"Diary {number}", credentials={}, now=desk.now
        )
    response = admin.post(ADD, {"kind": "calendly", "name": "One more"})
    assert (response.status_code, b"at most 20" in response.content) == (400, True)


def test_check_now_asks_and_says_what_came(admin: Client, desk: Desk, dentally: Office) -> None:
    made = add_system(desk, "dentally")
    page = admin.post(at("check", made), follow=True).content.decode()
    assert "answered: 4 bookings, of which 4 new, 0 changed." in page
    assert len(stored(desk)) == 4
    dentally.answers["/v1/appointments"] = Answer({"error": "07700 900123"}, 401)
    page = admin.post(at("check", made), follow=True).content.decode()
    assert "It refuses the credentials." in page
    assert "07700" not in page
    assert "Not read" in page


def test_what_is_paused_is_not_asked_now(admin: Client, desk: Desk, dentally: Office) -> None:
    made = add_system(desk, "dentally")
    admin.post(at("pause", made))
    assert b"is not asked now" in admin.post(at("check", made), follow=True).content
    assert dentally.asked == []


def test_pausing_resuming_changing_and_removing_are_on_record_once(admin: Client, desk: Desk) -> None:
    made = add_system(desk, "dentally")
    for _ in range(2):
        assert b"Paused" in admin.post(at("pause", made), follow=True).content
    for _ in range(2):
        assert b"is read again" in admin.post(at("resume", made), follow=True).content
    assert admin.get(at("credentials", made)).status_code == 200
    assert admin.post(at("credentials", made), {"token": "a b"}).status_code == 400
    assert admin.post(at("credentials", made), {"token": "another-token"}).status_code == 303
    assert kept(desk, row_of(desk, made)) == {"token": "another-token"}
    assert b"can\xe2\x80\x99t be undone" in admin.get(at("remove", made)).content
    assert admin.post(at("remove", made)).status_code == 303
    assert trail(desk) == [
        "booking_system_added", "booking_system_paused", "booking_system_resumed", "booking_system_changed",
        "booking_system_removed",
    ]  # fmt: skip
    assert admin.post(at("remove", made)).status_code == 404


def test_another_key_for_the_same_address(admin: Client, desk: Desk) -> None:
    made = add_system(desk, "calendly")
    page = admin.post(at("credentials", made)).content.decode()
    hook = find_hook(made.token)
    assert hook is not None
    assert (hook.secret != made.secret, hook.secret in page, made.token in page) == (True, True, False)


def test_an_auditor_reads_and_presses_nothing(desk: Desk) -> None:
    made = add_system(desk, "dentally")
    page = client_with(desk.clinic, Role.AUDITOR).get(LIST).content.decode()
    assert "Diary dentally" in page
    assert str(made.id) not in page.replace(f"b-{made.id}", "")
    assert ADD not in page


def test_another_clinics_is_not_here(admin: Client) -> None:
    theirs = add_system(Desk(oak_street(), timezone.now()), "dentally")
    for name in ("check", "pause", "resume", "credentials", "remove"):
        assert admin.post(at(name, theirs)).status_code == 404
    assert "Diary" not in admin.get(LIST).content.decode()


def test_credentials_that_cannot_be_opened_are_a_problem(admin: Client, desk: Desk) -> None:
    made = add_system(desk, "dentally")
    with as_clinic(desk.clinic.id):
        BookingSystem.objects.update(credentials=b"x" * 40)
    report = services.read_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=desk.now)
    assert report is not None
    assert report.problem == "credentials"
    assert b"opened any more" in admin.get(LIST).content


def test_the_list_costs_the_same_for_one_and_for_many(
    admin: Client, desk: Desk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add_system(desk, "dentally")
    admin.get(LIST)  # what a process remembers
    with CaptureQueriesContext(connection) as one:
        admin.get(LIST)
    for kind in ("cliniko", "open_dental", "calendly"):
        add_system(desk, kind)
    with django_assert_num_queries(len(one)):
        admin.get(LIST)
    with as_clinic(desk.clinic.id), django_assert_num_queries(3):  # a savepoint around one
        list_systems(desk.clinic)


def test_the_command_reads_to_the_end_and_tells_counts(
    desk: Desk, dentally: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    add_system(desk, "dentally")
    add_system(desk, "calendly")
    call_command("read_bookings", desk.clinic.slug, "--json")
    [found] = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["new"], found["is_complete"], found["problem"]) == ("dentally", 4, True, "")
    call_command("read_bookings", desk.clinic.slug)
    assert capsys.readouterr().out == "Diary dentally: 4 bookings, 0 new, 0 changed, 0 too old, 0 refused\n"
    dentally.answers["/v1/appointments"] = Answer({}, 401)
    with pytest.raises(CommandError, match="Not all"):
        call_command("read_bookings", desk.clinic.slug)
    with pytest.raises(CommandError):
        call_command("read_bookings", "nobody")
