"""The pages of connections: what they show, what they change, on record once, and secrets shown once."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from calls import intake, selectors, services
from calls.heard import HourCounts
from calls.models import Connection
from calls.selectors.hooks import CONNECTION_SECONDS
from tenants.domain import ClinicFacts
from tenants.events import Event
from tenants.vault import unwrap
from tests.calls.connections import ADD, CHOOSE, FIELDS, LIST, SECRET, at, connect, is_paused, stored, trail
from tests.calls.factories import make_event
from tests.tenants.factories import alice, bright_smile, oak_street
from tests.tenants.sign_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def admin(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def test_a_clinic_without_any_is_told_what_to_do(admin: Client) -> None:
    page = admin.get(LIST).content.decode()
    assert "No phone system is connected." in page
    assert CHOOSE in page


def test_an_added_one_works_and_its_address_is_shown_once(clinic: ClinicFacts, admin: Client) -> None:
    answer = admin.post(ADD, FIELDS)
    page = answer.content.decode()
    (row,) = stored(clinic)
    address = page.partition(f"{settings.PUBLIC_URL}/hooks/twilio/")[2].partition("<")[0]
    found = selectors.find_connection(address)
    assert found is not None
    assert (found.id, found.secret, found.is_paused) == (row.id, SECRET, False)
    assert SECRET not in page
    assert "statusCallback" in page  # the steps for Twilio
    assert answer.headers["Cache-Control"] == "no-store"
    assert trail(clinic) == [("connection_added", "person", str(row.id))]
    again = admin.get(LIST).content.decode()
    assert address not in again
    assert SECRET not in again


def test_a_form_that_comes_twice_makes_one(clinic: ClinicFacts, admin: Client) -> None:
    admin.post(ADD, FIELDS)
    answer = admin.post(ADD, FIELDS | {"name": "MAIN line"})
    assert answer.status_code == 400
    assert b"of that name already" in answer.content
    assert len(stored(clinic)) == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "required"),
        ("name", "x" * 81, "at most 80"),
        ("name", "Main 020 7946 0018", "seven or more digits"),
        ("name", "desk@bright-smile.example", "e-mail addresses"),
        ("name", "two\u2028lines", "one line"),
        ("secret", "two words", "one word"),
        ("secret", "x" * 501, "at most 500"),
    ],
)
def test_bad_input_is_said_at_the_field(
    clinic: ClinicFacts, admin: Client, field: str, value: str, message: str
) -> None:
    answer = admin.post(ADD, FIELDS | {field: value})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert message in page
    assert SECRET not in page  # a password field is never filled in again
    assert stored(clinic) == []
    assert trail(clinic) == []


def test_fields_that_are_not_asked_for_change_nothing(clinic: ClinicFacts, admin: Client) -> None:
    other = oak_street()
    admin.post(ADD, FIELDS | {"clinic": str(other.id), "clinic_id": str(other.id), "token_hash": "x"})
    assert (len(stored(clinic)), stored(other)) == (1, [])


def test_a_secret_that_is_not_known_yet_lets_nothing_in(clinic: ClinicFacts, admin: Client) -> None:
    page = admin.post(f"{CHOOSE}aircall/", {"name": "Aircall", "secret": ""}).content.decode()
    (row,) = stored(clinic)
    assert at("secret", row.id) in page
    assert len(unwrapped(row)) > 30
    assert unwrapped(row) not in page


def test_a_secret_that_we_make_is_shown_once(clinic: ClinicFacts, admin: Client) -> None:
    page = admin.post(f"{CHOOSE}ringback/", {"name": "Ours", "secret": "not this one"}).content.decode()
    (row,) = stored(clinic)
    first = unwrapped(row)
    assert first in page
    assert first not in admin.get(LIST).content.decode()
    page = admin.post(at("secret", row.id), {}).content.decode()
    second = unwrapped(stored(clinic)[0])
    assert first != second
    assert second in page


def unwrapped(row: Connection) -> str:
    return unwrap(row.secret, f"connection/{row.id}").decode()


def test_pausing_and_resuming_hold_for_the_next_message(
    clinic: ClinicFacts, admin: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    made = connect(clinic)
    assert not is_paused(made)  # remembered by this process from now on
    for name, paused in (("pause", True), ("pause", True), ("resume", False), ("resume", False)):
        with django_capture_on_commit_callbacks(execute=True):
            answer = admin.post(at(name, made.id))
        assert (answer.status_code, answer.headers["Location"]) == (303, LIST)
        assert is_paused(made) is paused
    assert [action for action, *_ in trail(clinic)] == ["connection_added", "connection_paused", "connection_resumed"]


def test_another_process_forgets_within_seconds() -> None:
    assert CONNECTION_SECONDS <= 5


def test_a_new_secret_is_in_force_at_once(
    clinic: ClinicFacts, admin: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    made = connect(clinic)
    selectors.find_connection(made.token)
    assert admin.post(at("secret", made.id), {"secret": ""}).status_code == 400
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post(at("secret", made.id), {"secret": "the-next-token"})
    assert answer.status_code == 303
    found = selectors.find_connection(made.token)
    assert found is not None
    assert found.secret == "the-next-token"
    assert trail(clinic)[1:] == [("connection_secret_rotated", "person", str(made.id))]


def test_removing_asks_first_and_keeps_the_calls(
    clinic: ClinicFacts, admin: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    made = connect(clinic)
    event = make_event("CA1", timezone.now())
    intake.record_events(clinic=clinic, events=[event], now=timezone.now(), connection_id=made.id)
    selectors.find_connection(made.token)
    assert "stay" in admin.get(at("remove", made.id)).content.decode()
    assert len(stored(clinic)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post(at("remove", made.id)).status_code == 303
    assert selectors.find_connection(made.token) is None
    assert stored(clinic) == []
    assert admin.post(at("remove", made.id)).status_code == 404
    assert b"log-who" in admin.get("/calls/").content
    assert trail(clinic)[1:] == [("connection_removed", "person", str(made.id))]


def heard(clinic: ClinicFacts, made: services.NewConnection, days: int, calls: int = 1) -> None:
    """A message that told of so many new calls."""
    at = timezone.now() - timedelta(days=days, minutes=1)
    hour = HourCounts(made.id, at.replace(minute=0, second=0, microsecond=0), 2, calls, 0, at, at)
    services.count_messages(clinic_id=clinic.id, hours=[hour], fields={}, now=at)


@pytest.mark.parametrize(
    ("days", "words"),
    [(None, "Never heard"), (0, "Live"), (20, "Silent for a week")],
)
def test_the_list_says_how_each_one_is(clinic: ClinicFacts, admin: Client, days: int | None, words: str) -> None:
    made = connect(clinic)
    if days is not None:
        heard(clinic, made, days)
    page = admin.get(LIST).content.decode()
    assert words in page
    assert ("1 call in the last 7 days" in page) is (days == 0)
    services.pause_connection(clinic_id=clinic.id, connection_id=made.id, now=timezone.now())
    assert "Paused since" in admin.get(LIST).content.decode()


def test_the_list_says_what_was_refused_and_why(clinic: ClinicFacts, admin: Client) -> None:
    made = connect(clinic)
    now = timezone.now()
    for reason, days in (("signature", 0), ("signature", 6), ("too_old", 1), ("signature", 9)):
        services.count_refusal(
            clinic_id=clinic.id, source="twilio", reason=reason, now=now - timedelta(days=days), connection_id=made.id
        )
    services.count_refusal(clinic_id=clinic.id, source="api", reason="too_old", now=now)
    page = admin.get(LIST).content.decode()
    assert "3 messages were refused in the last 7 days" in page
    assert "2 × wrong signature" in page
    assert "1 × older than this clinic keeps" in page


def test_any_number_of_them_costs_the_same_queries(
    clinic: ClinicFacts, admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    heard(clinic, connect(clinic), 0)
    for count in range(2):
        connect(clinic, f"Line {count}")
        with django_assert_num_queries(QUERIES):
            assert admin.get(LIST).status_code == 200


QUERIES = 20


def test_every_event_has_a_name() -> None:
    assert {event for event in Event if event.startswith("connection_")} == {
        Event.CONNECTION_ADDED,
        Event.CONNECTION_PAUSED,
        Event.CONNECTION_RESUMED,
        Event.CONNECTION_SECRET_ROTATED,
        Event.CONNECTION_REMOVED,
    }
