"""Invitations for tests: made by the service, read out of the mail as the invited person does."""

import re
from datetime import datetime

from django.core import mail

from tenants import services
from tenants.domain import ClinicFacts, Role
from tenants.events import SYSTEM, Actor
from tenants.models import Invitation
from tenants.scope import as_clinic

LINK = re.compile(r"^http://testserver(/invitations/[\w-]{43}/)$", re.MULTILINE)


def invited(clinic: ClinicFacts, email: str, role: Role, now: datetime, actor: Actor = SYSTEM) -> str:
    """The hash of the link's token. Its mail goes out where something is committed."""
    invitation_id = services.invite_member(
        clinic_id=clinic.id, email=email, role=role, now=now, actor=actor, if_unsent=lambda: None
    )
    with as_clinic(clinic.id):
        return bytes(Invitation.objects.get(pk=invitation_id).token_hash).hex()


def link_in(message: mail.EmailMessage) -> str:
    """The path of the link."""
    [path] = LINK.findall(str(message.body))
    return str(path)
