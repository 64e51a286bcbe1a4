"""One person of each kind, at one clinic, and somebody of another."""

from dataclasses import dataclass
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tenants import services
from tenants.domain import ClinicFacts, Role
from tenants.models import Membership, User
from tenants.scope import as_clinic
from tests.tenants.factories import bright_smile, oak_street
from tests.tenants.sign_in import add_second_factor, client_of

ROLES = tuple(role.value for role in Role)


@dataclass(frozen=True)
class Town:
    """Bright Smile with somebody of each role, Oak Street with Charlie, and a stranger who belongs to no clinic."""

    clinic: ClinicFacts
    other: ClinicFacts
    people: dict[str, User]

    def client(self, who: str, *, recent: bool = True) -> Client:
        """`nobody`, a role at Bright Smile, `stranger`, `staff` (of the platform, no clinic) or `charlie`."""
        if who == "nobody":
            return Client()
        at = self.clinic if who in ROLES else None
        return client_of(self.people[who], at, recent=recent)


def found_town() -> Town:
    clinic, other = bright_smile(), oak_street()
    people = {
        "admin": User.objects.get(email="alice@bright-smile.example"),
        "charlie": User.objects.get(email="charlie@oak-street.example"),
        "staff": _somebody("sam@ringback.example", is_staff=True, is_superuser=True),
        "support": _somebody("pat@ringback.example", is_staff=True, is_superuser=True),
        "stranger": _somebody("stranger@example.org"),
    }
    for role in (Role.MANAGER, Role.RECEPTIONIST, Role.AUDITOR):
        email = f"{role.value}@bright-smile.example"
        services.add_member(clinic_id=clinic.id, email=email, role=role)
        people[role.value] = User.objects.get(email=email)
    with as_clinic(clinic.id):
        until = timezone.now() + timedelta(minutes=30)
        Membership.objects.create(clinic_id=clinic.id, user=people["support"], role=Role.SUPPORT, expires_at=until)
    for person in people.values():
        add_second_factor(person)
    return Town(clinic, other, people)


def _somebody(email: str, **fields: bool) -> User:
    """Without a password: hashing one costs more than all else here."""
    return User.objects.create_user(email, None, **fields)
