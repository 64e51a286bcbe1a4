"""Several people at once: a clinic always keeps an admin, and an invitation makes one membership."""

import threading
import uuid
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection

from tenants import selectors, services
from tenants.domain import Role
from tenants.events import Actor, ActorKind, Event
from tenants.models import Membership, User
from tenants.scope import as_clinic
from tests.tenants.factories import NOW, bright_smile
from tests.tenants.invited import invited
from tests.tenants.trail import events

pytestmark = pytest.mark.usefixtures("committed_db")


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each came to, in a thread with a connection of its own: an answer, or what it raised."""
    outcomes: list[object] = []
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            outcomes.append(work())
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def _admins(clinic_id: uuid.UUID) -> list[uuid.UUID]:
    return [one.user_id for one in selectors.list_members(clinic_id) if one.role is Role.ADMIN]


def test_of_two_admins_who_demote_each_other_one_stays() -> None:
    clinic = bright_smile()

    def demote(whom: uuid.UUID, by: uuid.UUID) -> bool:
        return services.change_role(
            clinic_id=clinic.id, user_id=whom, role=Role.AUDITOR, now=NOW, actor=Actor(ActorKind.PERSON, by)
        )

    for _ in range(5):
        services.add_member(clinic_id=clinic.id, email="alice@bright-smile.example", role=Role.ADMIN)
        services.add_member(clinic_id=clinic.id, email="dora@bright-smile.example", role=Role.ADMIN)
        one, other = _admins(clinic.id)
        outcomes = at_once(partial(demote, one, other), partial(demote, other, one))
        assert [outcome for outcome in outcomes if outcome is True] == [True]
        assert [type(outcome) for outcome in outcomes if outcome is not True] == [services.LastAdmin]
        assert len(_admins(clinic.id)) == 1


def test_of_two_admins_who_leave_at_once_one_stays() -> None:
    clinic = bright_smile()
    services.add_member(clinic_id=clinic.id, email="dora@bright-smile.example", role=Role.ADMIN)

    def leave(who: uuid.UUID) -> None:
        services.remove_member(clinic_id=clinic.id, user_id=who, now=NOW, actor=Actor(ActorKind.PERSON, who))

    one, other = _admins(clinic.id)
    outcomes = at_once(lambda: leave(one), lambda: leave(other))
    assert outcomes.count(None) == 1
    assert len(_admins(clinic.id)) == 1


def test_two_clicks_make_one_account_and_one_membership() -> None:
    clinic = bright_smile()
    credential = invited(clinic, "erin@bright-smile.example", Role.RECEPTIONIST, NOW)

    def register() -> object:
        return services.register_and_join(
            credential=credential, name="Erin", password="a few plain words", now=NOW, actor=Actor(ActorKind.NOBODY)
        )

    outcomes = at_once(register, register, register)
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 2
    assert User.objects.filter(email="erin@bright-smile.example").count() == 1
    with as_clinic(clinic.id):
        assert Membership.objects.filter(user__email="erin@bright-smile.example").count() == 1
    assert len(events(clinic.id, Event.INVITATION_ACCEPTED)) == 1


def test_two_invitations_of_one_address_at_once_are_one() -> None:
    clinic = bright_smile()
    outcomes = at_once(*[lambda: invited(clinic, "erin@bright-smile.example", Role.AUDITOR, NOW)] * 3)
    assert sum(isinstance(outcome, services.BadInput) for outcome in outcomes) == 2
    assert len(selectors.list_invitations(clinic.id, NOW)) == 1
    assert len(events(clinic.id, Event.MEMBER_INVITED)) == 1
