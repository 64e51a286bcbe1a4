"""Joining by the service, without the page in front of it: it trusts nobody who asks."""

from datetime import timedelta

import pytest

from tenants import selectors, services
from tenants.domain import ClinicFacts, Role
from tenants.events import Actor, ActorKind
from tenants.models import User
from tests.tenants import factories
from tests.tenants.factories import NOW, bright_smile, oak_street
from tests.tenants.invited import invited

pytestmark = pytest.mark.django_db
ERIN = "erin@bright-smile.example"
NOBODY = Actor(ActorKind.NOBODY)


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


def register(credential: str, after: timedelta = timedelta()) -> services.Joined:
    return services.register_and_join(
        credential=credential, name="Erin", password="a few plain words", now=NOW + after, actor=NOBODY
    )


def count(clinic: ClinicFacts) -> int:
    return len(selectors.list_members(clinic.id))


def test_it_sets_no_password_for_a_known_person(clinic: ClinicFacts) -> None:
    oak_street()
    before = factories.charlie().password
    credential = invited(clinic, "charlie@oak-street.example", Role.AUDITOR, NOW)
    with pytest.raises(services.MustSignIn):
        register(credential)
    assert User.objects.get(email="charlie@oak-street.example").password == before
    assert count(clinic) == 1


def test_it_refuses_an_invitation_for_somebody_else(clinic: ClinicFacts) -> None:
    credential = invited(clinic, ERIN, Role.ADMIN, NOW)
    oak_street()
    charlie = factories.charlie()
    with pytest.raises(services.UnknownInvitation):
        services.join_clinic(credential=credential, user_id=charlie.id, now=NOW, actor=NOBODY)
    assert count(clinic) == 1


@pytest.mark.parametrize("hours", [2, 7 * 24])
def test_it_refuses_an_old_link(clinic: ClinicFacts, hours: int) -> None:
    credential = invited(clinic, ERIN, Role.ADMIN, NOW)
    with pytest.raises(services.UnknownInvitation):
        register(credential, timedelta(hours=hours))
    assert not User.objects.filter(email=ERIN).exists()


def test_it_refuses_a_link_that_was_used_or_never_made(clinic: ClinicFacts) -> None:
    credential = invited(clinic, ERIN, Role.AUDITOR, NOW)
    erin = register(credential).user_id
    for worthless in (credential, "00" * 32):
        with pytest.raises(services.UnknownInvitation):
            register(worthless)
        with pytest.raises(services.UnknownInvitation):
            services.join_clinic(credential=worthless, user_id=erin, now=NOW, actor=NOBODY)
    assert count(clinic) == 2
