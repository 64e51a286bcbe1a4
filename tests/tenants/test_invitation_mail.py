"""When the mail of an invitation goes out, and what is said when it can't; with commits that are real."""

import smtplib
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from tenants import selectors
from tests.tenants import factories
from tests.tenants.factories import bright_smile
from tests.tenants.sign_in import client_of

pytestmark = pytest.mark.usefixtures("committed_db")
PAGE = "/settings/people/"
ERIN = "erin@bright-smile.example"


def test_the_mail_leaves_after_the_commit_and_holds_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    within: list[bool] = []
    sends = "tenants.mail.EmailMultiAlternatives.send"
    monkeypatch.setattr(sends, lambda *_: within.append(connection.in_atomic_block))
    clinic = bright_smile(timezone.now())
    client_of(factories.alice(), clinic).post(f"{PAGE}invite/", {"email": ERIN, "role": "auditor"})
    assert within == [False]


@pytest.mark.parametrize("failure", [smtplib.SMTPServerDisconnected("gone"), ConnectionRefusedError(), TimeoutError()])
def test_when_it_does_not_go_out_the_invitation_stands_and_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: OSError
) -> None:
    def fail(*_: Any) -> None:
        raise failure

    clinic = bright_smile(timezone.now())
    alice = client_of(factories.alice(), clinic)
    with monkeypatch.context() as broken:
        broken.setattr("tenants.mail.EmailMultiAlternatives.send", fail)
        assert alice.post(f"{PAGE}invite/", {"email": ERIN, "role": "auditor"}).status_code == 303
    page = alice.get(PAGE).content.decode()
    assert "the mail did not go out" in page
    assert "Send again" in page
    assert type(failure).__name__ in caplog.text
    assert ERIN not in caplog.text
    [invitation] = selectors.list_invitations(clinic.id, timezone.now())
    alice.post(f"{PAGE}invitations/{invitation.id}/again/")
    assert [message.to for message in mail.outbox] == [[ERIN]]
    assert "did not go out" not in alice.get(PAGE).content.decode()
