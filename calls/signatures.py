"""Checks the signatures of phone systems in constant time; refuses to look into what was signed.

Pure arithmetic over text and bytes: which header, which secret and which answer are the provider's business.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

_TWILIO_ALGORITHMS: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


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
