"""Test clients of people who are signed in, without the form; signing in by the form has its own tests."""

import time

from allauth.mfa.models import Authenticator
from django.test import Client

from tenants.access import SESSION_CLINIC
from tenants.domain import ClinicFacts, Role
from tenants.models import User
from tenants.services import add_member


def client_of(user: User, clinic: ClinicFacts | None = None, *, recent: bool = True) -> Client:
    """A signed-in person, in this clinic; `recent`: they have just said who they are."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    at = time.time() - (0 if recent else 24 * 60)
    session["account_authentication_methods"] = [{"method": "password", "at": at, "email": user.email}]
    session["account_authentication_methods_user"] = str(user.pk)  # of somebody else, allauth takes them for none
    if clinic is not None:
        session[SESSION_CLINIC] = str(clinic.id)
    session.save()
    return client


def client_with(clinic: ClinicFacts, role: Role, *, recent: bool = True) -> Client:
    """The client of somebody who has just been added to the clinic in this role."""
    email = f"{role}@{clinic.slug}.example"
    add_member(clinic_id=clinic.id, email=email, role=role)
    return client_of(User.objects.get(email=email), clinic, recent=recent)


def add_second_factor(user: User) -> None:
    """An authenticator app that nobody has; for pages that want a second factor to be there."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "unknown"})
