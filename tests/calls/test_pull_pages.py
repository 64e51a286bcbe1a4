"""The pages of asking a phone system: who may what, what is typed in never comes back, and what is said of a fetch."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from calls import services
from calls.domain import PullKind
from calls.models import Account, Pull
from calls.selectors import open_account
from tenants import outbound
from tenants.domain import ClinicFacts, Role
from tenants.models import AuditDetail
from tenants.outbound import Answer, Question
from tenants.scope import NoClinic, as_clinic, current_clinic_id
from tests.calls.connections import connect
from tests.calls.provider_apis import TwilioApi, fault, twilio_record
from tests.calls.pulled import Asked, asking
from tests.tenants.factories import alice, bright_smile, charlie, oak_street
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
SECRET = "a-very-secret-token"
FIELDS = {"account_sid": "AC" + "2" * 32, "key_sid": "", "secret": SECRET}
READ = ("", "_progress")
WRITTEN = ("_set", "_remove", "_check", "_fetch")


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def admin(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


@pytest.fixture
def asked(clinic: ClinicFacts) -> Iterator[Asked]:
    now = timezone.now()
    with asking(clinic, TwilioApi([twilio_record(1, now - timedelta(hours=1))]), now) as ready:
        yield ready


@pytest.fixture(autouse=True)
def woken() -> Iterator[mock.Mock]:
    with mock.patch("calls.wakeup.current_app.send_task") as send_task:
        yield send_task


def at(name: str, connection_id: uuid.UUID) -> str:
    return reverse(f"settings_connection_account{name}", args=[connection_id])


def stop(connection_id: uuid.UUID, pull_id: uuid.UUID) -> str:
    return reverse("settings_connection_account_stop", args=[connection_id, pull_id])


def text(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_no_transaction_waits_for_the_phone_system(
    asked: Asked, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(question: Question) -> Answer:
        with pytest.raises(NoClinic):
            current_clinic_id()
        return outbound.ask(question)

    monkeypatch.setattr("calls.asking.ask", ask)
    assert admin.post(at("_check", asked.connection.id)).status_code == 303
    assert len(asked.api.asked) == 1


def test_credentials_are_set_and_never_shown(clinic: ClinicFacts, admin: Client) -> None:
    made = connect(clinic)
    assert "Set the credentials" in text(admin, at("", made.id))
    answer = admin.post(at("_set", made.id), FIELDS)
    assert (answer.status_code, answer.headers["Location"]) == (303, at("", made.id))
    account = open_account(clinic.id, made.id)
    assert account is not None
    assert account.credentials == {"account_sid": FIELDS["account_sid"], "secret": SECRET}
    assert SECRET not in repr(account)
    page = text(admin, at("", made.id))
    assert "Not asked yet" in page
    for path in (at("", made.id), at("_set", made.id), at("_remove", made.id)):
        assert SECRET not in text(admin, path)
    with as_clinic(clinic.id):
        assert SECRET.encode() not in bytes(Account.objects.get().credentials)
        assert SECRET not in str(list(AuditDetail.objects.values_list("details", flat=True)))


def test_what_cannot_be_right_is_said_beside_its_field(clinic: ClinicFacts, admin: Client) -> None:
    made = connect(clinic)
    for wrong in ({"account_sid": "12"}, {"secret": ""}, {"secret": "two words"}, {"account_sid": "AC/../x"}):
        answer = admin.post(at("_set", made.id), FIELDS | wrong)
        assert answer.status_code == 400
        assert SECRET not in answer.content.decode()
    with as_clinic(clinic.id):
        assert not Account.objects.exists()


def test_removing_says_what_goes_and_does_it(clinic: ClinicFacts, admin: Client, asked: Asked) -> None:
    asked.fetch()
    assert "no longer asked" in text(admin, at("_remove", asked.connection.id))
    assert admin.post(at("_remove", asked.connection.id)).status_code == 303
    with as_clinic(clinic.id):
        assert not Account.objects.exists()
        assert not Pull.objects.exists()
    assert [action for action, _ in asked.trail()] == ["account_set", "calls_fetched", "account_removed"]
    assert len(asked.rows()) == 1


def test_a_removed_connection_takes_its_account_along(clinic: ClinicFacts, asked: Asked) -> None:
    asked.fetch()
    services.remove_connection(clinic_id=clinic.id, connection_id=asked.connection.id)
    with as_clinic(clinic.id):
        assert not Account.objects.exists()
        assert not Pull.objects.exists()


def test_check_asks_once_and_says_what_came(admin: Client, asked: Asked) -> None:
    answer = admin.post(at("_check", asked.connection.id), follow=True)
    assert "one record of the last 24 hours" in answer.content.decode()
    assert "It answers" in answer.content.decode()
    assert asked.rows() == []
    asked.api.asked.clear()
    asked.api.faults = [fault(401, b"no, +447700900123")]
    page = admin.post(at("_check", asked.connection.id), follow=True).content.decode()
    assert "It refuses these credentials" in page
    assert "7700900123" not in page
    asked.api.faults = [fault(429, Retry_After="600")]
    assert "asked us to wait" in admin.post(at("_check", asked.connection.id), follow=True).content.decode()
    assert len(asked.api.asked) == 2


def test_fetching_is_left_to_a_worker(clinic: ClinicFacts, admin: Client, asked: Asked, woken: mock.Mock) -> None:
    assert admin.post(at("_fetch", asked.connection.id), {"days": "2"}).status_code == 303
    with as_clinic(clinic.id):
        pull = Pull.objects.get()
    assert woken.call_args.args == ("calls.tasks.fetch_calls", [str(clinic.id), str(pull.id)])
    page = text(admin, at("", asked.connection.id))
    assert "Waiting for its turn" in page
    assert "htmx" in page
    again = admin.post(at("_fetch", asked.connection.id), {"days": "2"}, follow=True)
    assert "fetched already" in again.content.decode()
    asked.go_on(pull.id)
    page = text(admin, at("_progress", asked.connection.id), HX_Request="true")
    assert "1 new call from 1 record." in page
    assert "hx-get" not in page
    assert asked.trail()[-1] == ("calls_fetched", "person")


@pytest.mark.parametrize("days", ["", "0", "-1", "91", "a", "9" * 30])
def test_days_that_cannot_be_fetched(admin: Client, asked: Asked, days: str) -> None:
    answer = admin.post(at("_fetch", asked.connection.id), {"days": days})
    assert answer.status_code == 400
    assert "What was fetched" in answer.content.decode()


def test_it_is_stopped(clinic: ClinicFacts, admin: Client, asked: Asked) -> None:
    pull = asked.begin()
    assert admin.post(stop(asked.connection.id, pull.id)).status_code == 303
    assert "Stopped" in text(admin, at("", asked.connection.id))
    assert asked.trail()[-1] == ("calls_fetched", "person")
    assert admin.post(stop(asked.connection.id, uuid.uuid4())).status_code == 404


def test_lost_calls_are_told(admin: Client, asked: Asked) -> None:
    asked.fetch(days=2, kind=PullKind.RECONCILE)
    assert "1 call was missing and has been fetched." in text(admin, at("", asked.connection.id))
    asked.fetch(days=2, kind=PullKind.RECONCILE)
    assert "No call was missing." in text(admin, at("", asked.connection.id))


def test_a_paused_connection_is_not_fetched(clinic: ClinicFacts, admin: Client, asked: Asked) -> None:
    services.pause_connection(clinic_id=clinic.id, connection_id=asked.connection.id, now=asked.now)
    assert "Fetch them" not in text(admin, at("", asked.connection.id))
    assert "paused" in admin.post(at("_fetch", asked.connection.id), {"days": "2"}, follow=True).content.decode()


def test_without_a_script_the_progress_is_on_the_page(admin: Client, asked: Asked) -> None:
    assert admin.get(at("_progress", asked.connection.id)).headers["Location"] == at("", asked.connection.id)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR, Role.RECEPTIONIST])
def test_who_may_look_and_who_may_change(clinic: ClinicFacts, asked: Asked, role: Role) -> None:
    client, pull = client_with(clinic, role), asked.begin()
    may_see, may_change = role is not Role.RECEPTIONIST, role is Role.MANAGER
    for name in READ:
        assert (client.get(at(name, asked.connection.id)).status_code != 403) is may_see
    if may_see:
        page = text(client, at("", asked.connection.id))
        assert ("Replace them" in page, "Check" in page, "Stop" in page, "Fetch them" in page) == (may_change,) * 4
    for path in (*(at(name, asked.connection.id) for name in WRITTEN), stop(asked.connection.id, pull.id)):
        assert (client.post(path, FIELDS | {"days": "2"}).status_code == 403) is not may_change


def test_another_clinics_and_one_that_cannot_be_asked_are_not_there(clinic: ClinicFacts, admin: Client) -> None:
    made = connect(clinic)
    stranger = client_of((oak_street(), charlie())[1])
    own = services.add_connection(clinic_id=clinic.id, provider="zoom", name="Z", secret="x", now=timezone.now())
    for client, connection_id in ((stranger, made.id), (admin, uuid.uuid4()), (admin, own.id)):
        for name in (*READ, "_set", "_remove"):
            assert client.get(at(name, connection_id)).status_code == 404
        for name in WRITTEN:
            assert client.post(at(name, connection_id), FIELDS | {"days": "2"}).status_code == 404
        assert client.post(stop(connection_id, uuid.uuid4())).status_code == 404


def test_signed_out_and_not_recently_signed_in(clinic: ClinicFacts, asked: Asked) -> None:
    for name in READ + ("_set", "_remove"):
        assert Client().get(at(name, asked.connection.id)).headers["Location"].startswith("/account/login/")
    stale = client_of(alice(), clinic, recent=False)
    for name in ("_set", "_remove"):
        assert stale.post(at(name, asked.connection.id), FIELDS).headers["Location"].startswith("/account/reauth")
    assert stale.post(at("_check", asked.connection.id)).status_code == 303


def test_wrong_methods_are_refused(admin: Client, asked: Asked) -> None:
    for name in READ:
        assert admin.post(at(name, asked.connection.id)).status_code == 405
    for name in ("_check", "_fetch"):
        assert admin.get(at(name, asked.connection.id)).status_code == 405
    assert admin.get(stop(asked.connection.id, uuid.uuid4())).status_code == 405
    assert admin.delete(at("_set", asked.connection.id)).status_code == 405


def test_the_page_asks_the_database_as_often_with_many_pulls(admin: Client, asked: Asked) -> None:
    asked.fetch()
    admin.get(at("", asked.connection.id))
    with CaptureQueriesContext(connection) as one:
        admin.get(at("", asked.connection.id))
    for _ in range(4):
        asked.fetch(kind=PullKind.RECONCILE)
    with CaptureQueriesContext(connection) as many:
        admin.get(at("", asked.connection.id))
    assert len(many) == len(one)
    about_pulls = [q["sql"] for q in many if "calls_pull" in q["sql"] or "calls_account" in q["sql"]]
    assert len(about_pulls) == 2
