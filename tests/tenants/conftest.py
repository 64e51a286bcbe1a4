"""What several files of these tests ask for."""

from typing import Any

import pytest
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from tenants import services
from tenants.domain import ClinicFacts, Role
from tenants.events import SYSTEM
from tests.tenants.factories import NOW
from tests.tenants.invited import link_in

ERIN = "erin@bright-smile.example"


@pytest.fixture
def mailed(clinic: ClinicFacts, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Any:
    """Invites somebody and returns the path of the link in the mail."""

    def invite(email: str = ERIN, role: Role = Role.RECEPTIONIST, into: ClinicFacts = clinic) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            services.invite_member(
                clinic_id=into.id, email=email, role=role, now=NOW, actor=SYSTEM, if_unsent=lambda: None
            )
        return link_in(mail.outbox[-1])

    return invite
