"""The pages of outgoing webhooks: what they show, change and refuse, and secrets shown once."""

import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from attribution import services
from attribution.deliveries import OutgoingEvent
from attribution.models import OutgoingMessage, OutgoingTarget
from attribution.services.outgoing import MAX_TARGETS, secret_context, url_context
from tenants.domain import ClinicFacts, Role
from tenants.models import AuditEvent
from tenants.scope import as_clinic
from tenants.vault import unwrap
from tests.tenants.factories import alice, bright_smile, charlie, oak_street
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
LIST = "/settings/webhooks/"
ADD = LIST + "add/"
URL = "https://hooks.example.com/services/s3cret-path"
FIELDS = {"name": "Chat", "url": URL, "events": ["missed_call.opened", "digest.daily"]}
POSTS = ("pause", "resume", "test")
ASKING = ("change", "secret", "remove")


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def admin(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def stored(clinic: ClinicFacts) -> list[OutgoingTarget]:
    with as_clinic(clinic.id):
        return list(OutgoingTarget.objects.order_by("created_at"))


def sent(clinic: ClinicFacts) -> list[OutgoingMessage]:
    with as_clinic(clinic.id):
        return list(OutgoingMessage.objects.order_by("created_at"))


def trail(clinic: ClinicFacts) -> list[str]:
    with as_clinic(clinic.id):
        rows = AuditEvent.objects.filter(action__startswith="outgoing_").order_by("seq")
        return list(rows.values_list("action", flat=True))


def make(clinic: ClinicFacts, name: str = "Chat") -> services.NewTarget:
    details = services.TargetDetails(name, URL, (OutgoingEvent.MISSED_CALL,))
    return services.add_target(clinic_id=clinic.id, details=details, now=timezone.now())


def at(made: services.NewTarget, page: str = "") -> str:
    return f"{LIST}{made.id}/{page}{'/' if page else ''}"


def test_a_clinic_without_any_is_told_what_they_are_for(admin: Client) -> None:
    page = admin.get(LIST).content.decode()
    assert "Nobody is told anything." in page
    assert ADD in page


def test_an_added_one_shows_its_secret_once_and_its_path_never(clinic: ClinicFacts, admin: Client) -> None:
    answer = admin.post(ADD, FIELDS)
    [row] = stored(clinic)
    secret = unwrap(row.secret, secret_context(row.id)).decode()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert unwrap(row.url, url_context(row.id)).decode() == URL
    assert secret in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert row.events == FIELDS["events"]
    assert row.digest_at is not None
    for path in (LIST, f"{LIST}{row.id}/", f"{LIST}{row.id}/change/", f"{LIST}{row.id}/secret/"):
        page = admin.get(path).content.decode()
        assert secret not in page
        assert "s3cret-path" not in page
        assert "hooks.example.com" in page or path.endswith("secret/")
    assert trail(clinic) == ["outgoing_added"]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "required"),
        ("name", "Desk 020 7946 0018", "seven or more digits"),
        ("name", "x" * 81, "at most 80"),
        ("url", "", "required"),
        ("url", "http://hooks.example.com/private-path", "https://"),
        ("url", "https://127.0.0.1/private-path", "public internet"),
        ("url", "https://169.254.169.254/private-path", "public internet"),
        ("url", "https://user:private-path@example.com/", "without a user"),
        ("url", "https://example.com:22/private-path", "port"),
        ("events", [], "required"),
        ("events", ["test"], "valid choice"),
        ("events", ["everything"], "valid choice"),
    ],
)
def test_bad_input_is_said_at_the_field(
    clinic: ClinicFacts, admin: Client, field: str, value: object, message: str
) -> None:
    answer = admin.post(ADD, FIELDS | {field: value})
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert (stored(clinic), trail(clinic)) == ([], [])


def test_a_name_is_taken_once_and_there_are_only_so_many(clinic: ClinicFacts, admin: Client) -> None:
    admin.post(ADD, FIELDS)
    assert "of that name already" in admin.post(ADD, FIELDS | {"name": "CHAT"}).content.decode()
    for number in range(MAX_TARGETS - 1):
        make(clinic, f"Chat {number}")
    assert "at most 10" in admin.post(ADD, FIELDS | {"name": "Another"}).content.decode()
    assert len(stored(clinic)) == MAX_TARGETS


def test_changing_keeps_the_address_unless_there_is_another(clinic: ClinicFacts, admin: Client) -> None:
    made = make(clinic)
    answer = admin.post(at(made, "change"), {"name": "Team", "url": "", "events": ["opportunity.recovered"]})
    assert (answer.status_code, answer.headers["Location"]) == (303, at(made))
    [row] = stored(clinic)
    assert (row.name, row.events) == ("Team", ["opportunity.recovered"])
    assert unwrap(row.url, url_context(row.id)).decode() == URL
    admin.post(at(made, "change"), FIELDS | {"url": "https://other.example.com/y"})
    [row] = stored(clinic)
    assert row.shown_address == "https://other.example.com/…"
    assert trail(clinic) == ["outgoing_added", "outgoing_changed", "outgoing_changed"]


