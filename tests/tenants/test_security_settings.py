"""The page about security: read by admins and auditors, changed by admins who have just said who they are."""

import json

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from tenants import services
from tenants.domain import ClinicFacts, Role
from tenants.events import Actor, ActorKind
from tenants.models import AuditDetail, AuditEvent, Clinic, User
from tenants.scope import as_clinic
from tenants.selectors import get_clinic
from tests.tenants.factories import alice, bob, bright_smile, charlie, oak_street, platform_staff
from tests.tenants.sign_in import add_second_factor, client_of

pytestmark = pytest.mark.django_db
PAGE = "/settings/security/"
CHANGE = "/settings/security/change/"
FIELDS = {"min_password_length": "16", "require_two_factors": "on", "support_allowed": "on"}


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def admin(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def in_force(clinic: ClinicFacts) -> tuple[int, bool, bool]:
    after = get_clinic(clinic.id)
    return after.min_password_length, after.require_two_factors, after.support_allowed


def changes(clinic: ClinicFacts) -> list[dict[str, object]]:
    with as_clinic(clinic.id):
        seqs = AuditEvent.objects.filter(action="security_changed").values_list("seq", flat=True)
        return [json.loads(row.details) for row in AuditDetail.objects.filter(seq__in=list(seqs)).order_by("seq")]


def test_a_change_is_in_force_and_on_record_with_before_and_after(clinic: ClinicFacts, admin: Client) -> None:
    answer = admin.post(CHANGE, FIELDS)
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert in_force(clinic) == (16, True, True)
    (told,) = changes(clinic)
    assert told["before"] == {"min_password_length": 12, "require_two_factors": False}
    assert told["after"] == {"min_password_length": 16, "require_two_factors": True}


def test_what_changes_nothing_is_not_on_record(clinic: ClinicFacts, admin: Client) -> None:
    admin.post(CHANGE, {"min_password_length": "12", "support_allowed": "on"})
    assert changes(clinic) == []


@pytest.mark.parametrize("length", ["", "11", "65", "-1", "x", "1e9", "12.5"])
def test_a_length_out_of_bounds_is_said_at_the_field(clinic: ClinicFacts, admin: Client, length: str) -> None:
    answer = admin.post(CHANGE, FIELDS | {"min_password_length": length})
    assert answer.status_code == 400
    assert 'id="id_min_password_length_error"' in answer.content.decode()
    assert in_force(clinic) == (12, False, True)


def test_the_service_refuses_it_as_well(clinic: ClinicFacts) -> None:
    wanted = services.SecuritySettings(8, require_two_factors=False, support_allowed=True)
    with pytest.raises(services.BadInput):
        services.change_security(clinic_id=clinic.id, wanted=wanted, now=timezone.now(), actor=Actor(ActorKind.PERSON))


def test_fields_that_are_not_asked_for_change_nothing(clinic: ClinicFacts, admin: Client) -> None:
    other = oak_street()
    admin.post(CHANGE, FIELDS | {"clinic": str(other.id), "support_until": "2030-01-01", "retention_days": "30"})
    after = Clinic.objects.get(pk=clinic.id)
    assert (after.support_until, after.retention_days) == (None, 90)
    assert in_force(other) == (12, False, True)


def test_it_names_those_without_a_second_factor(clinic: ClinicFacts, admin: Client) -> None:
    bob(clinic)
    User.objects.filter(email__startswith="bob@").update(name="Bob Brown")
    add_second_factor(User.objects.get(email="alice@bright-smile.example"))
    oak_street()
    charlie()
    page = admin.get(PAGE).content.decode()
    assert "<li>Bob Brown</li>" in page
    assert "<li>alice@bright-smile.example</li>" not in page
    assert "charlie@" not in page


def test_it_shows_when_support_was_let_in(clinic: ClinicFacts, admin: Client) -> None:
    assert "Nobody has looked in." in admin.get(PAGE).content.decode()
    sam = platform_staff()
    actor = Actor(ActorKind.STAFF, sam.id)
    reason = "The webhook answers 401 since this morning"
    services.open_support(
        clinic_id=clinic.id, user_id=sam.id, reason=reason, minutes=30, now=timezone.now(), actor=actor
    )
    page = admin.get(PAGE).content.decode()
    assert "opened the clinic for support" in page
    assert f"Reason: {reason}" in page
    assert "Minutes: 30" in page


def test_forbidding_support_ends_the_one_that_is_open(clinic: ClinicFacts, admin: Client) -> None:
    sam = platform_staff()
    services.open_support(
        clinic_id=clinic.id, user_id=sam.id, reason="Looking at a report", minutes=30, now=timezone.now(),
        actor=Actor(ActorKind.STAFF, sam.id),
    )  # fmt: skip
    supporter = client_of(sam)
    assert supporter.get("/worklist/").status_code == 200
    admin.post(CHANGE, {"min_password_length": "12"})
    assert in_force(clinic) == (12, False, False)
    assert supporter.get("/worklist/").status_code == 403


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("asked", [True, False])
def test_who_is_led_to_add_a_second_factor(
    clinic: ClinicFacts, settings: Settings, *, required: bool, asked: bool
) -> None:
    """The clinic's wish counts anywhere; what a role needs, where the installation asks for it."""
    settings.TWO_FACTORS_REQUIRED = required
    Clinic.objects.filter(pk=clinic.id).update(require_two_factors=asked)
    for person, is_led in ((alice(), required or asked), (bob(clinic), asked)):
        client = client_of(person, clinic)
        answer = client.get("/worklist/")
        assert (answer.status_code == 302) is is_led
        if is_led:
            assert answer.headers["Location"].startswith("/account/")
        add_second_factor(person)
        assert client.get("/worklist/").status_code == 200


def test_the_auditor_reads_and_changes_nothing(clinic: ClinicFacts) -> None:
    services.add_member(clinic_id=clinic.id, email="ann@bright-smile.example", role=Role.AUDITOR)
    client = client_of(User.objects.get(email="ann@bright-smile.example"), clinic)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert CHANGE not in page.content.decode()
    assert client.get(CHANGE).status_code == 403
    assert client.post(CHANGE, FIELDS).status_code == 403
    assert in_force(clinic) == (12, False, True)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.RECEPTIONIST])
