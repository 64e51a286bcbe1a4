"""Roles and memberships: what an admin can change, what follows from it at once, and what is refused."""

import uuid

import pytest

from tenants import selectors, services
from tenants.domain import ClinicFacts, Role
from tenants.events import Actor, ActorKind, Event
from tenants.models import Membership, TokenFamily, User
from tenants.scope import as_clinic
from tests.tenants.factories import NOW, alice, bob, bright_smile, oak_street
from tests.tenants.sign_in import add_second_factor
from tests.tenants.trail import details, events

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


def actor(user: User) -> Actor:
    return Actor(ActorKind.PERSON, user.id)


def roles(clinic: ClinicFacts) -> dict[str, Role]:
    return {member.email.partition("@")[0]: member.role for member in selectors.list_members(clinic.id)}


def change(clinic: ClinicFacts, user: User, role: Role, by: User) -> bool:
    return services.change_role(clinic_id=clinic.id, user_id=user.id, role=role, now=NOW, actor=actor(by))


def test_an_admin_gives_another_role_and_it_is_on_record_once(clinic: ClinicFacts) -> None:
    member = bob(clinic)
    assert change(clinic, member, Role.MANAGER, alice())
    assert roles(clinic) == {"alice": Role.ADMIN, "bob": Role.MANAGER}
    [row] = events(clinic.id, Event.ROLE_CHANGED)
    assert (row.actor_id, row.target) == (alice().id, str(member.id))
    said = details(row)
    assert (said["before"], said["after"]) == ({"role": "receptionist"}, {"role": "manager"})


def test_the_same_role_again_changes_nothing(clinic: ClinicFacts) -> None:
    assert not change(clinic, bob(clinic), Role.RECEPTIONIST, alice())
    assert events(clinic.id, Event.ROLE_CHANGED) == []


def test_a_change_of_role_ends_the_sign_ins_to_the_api(clinic: ClinicFacts) -> None:
    member = bob(clinic)
    family = TokenFamily.objects.create(user=member, created_at=NOW, expires_at=NOW)
    change(clinic, member, Role.AUDITOR, alice())
    family.refresh_from_db()
    assert (family.ended_at, family.end_reason) == (NOW, "role")


def test_a_removal_ends_the_sign_ins_to_the_api(clinic: ClinicFacts) -> None:
    member = bob(clinic)
    family = TokenFamily.objects.create(user=member, created_at=NOW, expires_at=NOW)
    services.remove_member(clinic_id=clinic.id, user_id=member.id, now=NOW, actor=actor(alice()))
    family.refresh_from_db()
    assert (family.ended_at, family.end_reason) == (NOW, "removed")


def test_a_removed_member_is_gone_and_it_is_on_record_once(clinic: ClinicFacts) -> None:
    member = bob(clinic)
    services.remove_member(clinic_id=clinic.id, user_id=member.id, now=NOW, actor=actor(alice()))
    assert roles(clinic) == {"alice": Role.ADMIN}
    assert selectors.list_memberships(member.id, NOW) == []
    [row] = events(clinic.id, Event.MEMBER_REMOVED)
    assert (row.target, details(row)["role"]) == (str(member.id), "receptionist")


def test_nobody_changes_the_own_role(clinic: ClinicFacts) -> None:
    owner = alice()
    services.add_member(clinic_id=clinic.id, email="dora@bright-smile.example", role=Role.ADMIN)
    with pytest.raises(services.BadInput, match="your own role"):
        change(clinic, owner, Role.MANAGER, owner)
    assert roles(clinic)["alice"] is Role.ADMIN


def test_the_last_admin_can_be_neither_demoted_nor_removed(clinic: ClinicFacts) -> None:
    owner = alice()
    with pytest.raises(services.LastAdmin, match="needs an admin"):
        change(clinic, owner, Role.MANAGER, bob(clinic))
    with pytest.raises(services.LastAdmin, match="needs an admin"):
        services.remove_member(clinic_id=clinic.id, user_id=owner.id, now=NOW, actor=actor(owner))
    assert roles(clinic)["alice"] is Role.ADMIN
    assert events(clinic.id, Event.ROLE_CHANGED, Event.MEMBER_REMOVED) == []


def test_one_of_two_admins_can_leave(clinic: ClinicFacts) -> None:
    owner = alice()
    services.add_member(clinic_id=clinic.id, email="dora@bright-smile.example", role=Role.ADMIN)
    services.remove_member(clinic_id=clinic.id, user_id=owner.id, now=NOW, actor=actor(owner))
    assert roles(clinic) == {"dora": Role.ADMIN}


def test_an_admin_of_another_clinic_is_no_admin_here(clinic: ClinicFacts) -> None:
    oak_street()
    with pytest.raises(services.LastAdmin):
        services.remove_member(clinic_id=clinic.id, user_id=alice().id, now=NOW, actor=actor(alice()))


def test_it_refuses_a_role_that_nobody_can_give(clinic: ClinicFacts) -> None:
    with pytest.raises(services.BadInput, match="can’t be given"):
        change(clinic, bob(clinic), Role.SUPPORT, alice())


@pytest.mark.parametrize("whose", ["nobody's", "another clinic's"])
def test_it_refuses_somebody_who_is_no_member(clinic: ClinicFacts, whose: str) -> None:
    other = oak_street()
    stranger = uuid.uuid4() if whose == "nobody's" else User.objects.get(email="charlie@oak-street.example").id
    with pytest.raises(services.UnknownMember):
        services.change_role(clinic_id=clinic.id, user_id=stranger, role=Role.AUDITOR, now=NOW, actor=actor(alice()))
    with pytest.raises(services.UnknownMember):
        services.remove_member(clinic_id=clinic.id, user_id=stranger, now=NOW, actor=actor(alice()))
    assert roles(other) == {"charlie": Role.ADMIN}


def test_support_access_is_no_membership_to_be_managed(clinic: ClinicFacts) -> None:
    helper = User.objects.create_user("sam@ringback.example")
    with as_clinic(clinic.id):
        Membership.objects.create(clinic_id=clinic.id, user=helper, role=Role.SUPPORT, expires_at=NOW)
    assert "sam" not in roles(clinic)
    with pytest.raises(services.UnknownMember):
        change(clinic, helper, Role.ADMIN, alice())


def test_the_list_says_who_has_a_second_factor(clinic: ClinicFacts) -> None:
    bob(clinic)
    add_second_factor(alice())
    factors = {member.called.partition("@")[0]: member.has_second_factor for member in
               selectors.list_members(clinic.id)}  # fmt: skip
    assert factors == {"alice": True, "bob": False}
