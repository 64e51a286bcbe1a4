"""One connection's page and its waiting for the first call, by really signed webhooks; and no value is kept."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from calls import services, tallies
from calls.heard import HourCounts
from calls.models import ConnectionHour, ReceivedField, RefusalCount
from calls.services.listening import MAX_FIELDS
from tenants.domain import ClinicFacts, Role
from tenants.scope import as_clinic
from tests.calls.connections import CHOOSE, FIELDS, LIST, at, connect, page_of
from tests.calls.phone_systems import SYSTEMS, move
from tests.tenants.factories import alice, bright_smile, charlie, oak_street
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
DIALPAD = SYSTEMS["dialpad"]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def admin(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


@pytest.fixture
def made(clinic: ClinicFacts) -> services.NewConnection:
    return services.add_connection(
        clinic_id=clinic.id, provider="dialpad", name="Main line", secret=DIALPAD.secret, now=timezone.now()
    )


def send(made: services.NewConnection, sample: str = "missed", secret: str = DIALPAD.secret, **changes: object) -> int:
    payload = move(DIALPAD.changed(sample, **changes), timezone.now() - timedelta(minutes=1))
    body, headers = DIALPAD.seal(payload, secret, timezone.now())
    return (
        Client()
        .post(f"/hooks/dialpad/{made.token}", body, content_type=DIALPAD.content_type, headers=headers)
        .status_code
    )


def hours(clinic: ClinicFacts, connection_id: uuid.UUID) -> tuple[int, int, int]:
    with as_clinic(clinic.id):
        rows = list(ConnectionHour.objects.filter(connection_id=connection_id))
    return tuple(sum(getattr(row, name) for row in rows) for name in ("messages", "calls", "refused"))


def test_the_first_message_shows_at_once_and_the_others_together(
    clinic: ClinicFacts, made: services.NewConnection
) -> None:
    assert send(made) == 204
    assert hours(clinic, made.id) == (1, 1, 0)
    assert [send(made), send(made, call_id=77), send(made, "transcription")] == [204, 204, 204]
    assert hours(clinic, made.id) == (1, 1, 0)  # until some seconds have passed
    tallies.flush()
    assert hours(clinic, made.id) == (4, 2, 0)
    tallies.flush()
    assert hours(clinic, made.id) == (4, 2, 0)


def test_two_connections_of_one_kind_have_their_own_figures(clinic: ClinicFacts, made: services.NewConnection) -> None:
    other = services.add_connection(
        clinic_id=clinic.id, provider="dialpad", name="Other", secret=DIALPAD.secret, now=timezone.now()
    )
    send(made)
    assert send(other, secret="x" * 40) == 401
    assert (hours(clinic, made.id), hours(clinic, other.id)) == ((1, 1, 0), (0, 0, 1))
    with as_clinic(clinic.id):
        assert [(row.connection_id, row.reason, row.count) for row in RefusalCount.objects.all()] == [
            (other.id, "signature", 1)
        ]


def test_names_are_kept_and_values_are_not(clinic: ClinicFacts, made: services.NewConnection) -> None:
    hostile = {"+447700900123": "x", "alice@example.org": "x", "fine_name": "a value 12345"}
    assert send(made, contact=hostile) == 204
    with as_clinic(clinic.id):
        names = {row.name: row.count for row in ReceivedField.objects.filter(connection_id=made.id)}
    assert names["external_number"] == names["contact.fine_name"] == names["(other)"] == 1
    assert not any("447700900123" in name or "@" in name or "12345" in name for name in names)
    tables = ("calls_receivedfield", "calls_connectionhour", "calls_refusalcount")
    with as_clinic(clinic.id), database.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            [(text,)] = cursor.fetchall()
            assert not any(value in text for value in ("4477009", "a value", "alice"))


def test_forged_messages_make_no_names_up(clinic: ClinicFacts, made: services.NewConnection) -> None:
    assert send(made, secret="x" * 40, made_up_name=1) == 401
    with as_clinic(clinic.id):
        assert not ReceivedField.objects.exists()


def test_never_more_than_a_hundred_names(clinic: ClinicFacts, made: services.NewConnection) -> None:
    for batch in range(3):
        names = {f"n{chr(97 + n % 26)}{chr(97 + n // 26)}{chr(97 + batch)}": 1 for n in range(60)}
        assert send(made, contact=names) == 204
        tallies.flush()
    with as_clinic(clinic.id):
        assert ReceivedField.objects.filter(connection_id=made.id).count() == MAX_FIELDS + 1


def test_what_cannot_be_counted_is_stored_all_the_same(
    clinic: ClinicFacts, made: services.NewConnection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("with a value in it")

    monkeypatch.setattr(services, "count_messages", fail)
    assert send(made) == 204
    assert "counts of messages are lost: RuntimeError" in caplog.text
    assert "with a value" not in caplog.text


def test_a_connection_that_was_removed_meanwhile_is_left_out(
    clinic: ClinicFacts, made: services.NewConnection, admin: Client
) -> None:
    send(made)
    send(made, call_id=77)
    services.remove_connection(clinic_id=clinic.id, connection_id=made.id)
    tallies.flush()
    services.count_refusal(
        clinic_id=clinic.id, source="dialpad", reason="signature", now=timezone.now(), connection_id=made.id
    )
    with as_clinic(clinic.id):
        assert not ConnectionHour.objects.exists()
        assert not ReceivedField.objects.exists()
        assert not RefusalCount.objects.exists()


def test_the_page_says_all_of_it(admin: Client, made: services.NewConnection) -> None:
    send(made)
    send(made, secret="x" * 40)
    page = admin.get(page_of(made.id)).content.decode()
    for words in (
        "Main line", "Live", "The last 14 days", "1 × wrong signature", "Copy the secret once more", "external_number",
        "dropped unread", "subscriptions/call", "The silence alarm begins", "THE-ADDRESS", "Pause",
    ):  # fmt: skip
        assert words in page
    assert made.token not in page
    assert DIALPAD.secret not in page
    assert page_of(made.id) in admin.get(LIST).content.decode()


def test_the_pause_on_its_page_leads_back_to_it(admin: Client, made: services.NewConnection) -> None:
    for name in ("pause", "resume"):
        assert admin.post(at(name, made.id), {"on": "its page"}).headers["Location"] == page_of(made.id)


def test_waiting_says_what_came(admin: Client, made: services.NewConnection) -> None:
    address = at("waiting", made.id)
    page = admin.get(page_of(made.id)).content.decode()
    assert "Waiting for the first call…" in page
    assert f"{address}?seen=waiting" in page
    assert admin.get(f"{address}?seen=waiting", headers=HTMX).status_code == 204
    send(made, secret="x" * 40)
    refused = admin.get(f"{address}?seen=waiting", headers=HTMX).content.decode()
    assert "A message came and was refused: wrong signature" in refused
    assert "hx-get" in refused
    assert admin.get(f"{address}?seen=refused-1", headers=HTMX).status_code == 204
    send(made)
    heard = admin.get(f"{address}?seen=refused-1", headers=HTMX).content.decode()
    assert "It works." in heard
    assert "A missed call" in heard
    assert "hx-get" not in heard  # it asks no more
    assert "Waiting" not in admin.get(page_of(made.id)).content.decode()


def test_a_first_message_that_is_no_call_is_heard_too(admin: Client, made: services.NewConnection) -> None:
    assert send(made, "transcription") == 204
    assert "A message came on" in admin.get(at("waiting", made.id), headers=HTMX).content.decode()


def test_without_a_script_waiting_leads_to_the_connection(admin: Client, made: services.NewConnection) -> None:
    answer = admin.get(at("waiting", made.id))
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(made.id))


def test_the_list_of_phone_systems_leads_to_each(admin: Client) -> None:
    page = admin.get(CHOOSE).content.decode()
    for name, system in SYSTEMS.items():
        assert f"{CHOOSE}{name}/" in page
        form = admin.get(f"{CHOOSE}{name}/").content.decode()
        assert ('type="password"' in form) is not system.provider.MAKES_SECRET
    assert page.index("Twilio") < page.index("Our own webhook")


def test_the_page_that_shows_the_address_fills_it_in(admin: Client) -> None:
    page = admin.post(f"{CHOOSE}ringcentral/", {"name": "Ring"}).content.decode()
    assert page.count("/hooks/ringcentral/") == 2  # alone, and within the request to be copied
    assert "THE-SECRET" not in page
    assert "Waiting for the first call…" in page


@pytest.mark.parametrize("provider", ["nothing", "semaphore", "Twilio"])
def test_a_phone_system_that_there_is_not(admin: Client, provider: str) -> None:
    assert admin.get(f"{CHOOSE}{provider}/").status_code == 404
    assert admin.post(f"{CHOOSE}{provider}/", FIELDS).status_code == 404


def test_doors(clinic: ClinicFacts, made: services.NewConnection, admin: Client) -> None:
    pages = (page_of(made.id), at("waiting", made.id))
    stranger = client_of((oak_street(), charlie())[1])
    for page in pages:
        assert Client().get(page).headers["Location"].startswith("/account/login/")
        assert stranger.get(page, headers=HTMX).status_code == 404
        assert admin.get(page.replace(str(made.id), str(uuid.uuid4())), headers=HTMX).status_code == 404
        assert client_with(clinic, Role.RECEPTIONIST).get(page, headers=HTMX).status_code == 403
        assert admin.post(page).status_code == 405
    assert admin.post(CHOOSE).status_code == 405


def test_an_auditor_reads_and_has_no_buttons(clinic: ClinicFacts, made: services.NewConnection) -> None:
    page = client_with(clinic, Role.AUDITOR).get(page_of(made.id)).content.decode()
    assert "What we received" in page
    assert at("pause", made.id) not in page
    assert at("secret", made.id) not in page


QUERIES = 24


def test_the_page_costs_the_same_whatever_came(
    clinic: ClinicFacts, admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = connect(clinic)
    for day in range(3):
        now = timezone.now() - timedelta(days=day)
        services.count_refusal(
            clinic_id=clinic.id, source="twilio", reason=f"reason_{day}", now=now, connection_id=made.id
        )
        hour = HourCounts(made.id, now.replace(minute=0, second=0, microsecond=0), 30, 2, 0, now, now)
        services.count_messages(clinic_id=clinic.id, hours=[hour], fields={made.id: {f"name_{day}": 3}}, now=now)
        with django_assert_num_queries(QUERIES):
            assert admin.get(page_of(made.id)).status_code == 200
