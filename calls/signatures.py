"""Checks the signatures of phone systems in constant time; refuses to look into what was signed.

Pure arithmetic over text and bytes: which header, which secret and which answer are the provider's business.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.algorithms import HMACAlgorithm

_TWILIO_ALGORITHMS: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}

TOLERANCE: Final = timedelta(minutes=5)  # between a signature's time and ours; an older one is a replay
_MAX_SIGNATURES: Final = 10  # of one message; a secret that is being changed makes two
_LEAST_KEY: Final = 24  # bytes that Standard Webhooks asks for


class _AnyLength(HMACAlgorithm):
    """A provider's secret is as long as the provider makes it; PyJWT would warn of a short one with each message."""

    def check_key_length(self, key: bytes) -> None:
        return None


_TOKENS: Final = jwt.PyJWS(algorithms=[])
_TOKENS.register_algorithm("HS256", _AnyLength(HMACAlgorithm.SHA256))


def is_same(expected: str, given: str) -> bool:
    """Whether two texts are the same, in a time that does not say where they differ. An empty one is never."""
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))


def is_fresh(timestamp: str, received_at: datetime) -> bool:
    """Whether a count of seconds from 1970 is within `TOLERANCE` of when the message came."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    return abs(int(timestamp) - received_at.timestamp()) <= TOLERANCE.total_seconds()


def sign_hex(secret: bytes, text: bytes) -> str:
    """HMAC-SHA-256 in hexadecimal."""
    return hmac.digest(secret, text, "sha256").hex()


def sign_base64(secret: bytes, text: bytes, algorithm: str = "sha256") -> str:
    """An HMAC in base64."""
    return base64.b64encode(hmac.digest(secret, text, algorithm)).decode("ascii")


def sign_standard(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """One signature of Standard Webhooks, with its version."""
    head = f"{message_id}.{timestamp}.".encode("utf-8", "surrogateescape")
    return "v1," + sign_base64(key, head + body)


def is_signed_by_standard(key: bytes, message_id: str, timestamp: str, body: bytes, signatures: str) -> bool:
    """Whether one of the signatures, which spaces separate, is of this key. All are compared, whichever it is."""
    expected = sign_standard(key, message_id, timestamp, body)
    return sum(is_same(expected, given) for given in signatures.split(" ")[:_MAX_SIGNATURES]) > 0


def standard_key(secret: str) -> bytes:
    """The key of a secret of Standard Webhooks, `whsec_` and base64; b"" where it is none."""
    key = decode_base64(secret.removeprefix("whsec_"))
    return key if len(key) >= _LEAST_KEY else b""


def read_token(token: bytes, secret: str) -> bytes | None:
    """What a compact JWT says, if it is signed by HS256 with this secret and by no other algorithm."""
    if not secret:
        return None
    try:
        payload = _TOKENS.decode(token, secret.encode(), algorithms=["HS256"])
    except jwt.PyJWTError:
        return None
    return payload if isinstance(payload, bytes) else None


def is_signed_by_ed25519(public_key: str, signed: bytes, signature: str) -> bool:
    """Whether the holder of the private key signed it; both texts are base64."""
    try:
        Ed25519PublicKey.from_public_bytes(decode_base64(public_key)).verify(decode_base64(signature), signed)
    except (ValueError, InvalidSignature):
        return False
    return True


def decode_base64(text: str) -> bytes:
    """b"" where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def sign_twilio(token: bytes, url: str, params: Iterable[tuple[str, str]] = (), algorithm: str = "HMAC_SHA1") -> str:
    """Twilio's signature: the URL, then every name with each of its different values, sorted, base64 of the HMAC."""
    text = url + "".join(name + value for name, value in sorted(set(params)))
    digest = hmac.digest(token, text.encode("utf-8", "surrogateescape"), _TWILIO_ALGORITHMS[algorithm])
    return base64.b64encode(digest).decode("ascii")


def is_signed_by_twilio(
    token: bytes, url: str, params: Iterable[tuple[str, str]], signature: str, algorithm: str = "HMAC_SHA1"
) -> bool:
    """Whether Twilio signed this form for this URL. Twilio signs it with or without the port, which nobody can know."""
    if algorithm not in _TWILIO_ALGORITHMS:
        return False
    given = signature.encode("utf-8", "surrogateescape")
    pairs = list(params)
    expected = [sign_twilio(token, spelling, pairs, algorithm).encode() for spelling in _port_spellings(url)]
    # All are compared, so that the time does not say which one was near.
    return sum(hmac.compare_digest(one, given) for one in expected) > 0


def is_json_signed_by_twilio(token: bytes, url: str, body: bytes, signature: str, algorithm: str = "HMAC_SHA1") -> bool:
    """The same for a body that is not a form: the URL is signed, and carries the SHA-256 of the body in its query."""
    digests = parse_qs(urlsplit(url).query).get("bodySHA256", [])
    if len(digests) != 1:
        return False
    given = digests[0].lower().encode("utf-8", "surrogateescape")
    holds = hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), given)
    return is_signed_by_twilio(token, url, (), signature, algorithm) and holds


def twilio_algorithm(settings_header: str) -> str:
    """The algorithm that `X-Twilio-Webhooks-Signature-Settings` names; without one, HMAC_SHA1."""
    for part in settings_header.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _port_spellings(url: str) -> Iterator[str]:
    """The URL as it is, without its port and with the port of its scheme."""
    yield url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # not a port, or half an IPv6 address: only the URL itself can have been signed
        return
    default = _DEFAULT_PORTS.get(parts.scheme)
    if port:
        yield _with_netloc(url, parts, parts.netloc.removesuffix(f":{port}"))
    elif default:
        yield _with_netloc(url, parts, f"{parts.netloc.removesuffix(':')}:{default}")


def _with_netloc(url: str, parts: SplitResult, netloc: str) -> str:
    # Not `geturl()`: it drops an empty query or fragment, and a signature is over every character.
    return url.replace(f"//{parts.netloc}", f"//{netloc}", 1)
