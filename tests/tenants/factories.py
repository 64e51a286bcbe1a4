"""The people of the tests: Alice owns Bright Smile, Bob works at its front desk, Charlie owns Oak Street.

Plain functions; time is passed in. Nothing here is a fixture.
"""

import uuid
from datetime import UTC, datetime

from tenants import selectors, services
from tenants.domain import ClinicFacts, Role
from tenants.models import Clinic, User

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


def bright_smile(now: datetime = NOW, **fields: object) -> ClinicFacts:
    """Alice's clinic, in London."""
    return make_clinic("Bright Smile", "bright-smile", "alice@bright-smile.example", now, **fields)


def oak_street(now: datetime = NOW, **fields: object) -> ClinicFacts:
    """Charlie's clinic, in New York."""
    facts = make_clinic("Oak Street", "oak-street", "charlie@oak-street.example", now, **fields)
    Clinic.objects.filter(pk=facts.id).update(timezone="America/New_York", region="US", currency="USD")
    return selectors.get_clinic(facts.id)


def make_clinic(name: str, slug: str, owner_email: str, now: datetime = NOW, **fields: object) -> ClinicFacts:
    made = services.create_clinic(
        details=services.ClinicDetails(name=name, slug=slug), owner_email=owner_email, now=now
    )
    if fields:
        Clinic.objects.filter(pk=made.clinic_id).update(**fields)
    return selectors.get_clinic(made.clinic_id)


def alice() -> User:
    """The owner of Bright Smile; make the clinic first."""
    return _with_password("alice@bright-smile.example")


def bob(clinic: ClinicFacts) -> User:
    """At the front desk of Bright Smile."""
    services.add_member(clinic_id=clinic.id, email="bob@bright-smile.example", role=Role.RECEPTIONIST)
    return _with_password("bob@bright-smile.example")


def charlie() -> User:
    """The owner of Oak Street; make the clinic first."""
    return _with_password("charlie@oak-street.example")


def platform_staff(email: str = "sam@ringback.example", *, is_superuser: bool = True) -> User:
    """Works for the platform and for no clinic."""
    return User.objects.create_user(email, PASSWORD, is_staff=True, is_superuser=is_superuser)


def caller() -> uuid.UUID:
    return uuid.uuid4()


def _with_password(email: str) -> User:
    user = User.objects.get(email=email)
    services.set_password(user_id=user.id, password=PASSWORD)
    return User.objects.get(email=email)
