"""What allauth tells once a second factor is committed: the trail and a mail. So these tests commit."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail

from tests.tenants import factories
from tests.tenants.entrance import code_of, shown_key, trail
from tests.tenants.sign_in import client_of

PAGE = "/account/2fa/"


@pytest.mark.usefixtures("committed_db")
def test_factors_that_come_and_go_are_on_record_and_their_owner_is_told() -> None:
    clinic = factories.bright_smile()
    alice = factories.alice()
    client = client_of(alice, clinic)
    before = trail(clinic)
    secret = shown_key(client.get(f"{PAGE}totp/activate/").content.decode())
    client.post(f"{PAGE}totp/activate/", {"code": code_of(secret)})
    client.post(f"{PAGE}recovery-codes/generate/")
    Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}})
    key = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN)
    client.post(f"{PAGE}webauthn/keys/{key.pk}/remove/")
    client.post(f"{PAGE}totp/deactivate/")
    assert trail(clinic)[len(before) :] == [
        "totp_added", "recovery_codes_made", "recovery_codes_made", "passkey_removed", "totp_removed",
    ]  # fmt: skip
    assert {message.to[0] for message in mail.outbox} == {alice.email}
    assert len(mail.outbox) == 4
    assert all(secret not in message.body for message in mail.outbox)
