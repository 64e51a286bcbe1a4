"""Opens many clinics in one process, with people who are signed in; a command for each would cost the tests minutes.

Run by `manage.py shell` on the served product; signing in by the form has its own tests.
"""

import dataclasses
import json
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from calls.services import add_connection
from tenants.domain import Role
from tenants.models import User
from tenants.services import ClinicDetails, add_member, create_clinic
from tests.stack import Stack

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Opening:
    """A clinic that takes calls: Alice owns it, Bob works at its front desk, Carol waits to be added to it."""

    slug: str
    clinic_id: str
    api_key: str
    alice: str  # e-mail addresses
    bob: str
    carol: str
    sessions: Mapping[str, str]  # e-mail address -> value of the cookie
    webhook_url: str
    webhook_secret: str


def open_clinics(stack: Stack, count: int) -> list[Opening]:
    script = f"from {__name__} import write_openings; write_openings({count})"
    made = stack.manage("shell", "--no-imports", "--verbosity", "0", "--command", script)
    return [Opening(**one) for one in json.loads(made)]


def add_to_clinic(stack: Stack, opening: Opening, email: str, role: Role) -> None:
    """Makes somebody of another clinic a member of this one."""
    script = (
        f"from {__name__} import *;"
        f" add_member(clinic_id={opening.clinic_id!r}, email={email!r}, role=Role({role.value!r}))"
    )
    stack.manage("shell", "--no-imports", "--command", script)


def write_openings(count: int) -> None:
    password = make_password(PASSWORD)  # once: it is meant to be slow
    sys.stdout.write(json.dumps([dataclasses.asdict(_open(password, timezone.now())) for _ in range(count)]))


def _open(password: str, now: datetime) -> Opening:
    slug, secret = f"clinic-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    alice, bob, carol = (f"{name}@{slug}.example" for name in ("alice", "bob", "carol"))
    clinic = create_clinic(details=ClinicDetails(name="Bright Smile", slug=slug), owner_email=alice, now=now)
    bob_id = add_member(clinic_id=clinic.clinic_id, email=bob, role=Role.RECEPTIONIST)
    carol_id = User.objects.create_user(carol).id
    hook = add_connection(clinic_id=clinic.clinic_id, provider="twilio", name="Main", secret=secret, now=now)
    return Opening(
        slug=slug,
        clinic_id=str(clinic.clinic_id),
        api_key=clinic.api_key,
        alice=alice,
        bob=bob,
        carol=carol,
        sessions={
            email: _sign_in(person_id, password)
            for email, person_id in ((alice, clinic.owner_id), (bob, bob_id), (carol, carol_id))
        },
        webhook_url=f"{settings.PUBLIC_URL}/hooks/twilio/{hook.token}",
        webhook_secret=secret,
    )


def _sign_in(user_id: uuid.UUID, password: str) -> str:
    User.objects.filter(pk=user_id).update(password=password)
    session = SessionStore()
    session[SESSION_KEY] = str(user_id)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = User.objects.get(pk=user_id).get_session_auth_hash()
    # They have just said who they are, and go on having done so however long the tests take.
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() + 24 * 60 * 60}]
    session["account_authentication_methods_user"] = str(user_id)
    session.create()
    UserSession.objects.create(user_id=user_id, session_key=session.session_key, ip="127.0.0.0", user_agent="")
    return str(session.session_key)
