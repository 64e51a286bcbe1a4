"""Test clients of people who are signed in, without the form; signing in by the form has its own tests."""

import time

from allauth.mfa.models import Authenticator
from django.test import Client

from tenants.access import SESSION_CLINIC
from tenants.domain import ClinicFacts
from tenants.models import User


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


def add_second_factor(user: User) -> None:
    """An authenticator app that nobody has; for pages that want a second factor to be there."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "unknown"})
