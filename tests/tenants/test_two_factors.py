"""Second factors: adding, using, losing and removing them; what is kept of them, and who must have one."""

import base64

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tenants.accounts import SecondFactors
from tenants.domain import ClinicFacts
from tenants.models import User
from tenants.vault import CannotUnwrap, wrap
from tests.tenants import factories
from tests.tenants.entrance import (
    add_app,
    add_app_by_the_page,
    code_of,
    give_code,
    is_signed_in,
    last_row,
    recovery_codes,
    shown_key,
    sign_in,
    trail,
    wrong_code,
)
from tests.tenants.sign_in import add_second_factor, client_of

pytestmark = pytest.mark.django_db
PAGE = "/account/2fa/"
_ENCODED = '{"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AAAA"}'
NONSENSE = (
    "{}", '{"id": "x", "response": {"userHandle": "AAAA"}}', "[]", "7", "not json", "",
    '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": ' + _ENCODED + "}",
    '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"attestationObject": "oA"}}',
)  # fmt: skip


@pytest.fixture
def clinic() -> ClinicFacts:
    return factories.bright_smile()


@pytest.fixture
def alice(clinic: ClinicFacts) -> User:
    return factories.alice()


def test_the_password_alone_lets_nobody_in_who_has_an_app(client: Client, alice: User) -> None:
    secret = add_app(alice)
    answer = sign_in(client, alice.email)
    assert answer["Location"] == f"{PAGE}authenticate/"
    assert not is_signed_in(client)
    assert give_code(client, code_of(secret)).status_code == 302
    assert is_signed_in(client)


def test_the_trail_says_by_what_somebody_signed_in(client: Client, clinic: ClinicFacts, alice: User) -> None:
    secret = add_app(alice)
    sign_in(client, alice.email)
    assert trail(clinic)[-1] != "signed_in"
    give_code(client, wrong_code(secret))
    assert trail(clinic)[-1] == "sign_in_failed"
    assert last_row(clinic)[3]["by"] == "code"
    give_code(client, code_of(secret))
    assert trail(clinic)[-1] == "signed_in"
    assert last_row(clinic)[3]["by"] == "password and authenticator app"


