"""Clinics, people and keys: made whole or not at all, kept without a secret in clear."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from tenants import selectors, services
from tenants.domain import Role, Scope
from tenants.models import ApiKey, Clinic, Membership, User
from tenants.scope import as_clinic
from tests.tenants.factories import NOW, alice, bob, bright_smile, oak_street

pytestmark = pytest.mark.django_db


def details(**changes: str) -> services.ClinicDetails:
    return services.ClinicDetails(**{"name": "Bright Smile", "slug": "bright-smile"} | changes)  # type: ignore[arg-type]


def create(email: str = "alice@bright-smile.example", **changes: str) -> services.NewClinic:
    return services.create_clinic(details=details(**changes), owner_email=email, now=NOW)


def test_it_makes_a_clinic_with_an_owner_and_a_key() -> None:
    made = create("  Alice@Bright-Smile.example ")
    clinic = selectors.get_clinic_by_slug("bright-smile")
    assert (clinic.id, clinic.currency, clinic.retention_days) == (made.clinic_id, "GBP", 90)
    owner = User.objects.get()
    assert (owner.id, owner.email, made.owner_is_new) == (made.owner_id, "alice@bright-smile.example", True)
    assert not owner.has_usable_password()
    (membership,) = selectors.list_memberships(owner.id, timezone.now())
    assert (membership.clinic_id, membership.role) == (clinic.id, Role.ADMIN)
    key = selectors.find_api_key(made.api_key.split("_")[1], NOW)
    assert key is not None
    assert key.clinic_id == clinic.id
    assert key.scopes == set(Scope)


def test_an_owner_of_another_clinic_stays_one_person() -> None:
    create()
    made = create(slug="second")
    assert not made.owner_is_new
    assert User.objects.count() == 1
    assert [row.clinic_slug for row in selectors.list_memberships(made.owner_id, timezone.now())] == [
        "bright-smile",
        "second",
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "Not A Slug"}, "slug"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"region": "gb"}, "region"),
        ({"region": "GBR"}, "region"),
        ({"currency": "£"}, "currency"),
        ({"default_value": "-1"}, "default_value"),
    ],
)
def test_it_refuses_bad_input_and_names_the_field(changes: dict[str, str], field: str) -> None:
    with pytest.raises(services.BadInput, match=f"^{field}: "):
        create(**changes)
    assert not Clinic.objects.exists()
    assert not User.objects.exists()


def test_it_refuses_a_slug_that_is_taken() -> None:
    create()
    with pytest.raises(services.BadInput, match="^slug: there is a clinic"):
        create("charlie@oak-street.example")
    assert (Clinic.objects.count(), User.objects.count()) == (1, 1)


def test_with_a_bad_address_nothing_is_made() -> None:
    with pytest.raises(services.BadInput, match="^email: "):
        create("nobody")
    assert not Clinic.objects.exists()


def test_a_member_has_one_role_at_a_time() -> None:
    clinic = bright_smile()
    person = bob(clinic)
    services.add_member(clinic_id=clinic.id, email="BOB@bright-smile.example", role=Role.ADMIN)
    assert [row.role for row in selectors.list_memberships(person.id, timezone.now())] == [Role.ADMIN]
    with as_clinic(clinic.id):
        assert Membership.objects.count() == 2


def test_a_key_is_shown_once_and_kept_as_a_hash() -> None:
    clinic = bright_smile()
    shown = services.create_api_key(clinic_id=clinic.id, name="x", scopes=[Scope.READ], now=NOW)
    mark, prefix, secret = shown.split("_", 2)
    key = selectors.find_api_key(prefix, NOW)
    assert key is not None
    assert (mark, key.secret_hash) == ("rbk", services.hash_secret(secret))
    with as_clinic(clinic.id):
        assert secret not in str(list(ApiKey.objects.values()))


def test_a_revoked_key_is_none() -> None:
    clinic, other = bright_smile(), oak_street()
    prefix = services.create_api_key(clinic_id=clinic.id, name="x", scopes=[Scope.READ], now=NOW).split("_")[1]
    assert not services.revoke_api_key(clinic_id=other.id, prefix=prefix, now=NOW)
    assert selectors.find_api_key(prefix, NOW)
    assert services.revoke_api_key(clinic_id=clinic.id, prefix=prefix, now=NOW)
    assert not services.revoke_api_key(clinic_id=clinic.id, prefix=prefix, now=NOW)
    assert selectors.find_api_key(prefix, NOW) is None


def test_an_expired_key_is_none() -> None:
    clinic = bright_smile()
    prefix = services.create_api_key(clinic_id=clinic.id, name="x", scopes=[], now=NOW).split("_")[1]
    with as_clinic(clinic.id):
        ApiKey.objects.filter(prefix=prefix).update(expires_at=NOW)
    assert selectors.find_api_key(prefix, NOW - timedelta(seconds=1))
    assert selectors.find_api_key(prefix, NOW) is None


def test_passwords_are_kept_as_argon2id() -> None:
    bright_smile()
    assert alice().password.startswith("argon2$argon2id$")


def test_an_unknown_clinic_is_an_error_of_its_own() -> None:
    with pytest.raises(selectors.UnknownClinic):
        selectors.get_clinic(uuid.uuid4())
    with pytest.raises(selectors.UnknownClinic, match="'nowhere'"):
        selectors.get_clinic_by_slug("nowhere")
