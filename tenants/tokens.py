"""Access tokens of people: signed JWTs of ten minutes, in the form of RFC 9068. Makes and reads them, asks no table.

HS256, under a key that is derived from SECRET_KEY: who makes a token is also the only one who reads it, so there is no
public key to hand out, and nothing to keep beside the secret that there is already. A token says whose it is and from
which sign-in; who that person is and what they may is asked of the database at each request.
"""

import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from django.conf import settings

from tenants.derivation import derive_key

LIFE: Final = timedelta(minutes=10)
MAX_LENGTH: Final = 1024  # ours have some 450 characters
_ALGORITHM: Final = "HS256"
_TYPE: Final = "at+jwt"
_AUDIENCE: Final = "ringback-api"
_PURPOSE: Final = "ringback/access-token/v1"
_CLAIMS: Final = ("iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti")
_SKEW: Final = timedelta(seconds=5)  # between the clocks of two web servers
_SPELT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER: Final = {"alg": _ALGORITHM, "typ": _TYPE}


class BadToken(ValueError):
    """Not an access token of ours, or one that has expired; it says no more than that."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and from which sign-in to the API."""

    user_id: uuid.UUID
    family_id: uuid.UUID


def make_access_token(claims: Claims, *, now: datetime, expires_at: datetime) -> str:
    """Signed; it ends at `expires_at`, which is `LIFE` from now at the most."""
    payload = {
        "iss": settings.PUBLIC_URL,
        "aud": _AUDIENCE,
        "sub": str(claims.user_id),
        "sid": str(claims.family_id),
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int(min(expires_at, now + LIFE).timestamp()),
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(payload, derive_key(_PURPOSE), algorithm=_ALGORITHM, headers={"typ": _TYPE})


def read_access_token(token: str) -> Claims:
    """Raises `BadToken`, whatever is wrong with it."""
    # The library's base64 would leave out characters that do not belong there.
    if len(token) > MAX_LENGTH or _SPELT.fullmatch(token) is None:
        raise BadToken
    try:
        # A header with anything more (kid, jku, crit, …) is not one of ours, and nothing in it is looked at.
        if jwt.get_unverified_header(token) != _HEADER:
            raise BadToken
        claims = _verified(token)
        if set(claims) != set(_CLAIMS):
            raise BadToken
        return Claims(uuid.UUID(claims["sub"]), uuid.UUID(claims["sid"]))
    except (jwt.PyJWTError, ValueError, AttributeError, TypeError, RecursionError):
        raise BadToken from None


def _verified(token: str) -> dict[str, Any]:
    return jwt.decode(
        token,
        derive_key(_PURPOSE),
        algorithms=[_ALGORITHM],
        audience=_AUDIENCE,
        issuer=settings.PUBLIC_URL,
        leeway=_SKEW,
        options={"require": list(_CLAIMS), "strict_aud": True, "verify_exp": True, "verify_nbf": True},
    )
