"""Access tokens that are forged, bent, borrowed or over: all 401 with one answer."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings
from django.utils import timezone

from tenants import tokens
from tenants.derivation import derive_key
from tenants.domain import ClinicFacts
from tenants.models import TokenFamily, User
from tests.api.client import Machine, a_uuid, bearer, person, require_problem
from tests.api.token_sign_ins import ALICE, signed_in
from tests.tenants import factories

pytestmark = pytest.mark.django_db
KEY = derive_key("ringback/access-token/v1")
Forge = Callable[..., str]


@pytest.fixture
def good(clinic: ClinicFacts) -> str:
    asking = person(User.objects.get(email=ALICE))
    return asking.headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def forge(good: str) -> Forge:
    """A token like the good one but for some claims (None leaves one out), the header, the key. Made by hand: a library
    refuses to make the worst ones."""
    payload = jwt.decode(good, options={"verify_signature": False})

    def forge(key: Any = KEY, alg: str = "HS256", header: dict[str, Any] | None = None, **claims: Any) -> str:
        bent = {name: value for name, value in {**payload, **claims}.items() if value is not None}
        return signed(json.dumps({"alg": alg, "typ": "at+jwt", **(header or {})}).encode(), bent, key, alg)

    return forge


def signed(header: bytes, payload: Any, key: Any = KEY, alg: str = "HS256") -> str:
    text = f"{b64(header)}.{b64(payload)}"
    hashed = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[alg[2:]]
    if isinstance(key, bytes):
        signature = hmac.digest(key, text.encode(), hashed.name)
    else:
        form = padding.PSS(padding.MGF1(hashed), hashed.digest_size) if alg[:2] == "PS" else padding.PKCS1v15()
        signature = key.sign(text.encode(), form, hashed)
    return f"{text}.{b64(signature)}"


def b64(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def require_refused(token: str) -> None:
    response = bearer(token).get("/calls/")
    body = require_problem(response, 401)
    assert body["type"] == "about:blank"
    assert "Bearer" in response["WWW-Authenticate"]


def test_what_a_good_one_holds_and_nothing_else(good: str) -> None:
    header = jwt.get_unverified_header(good)
    claims = jwt.decode(good, options={"verify_signature": False})
    family = TokenFamily.objects.get()
    assert header == {"alg": "HS256", "typ": "at+jwt"}
    assert set(claims) == {"iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti"}
    assert (claims["iss"], claims["aud"]) == (settings.PUBLIC_URL, "ringback-api")
    assert (claims["sub"], claims["sid"]) == (str(family.user_id), str(family.id))
    assert claims["exp"] - claims["iat"] == 600 and claims["nbf"] == claims["iat"]
    assert bearer(good).get("/calls/").status_code == 200


def test_a_forgery_that_changes_nothing_is_let_in(forge: Forge) -> None:
    """Or the tests below would prove nothing."""
    assert bearer(forge()).get("/calls/").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"}, {"aud": ["ringback-api"]}, {"aud": ["ringback-api", "another"]}, {"aud": None},
        {"iss": "https://mallory.example"}, {"iss": None}, {"iss": ""}, {"iss": ["http://127.0.0.1:8000"]},
        {"exp": 1}, {"exp": None}, {"exp": "tomorrow"}, {"exp": True}, {"exp": -1}, {"nbf": None}, {"nbf": "now"},
        {"iat": None}, {"iat": "now"}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "alice@bright-smile.example"},
        {"sid": None}, {"sid": "x"}, {"sid": 7}, {"sid": "' OR 1=1 --"}, {"jti": None}, {"jti": 7}, {"role": "admin"},
        {"clinic_id": "x"}, {"email": "x@x.example"},
    ],
    ids=str,
)  # fmt: skip
def test_bent_claims_are_refused_even_with_the_right_key(claims: dict[str, Any], forge: Forge) -> None:
    require_refused(forge(**claims))


def test_times_are_looked_at(forge: Forge) -> None:
    now = int(timezone.now().timestamp())
    require_refused(forge(exp=now - 6))
    require_refused(forge(nbf=now + 60))
    require_refused(forge(iat=now + 60))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "AT+JWT", "application/at+jwt", "refresh", "", None])
def test_another_type_is_refused(typ: str | None, forge: Forge) -> None:
    require_refused(forge(header={"typ": typ}))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "1"}, {"kid": "../../dev/null"}, {"kid": "' UNION SELECT 'key"}, {"jku": "https://mallory.example/keys"},
        {"x5u": "https://mallory.example/cert"}, {"jwk": {"kty": "oct", "k": "AA"}}, {"crit": ["exp"]}, {"b64": False},
        {"zip": "DEF"}, {"cty": "JWT"},
    ],
    ids=str,
)  # fmt: skip
def test_a_header_with_anything_more_is_refused(header: dict[str, Any], forge: Forge) -> None:
    require_refused(forge(header=header))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_without_an_algorithm_it_is_refused(alg: str, good: str) -> None:
    payload, signature = good.split(".")[1:]
    for ending in ("", signature):
        require_refused(f"{b64({'alg': alg, 'typ': 'at+jwt'})}.{payload}.{ending}")


def test_other_algorithms_are_refused(forge: Forge) -> None:
    for algorithm in ("HS384", "HS512"):
        require_refused(forge(alg=algorithm))
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for algorithm in ("RS256", "PS256"):
        require_refused(forge(private, algorithm))
    # and a public key in the place of the secret
    for encoding in (serialization.Encoding.DER, serialization.Encoding.PEM):
        public = private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        require_refused(forge(public))


def test_other_keys_are_refused(forge: Forge) -> None:
    for key in (b"\x00" * 32, settings.SECRET_KEY.encode() + b"\x00" * 32, derive_key("ringback/throttle/v1")):
        require_refused(forge(key))


def test_every_character_is_signed(good: str) -> None:
    for place in range(0, len(good) - 1, 11):  # of the last one two bits mean nothing
        other = "A" if good[place] != "A" else "B"
        require_refused(good[:place] + other + good[place + 1 :])


def test_a_payload_of_somebody_else_is_refused(good: str, other_clinic: ClinicFacts) -> None:
    charlie = factories.charlie()
    header, payload, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    require_refused(f"{header}.{b64({**claims, 'sub': str(charlie.id)})}.{signature}")


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c", "a.b.c.d", "...", "é.é.é", "a b", "a.b.c, Bearer a.b.c", "null", "[]", "{}.{}.{}"],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    require_refused(token)


@pytest.mark.parametrize("change", ["{}=", "{}==", " {} x", "{}\u00e4", "{},", "{}.", ".{}", "{}\x00", '"{}"'])
def test_a_good_one_with_anything_around_it_is_refused(change: str, good: str) -> None:
    require_refused(change.format(good))


def test_shapes_that_are_no_token_are_refused(good: str) -> None:
    for shape in (b"null", b"[]", b"7", b'"x"', b"{}", b"\xff", b"[" * 500, b'{"alg":"HS256","alg":"none"}'):
        require_refused(signed(shape, jwt.decode(good, options={"verify_signature": False})))
        require_refused(signed(b'{"alg": "HS256", "typ": "at+jwt"}', shape))


def test_a_huge_one_is_not_even_read(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_verified", lambda token: pytest.fail("it was read"))
    for length in (2_000, 500_000):
        require_refused(forge(jti="x" * length))


def test_a_refresh_token_opens_nothing_and_an_access_token_gives_none(clinic: ClinicFacts) -> None:
    factories.alice()  # with a password
    pair = signed_in()
    require_refused(pair["refresh"])
    for path in ("/token/refresh/", "/token/revoke/"):
        response = Machine(None).post(path, {"refresh": pair["access"]})
        assert response.status_code in {400, 401}  # it is longer than a refresh token can be
    assert bearer(pair["access"]).get("/calls/").status_code == 200


def test_the_sign_in_of_another_person_is_refused(forge: Forge, other_clinic: ClinicFacts) -> None:
    charlie = factories.charlie()
    theirs = person(charlie)
    family = TokenFamily.objects.get(user=charlie)
    require_refused(forge(sid=str(family.id)))
    require_refused(forge(sub=str(charlie.id)))
    require_refused(forge(sid=a_uuid()))
    require_refused(forge(sub=a_uuid()))
    assert bearer(forge(sub=str(charlie.id), sid=str(family.id))).get("/calls/").status_code == 200  # only by our key
    assert theirs.get("/calls/").status_code == 200


def test_a_sign_in_that_is_over_is_refused(good: str) -> None:
    TokenFamily.objects.update(expires_at=timezone.now())
    require_refused(good)
    TokenFamily.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert bearer(good).get("/calls/").status_code == 200
    TokenFamily.objects.update(ended_at=timezone.now())
    require_refused(good)


def test_who_is_no_longer_active_is_refused(good: str) -> None:
    User.objects.update(is_active=False)
    require_refused(good)


def test_another_secret_key_ends_all_tokens(good: str, settings: Any) -> None:
    settings.SECRET_KEY = "another " * 8
    require_refused(good)


def test_the_scheme_is_read_in_any_case(good: str) -> None:
    asking = Machine(None)
    for scheme in ("bearer", "BEARER", "BeArEr"):
        asking.headers = {"Authorization": f"{scheme} {good}"}
        assert asking.get("/calls/").status_code == 200


@pytest.mark.parametrize("scheme", ["Basic", "Token", "JWT", "Bearer:", "Bearertoken", "Api-Key"])
def test_under_another_scheme_it_is_nothing(scheme: str, good: str) -> None:
    asking = Machine(None)
    asking.headers = {"Authorization": f"{scheme} {good}"}
    require_problem(asking.get("/calls/"), 401)


def test_two_authorizations_are_none(good: str, alice: Machine) -> None:
    """Servers join two headers with a comma, or with a comma and a space."""
    asking, key = Machine(None), alice.headers["Authorization"]
    for first, second in ((f"Bearer {good}", key), (key, f"Bearer {good}"), (f"Bearer {good}",) * 2):
        for comma in (",", ", "):
            asking.headers = {"Authorization": first + comma + second}
            require_problem(asking.get("/calls/"), 401)


def test_a_token_in_the_address_or_the_body_is_nothing(good: str) -> None:
    require_problem(Machine(None).get("/calls/", access_token=good), 401)
    require_problem(Machine(None).post("/calls/", {"access_token": good}), 401)


def test_a_session_is_no_token(good: str) -> None:
    asking = Machine(None)
    asking._client.force_login(User.objects.get(email=ALICE))
    require_problem(asking.get("/calls/"), 401)
