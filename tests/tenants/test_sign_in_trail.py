"""What people do at the door is in the trail of each of their clinics; one row for each thing."""

import pytest
from django.test import Client
from django.urls import reverse

from tenants.domain import ClinicFacts, Role
from tenants.models import User
from tenants.services import add_member
from tests.tenants import factories
from tests.tenants.entrance import last_row, sign_in, trail

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicFacts:
    return factories.bright_smile()


@pytest.fixture
def alice(clinic: ClinicFacts) -> User:
    return factories.alice()


def test_signing_in_confirming_and_signing_out_are_on_record(client: Client, clinic: ClinicFacts, alice: User) -> None:
    before = trail(clinic)
    sign_in(client, alice.email, REMOTE_ADDR="127.1.2.3")
    kind, actor, target, details = last_row(clinic)
    assert (kind, actor, target) == ("person", alice.id, str(alice.id))
    assert details["by"] == "password"
    client.post(reverse("account_reauthenticate"), {"password": "wrong horse battery"})
    assert last_row(clinic)[:2] == ("person", alice.id)
    client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
    client.post(reverse("account_logout"))
    client.post(reverse("account_logout"))  # nobody is there any more
    assert trail(clinic) == [*before, "signed_in", "sign_in_failed", "reauthenticated", "signed_out"]


def test_it_is_in_the_trail_of_every_clinic_of_the_person(client: Client, clinic: ClinicFacts, alice: User) -> None:
    other = factories.oak_street()
    add_member(clinic_id=other.id, email=alice.email, role=Role.AUDITOR)
    platform = trail()
    sign_in(client, alice.email)
    assert (trail(clinic)[-1], trail(other)[-1]) == ("signed_in", "signed_in")
    assert trail() == platform


def test_people_without_a_clinic_are_in_the_platforms_trail(client: Client) -> None:
    sam = factories.platform_staff()
    sign_in(client, sam.email)
    assert trail()[-1] == "signed_in"
    assert last_row()[:2] == ("staff", sam.id)


def test_a_link_that_was_sent_is_on_record(client: Client, clinic: ClinicFacts, alice: User) -> None:
    before = trail(clinic)
    client.post(reverse("account_reset_password"), {"email": alice.email})
    assert trail(clinic) == [*before, "password_link_sent"]
    kind, actor, target, details = last_row(clinic)
    assert (kind, actor, target) == ("nobody", None, str(alice.id))
    assert "/" not in str(details)