def test_a_code_is_used_once_as_long_as_it_is_right(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    secret = add_app(alice)
    code = code_of(secret, steps=1)  # of a phone that is early: right for another minute
    first, second = Client(), Client()
    sign_in(first, alice.email)
    give_code(first, code)
    assert is_signed_in(first)
    sign_in(second, alice.email)
    give_code(second, code)
    assert not is_signed_in(second)
    with connection.cursor() as cursor:  # allauth's own mark is gone after half a minute
        cursor.execute("DELETE FROM tenants_cache WHERE cache_key LIKE '%%mfa.totp.used%%'")
        assert cursor.rowcount == 1
    give_code(second, f"{code[:3]} {code[3:]}")
    assert not is_signed_in(second)


def test_a_recovery_code_works_once(client: Client, clinic: ClinicFacts, alice: User) -> None:
    add_app(alice)
    code = recovery_codes(alice)[3]
    sign_in(client, alice.email)
    give_code(client, code)
    assert is_signed_in(client)
    assert trail(clinic)[-2:] == ["recovery_code_used", "signed_in"]
    assert code not in recovery_codes(alice)
    again = Client()
    sign_in(again, alice.email)
    give_code(again, code)
    assert not is_signed_in(again)


def test_after_five_wrong_codes_the_right_one_is_refused_too(client: Client, alice: User) -> None:
    secret = add_app(alice)
    sign_in(client, alice.email)
    for _ in range(5):
        give_code(client, wrong_code(secret))
    give_code(client, code_of(secret))
    assert not is_signed_in(client)


def test_somebody_adds_an_app_keeps_the_codes_and_signs_in_with_it(clinic: ClinicFacts, alice: User) -> None:
    client = client_of(alice, clinic)
    secret = add_app_by_the_page(client)
    before = trail(clinic)
    page = client.get(f"{PAGE}recovery-codes/").content.decode()
    assert all(code in page for code in recovery_codes(alice))
    download = client.get(f"{PAGE}recovery-codes/download/")
    assert download["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert all(code in download.content.decode() for code in recovery_codes(alice))
    assert trail(clinic) == [*before, "recovery_codes_seen", "recovery_codes_seen"]
    assert "no-store" in client.get(f"{PAGE}recovery-codes/")["Cache-Control"]
    again = Client()
    sign_in(again, alice.email)
    give_code(again, code_of(secret, steps=1))
    assert is_signed_in(again)


def test_a_wrong_first_code_adds_nothing_and_the_key_stays(clinic: ClinicFacts, alice: User) -> None:
    client = client_of(alice, clinic)
    page = client.get(f"{PAGE}totp/activate/").content.decode()
    secret = shown_key(page)
    answer = client.post(f"{PAGE}totp/activate/", {"code": wrong_code(secret)})
    assert secret in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_new_codes_make_the_old_ones_worthless(clinic: ClinicFacts, alice: User) -> None:
    add_app(alice)
    old = recovery_codes(alice)
    client = client_of(alice, clinic)
    assert client.post(f"{PAGE}recovery-codes/generate/").status_code == 302
    assert not set(old) & set(recovery_codes(alice))


def test_no_secret_is_in_the_database_in_clear(clinic: ClinicFacts, alice: User) -> None:
    client = client_of(alice, clinic)
    page = client.get(f"{PAGE}totp/activate/").content.decode()
    waiting = shown_key(page)
    assert waiting not in str(client.session.load())
    secret = add_app(alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        kept = str(cursor.fetchall())
    assert secret not in kept
    assert not any(code in kept for code in recovery_codes(alice))
    totp = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert SecondFactors().decrypt(totp.data["secret"]) == secret


def test_what_was_sealed_for_something_else_does_not_open() -> None:
    sealed = SecondFactors().encrypt("secret")
    assert sealed != SecondFactors().encrypt("secret")
    with pytest.raises(CannotUnwrap):
        SecondFactors().decrypt(_as_text(wrap(b"secret", "a caller key")))


def test_removing_the_last_factor_takes_the_codes_along(clinic: ClinicFacts, alice: User) -> None:
    add_app(alice)
    client = client_of(alice, clinic)
    before = trail(clinic)
    assert client.get(f"{PAGE}totp/deactivate/").status_code == 200
    client.post(f"{PAGE}totp/deactivate/")
    assert not Authenticator.objects.exists()
    assert trail(clinic) == [*before, "totp_removed"]


def test_changes_are_for_those_who_have_just_said_who_they_are(clinic: ClinicFacts, alice: User) -> None:
    add_app(alice)
    client = client_of(alice, clinic, recent=False)
    for path in ("totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "webauthn/add/"):
        answer = client.get(f"{PAGE}{path}")
        assert answer["Location"].startswith("/account/reauthenticate/?next="), path
    client.post("/account/reauthenticate/", {"password": factories.PASSWORD})
    assert client.get(f"{PAGE}recovery-codes/").status_code == 200


def test_somebody_confirms_by_a_code(clinic: ClinicFacts, alice: User) -> None:
    secret = add_app(alice)
    client = client_of(alice, clinic, recent=False)
    answer = client.post(f"{PAGE}reauthenticate/", {"code": code_of(secret), "next": f"{PAGE}recovery-codes/"})
    assert answer["Location"] == f"{PAGE}recovery-codes/"
    assert trail(clinic)[-1] == "reauthenticated"


def test_a_passkey_that_is_none_is_refused_and_on_record(client: Client) -> None:
    before = trail()
    for nonsense in NONSENSE:
        answer = client.post(f"{PAGE}webauthn/login/", {"credential": nonsense})
        assert answer["Location"] == "/account/login/"
    assert set(trail()[len(before) :]) == {"sign_in_failed"}


def test_nonsense_in_place_of_a_passkey_is_refused_by_every_page(
    client: Client, clinic: ClinicFacts, alice: User
) -> None:
    add_app(alice)
    sign_in(client, alice.email)
    assert client.post(f"{PAGE}authenticate/", {"credential": NONSENSE[1]}).status_code == 200
    signed_in = client_of(alice, clinic)
    assert signed_in.post(f"{PAGE}webauthn/reauthenticate/", {"credential": NONSENSE[1]}).status_code == 302
    for nonsense in NONSENSE:
        assert signed_in.post(f"{PAGE}webauthn/add/", {"credential": nonsense}).status_code == 200
    assert not Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).exists()


def test_a_passkey_of_somebody_else_is_not_there(clinic: ClinicFacts, alice: User) -> None:
    bobs = Authenticator.objects.create(
        user=factories.bob(clinic), type=Authenticator.Type.WEBAUTHN, data={"name": "Bob’s", "credential": {}}
    )
    client = client_of(alice, clinic)
    for page in ("edit", "remove"):
        for method in (client.get, client.post):
            assert method(f"{PAGE}webauthn/keys/{bobs.pk}/{page}/").status_code == 404
    assert "Bob’s" not in client.get(f"{PAGE}webauthn/").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "", "reauthenticate/", "totp/activate/", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/",
        "recovery-codes/download/", "webauthn/", "webauthn/add/", "webauthn/reauthenticate/", "webauthn/keys/1/edit/",
        "webauthn/keys/1/remove/", "authenticate/",
    ],
)  # fmt: skip
def test_no_page_opens_for_somebody_who_is_signed_out(client: Client, path: str) -> None:
    answer = client.get(PAGE + path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")
    assert client.post(PAGE + path).status_code in {302, 405}


@pytest.mark.parametrize("name", ["mfa_trust", "mfa_signup_webauthn", "account_email", "account_signup_by_passkey"])
def test_pages_that_have_no_use_here_are_not_there(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("path", ["", "recovery-codes/", "recovery-codes/download/"])
def test_pages_to_look_at_take_no_post(clinic: ClinicFacts, alice: User, path: str) -> None:
    add_second_factor(alice)
    assert client_of(alice, clinic).post(PAGE + path).status_code == 405


def _as_text(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()
