"""Which clinic a person’s request is about, and what the person may do there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.domain import PLATFORM, ClinicFacts, Role
from tenants.models import Membership, RefusedCount
from tenants.scope import as_clinic
from tenants.services import add_member
from tests.api.client import Machine, person, require_problem
from tests.tenants import factories

pytestmark = pytest.mark.django_db


def test_of_one_clinic_it_can_be_left_out_or_named(clinic: ClinicFacts) -> None:
    owner = factories.alice()
    assert person(owner).get("/calls/").status_code == 200
    assert person(owner, clinic).get("/calls/").status_code == 200


@pytest.mark.parametrize(
    "slug", ["oak-street", "nowhere", "", "BRIGHT-SMILE", "bright-smile,oak-street", "' OR 1=1 --", "%00", "é"]
)
def test_another_clinic_is_like_one_that_there_is_not(
    slug: str, clinic: ClinicFacts, other_clinic: ClinicFacts
) -> None:
    asking = person(factories.alice())
    asking.headers["X-Clinic"] = slug
    answers = {asking.get("/calls/").content, asking.post("/calls/", {}).content}
    asking.headers["X-Clinic"] = "there-is-none"
    assert answers == {asking.get("/calls/").content}
    assert require_problem(asking.get("/calls/"), 404)["type"].endswith("unknown_clinic")


def test_it_is_counted(clinic: ClinicFacts) -> None:
    asking = person(factories.alice())
    asking.headers["X-Clinic"] = "there-is-none"
    asking.get("/calls/")
    with as_clinic(PLATFORM):
        assert RefusedCount.objects.get(what="not_here").count == 1


def test_of_several_one_must_be_named(clinic: ClinicFacts, other_clinic: ClinicFacts) -> None:
    owner = factories.alice()
    add_member(clinic_id=other_clinic.id, email=owner.email, role=Role.AUDITOR)
    asking = person(owner)
    assert require_problem(asking.get("/calls/"), 400)["type"].endswith("clinic_needed")
    here, there = person(owner, clinic), person(owner, other_clinic)
    assert here.post("/appointments/", {}).status_code == 400
    assert there.post("/appointments/", {}).status_code == 403  # each clinic has its own role
    assert there.get("/calls/").status_code == 200


def test_who_was_removed_is_out_with_the_next_request(clinic: ClinicFacts) -> None:
    bob = factories.bob(clinic)
    unnamed, named = person(bob), person(bob, clinic)
    assert {asking.get("/calls/").status_code for asking in (unnamed, named)} == {200}
    with as_clinic(clinic.id):
        Membership.objects.filter(user=bob).delete()
    assert require_problem(unnamed.get("/calls/"), 403)["type"].endswith("no_clinic")
    assert require_problem(named.get("/calls/"), 404)["type"].endswith("unknown_clinic")


def test_a_new_role_counts_with_the_next_request(clinic: ClinicFacts) -> None:
    bob = factories.bob(clinic)
    asking = person(bob)
    assert asking.get("/metrics/daily/").status_code == 403
    with as_clinic(clinic.id):
        Membership.objects.filter(user=bob).update(role=Role.AUDITOR)
    assert asking.get("/metrics/daily/").status_code == 200


def test_support_ends_by_the_clock(clinic: ClinicFacts) -> None:
    sam = factories.platform_staff()
    asking = person(sam)
    require_problem(asking.get("/calls/"), 403)
    ends = timezone.now() + timedelta(minutes=30)
    with as_clinic(clinic.id):
        Membership.objects.create(clinic_id=clinic.id, user=sam, role=Role.SUPPORT, expires_at=ends)
    assert asking.get("/calls/").status_code == 200
    with as_clinic(clinic.id):
        Membership.objects.filter(user=sam).update(expires_at=timezone.now())
    require_problem(asking.get("/calls/"), 403)


def test_a_key_opens_its_own_clinic_whatever_is_named(alice: Machine, other_clinic: ClinicFacts) -> None:
    alice.headers["X-Clinic"] = "oak-street"
    assert alice.get("/calls/").status_code == 200