def test_other_roles_do_not_see_it(clinic: ClinicFacts, role: Role) -> None:
    services.add_member(clinic_id=clinic.id, email="kim@bright-smile.example", role=role)
    client = client_of(User.objects.get(email="kim@bright-smile.example"), clinic)
    assert [client.get(page).status_code for page in (PAGE, CHANGE)] == [403, 403]
    assert client.post(CHANGE, FIELDS).status_code == 403


def test_signed_out_it_sends_to_the_sign_in(clinic: ClinicFacts) -> None:
    for page in (PAGE, CHANGE):
        assert Client().get(page).headers["Location"].startswith("/account/login/")


def test_another_clinics_settings_stay_as_they_are(clinic: ClinicFacts, admin: Client) -> None:
    other = oak_street()
    client_of(charlie(), clinic).post(CHANGE, FIELDS)  # a session that claims a clinic which is not theirs
    assert in_force(clinic) == (12, False, True)
    assert in_force(other) == (16, True, True)


def test_a_change_asks_who_it_is(clinic: ClinicFacts) -> None:
    client = client_of(alice(), clinic, recent=False)
    assert client.get(PAGE).status_code == 200
    for answer in (client.get(CHANGE), client.post(CHANGE, FIELDS | {"back": CHANGE})):
        assert answer.headers["Location"] == "/account/reauthenticate/?next=%2Fsettings%2Fsecurity%2Fchange%2F"
    assert in_force(clinic) == (12, False, True)


def test_wrong_methods_are_refused(admin: Client) -> None:
    assert admin.post(PAGE).status_code == 405
    assert admin.put(CHANGE).status_code == 405


def test_any_number_of_people_costs_the_same_queries(
    clinic: ClinicFacts, admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    admin.get(PAGE)
    for count in range(3):
        services.add_member(clinic_id=clinic.id, email=f"p{count}@bright-smile.example", role=Role.RECEPTIONIST)
        with django_assert_num_queries(21):
            assert admin.get(PAGE).status_code == 200