def test_the_button_sends_a_test_and_a_message_goes_again(clinic: ClinicFacts, admin: Client) -> None:
    made = make(clinic)
    assert admin.post(at(made, "test")).status_code == 303
    [message] = sent(clinic)
    assert message.event == "test"
    again = at(made, f"messages/{message.id}/again")
    with as_clinic(clinic.id):
        OutgoingMessage.objects.update(delivered_at=timezone.now(), tries=4, last_status=204)
    page = admin.get(at(made)).content.decode()
    assert f"msg_{message.id.hex}" in page
    assert again in page
    assert admin.post(again).status_code == 303
    [after] = sent(clinic)
    assert (after.id, after.tries, after.delivered_at) == (message.id, 0, None)
    assert trail(clinic) == ["outgoing_added", "outgoing_tested", "outgoing_sent_again"]


def test_one_that_rests_sends_nothing_until_it_is_resumed(clinic: ClinicFacts, admin: Client) -> None:
    made = make(clinic)
    for name in ("pause", "pause", "test", "resume", "resume", "test"):
        assert admin.post(at(made, name)).status_code == 303
    assert len(sent(clinic)) == 1
    assert trail(clinic)[1:] == ["outgoing_paused", "outgoing_resumed", "outgoing_tested"]


def test_a_new_secret_is_shown_once(clinic: ClinicFacts, admin: Client) -> None:
    made = make(clinic)
    page = admin.post(at(made, "secret")).content.decode()
    [row] = stored(clinic)
    assert unwrap(row.secret, secret_context(row.id)).decode() in page
    assert made.secret not in page
    assert "old secret as well" in admin.get(at(made)).content.decode()
    assert trail(clinic)[1:] == ["outgoing_secret_rotated"]


def test_removing_asks_first_and_takes_the_log_along(clinic: ClinicFacts, admin: Client) -> None:
    made = make(clinic)
    admin.post(at(made, "test"))
    assert "1 message that waits is dropped" in admin.get(at(made, "remove")).content.decode()
    assert admin.post(at(made, "remove")).status_code == 303
    assert (stored(clinic), sent(clinic)) == ([], [])
    assert admin.get(at(made)).status_code == 404


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_who_may_look_and_who_may_change(clinic: ClinicFacts, role: Role) -> None:
    made = make(clinic)
    client = client_with(clinic, role)
    may_change = role is Role.MANAGER
    page = client.get(at(made)).content.decode()
    assert "Chat" in client.get(LIST).content.decode()
    assert ("Send a test" in page) is may_change
    for name in (*POSTS, *ASKING):
        assert (client.post(at(made, name), FIELDS).status_code == 403) is not may_change
    assert (client.get(ADD).status_code == 403) is not may_change


def test_the_front_desk_sees_none_of_it(clinic: ClinicFacts) -> None:
    made = make(clinic)
    client = client_with(clinic, Role.RECEPTIONIST)
    for path in (LIST, ADD, at(made), at(made, "change")):
        assert client.get(path).status_code == 403


def test_signed_out_it_sends_to_the_sign_in(clinic: ClinicFacts) -> None:
    made = make(clinic)
    for path in (LIST, ADD, at(made), at(made, "remove")):
        assert Client().get(path).headers["Location"].startswith("/account/login/")


def test_another_clinics_is_not_there(clinic: ClinicFacts) -> None:
    made = make(clinic)
    services.send_test(clinic_id=clinic.id, target_id=made.id, now=timezone.now())
    [message] = sent(clinic)
    other = oak_street()
    stranger = client_of(charlie(), other)
    theirs = make(other)
    assert "Chat" in stranger.get(LIST).content.decode()
    for one in (made, services.NewTarget(uuid.uuid4(), "")):
        assert stranger.get(at(one)).status_code == 404
        for name in (*POSTS, *ASKING, f"messages/{message.id}/again"):
            assert stranger.post(at(one, name), FIELDS).status_code == 404
    assert stranger.post(at(theirs, f"messages/{message.id}/again")).status_code == 404
    assert trail(clinic) == ["outgoing_added", "outgoing_tested"]


def test_what_is_sensitive_asks_who_it_is(clinic: ClinicFacts) -> None:
    made = make(clinic)
    client = client_of(alice(), clinic, recent=False)
    for path in (ADD, *(at(made, name) for name in ASKING)):
        assert client.post(path, FIELDS).headers["Location"].startswith("/account/reauthenticate/")


def test_wrong_methods_are_refused(clinic: ClinicFacts, admin: Client) -> None:
    made = make(clinic)
    assert admin.post(LIST).status_code == admin.post(at(made)).status_code == admin.put(ADD).status_code == 405
    for name in POSTS:
        assert admin.get(at(made, name)).status_code == 405


def test_any_number_of_them_costs_the_same_queries(
    clinic: ClinicFacts, admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = make(clinic)
    for number in range(2):
        make(clinic, f"Chat {number}")
        services.send_test(clinic_id=clinic.id, target_id=made.id, now=timezone.now())
        with django_assert_num_queries(LIST_QUERIES):
            assert admin.get(LIST).status_code == 200
        with django_assert_num_queries(PAGE_QUERIES):
            assert admin.get(at(made)).status_code == 200


LIST_QUERIES = 19
PAGE_QUERIES = 22
