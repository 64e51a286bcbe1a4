"""The phone systems as the tests play them: how each seals a message, and its sample payloads.

Signers are the real ones where they are installed: twilio's has its own file, PyJWT is Dialpad and Vonage,
`cryptography` is Telnyx. The rest is made by hand, by the documented recipe, and not with our own functions.
"""

import base64
import functools
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from calls.domain import CallEvent, Message, VerifiedBody
from calls.providers import PROVIDERS, Provider

PAYLOADS = Path(__file__).parents[1] / "payloads"
TEN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)  # when the calls of the payloads begin
NOW = TEN + timedelta(minutes=5)
PATIENT = "+447700900123"
Sealed = tuple[bytes, dict[str, str]]


@dataclass(frozen=True)
class System:
    """One of them. `seal` makes of a payload what is sent, and its headers; `proofs` are headers without which no
    message passes, none where the proof is within the body."""

    name: str
    secret: str
    seal: Callable[[bytes, str, datetime], Sealed]
    sample: str  # a payload that is one whole missed call
    proofs: tuple[str, ...] = ()
    is_timed: bool = False
    content_type: str = "application/json"

    @property
    def provider(self) -> Provider:
        return PROVIDERS[self.name]

    def payload(self, name: str) -> bytes:
        return (PAYLOADS / self.name / f"{name}.json").read_bytes()

    def names(self) -> list[str]:
        return sorted(path.stem for path in (PAYLOADS / self.name).glob("*.json"))

    def message(self, payload: bytes, at: datetime = NOW, secret: str | None = None) -> Message:
        body, headers = self.seal(payload, self.secret if secret is None else secret, at)
        return Message(body, headers, f"https://ringback.example/hooks/{self.name}/token", self.content_type)

    def read(self, payload: bytes) -> list[CallEvent]:
        """What the payload says, once it is verified."""
        return self.provider.parse(self.provider.verify(self.message(payload), self.secret, NOW), NOW)

    def read_named(self, name: str) -> list[CallEvent]:
        return self.read(self.payload(name))

    def parse(self, payload: bytes) -> list[CallEvent]:
        return self.provider.parse(VerifiedBody(payload, self.content_type), NOW)

    def changed(self, name: str, **fields: object) -> bytes:
        """A payload with other values; `a__b` is b within a, and `a__0` the first of the list a."""
        value = json.loads(self.payload(name))
        for path, new in fields.items():
            *way, last = path.split("__")
            inner = value
            for step in way:
                inner = inner[int(step)] if step.isdecimal() else inner[step]
            inner[last] = new
        return json.dumps(value).encode()


def base64_hmac(secret: bytes, text: bytes, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac.new(secret, text, algorithm).digest()).decode()


def seal_ringback(payload: bytes, secret: str, at: datetime) -> Sealed:
    stamp = str(int(at.timestamp()))
    signature = base64_hmac(base64.b64decode(secret[6:]), b"msg_1." + stamp.encode() + b"." + payload)
    return payload, {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}


def seal_token(payload: bytes, secret: str, at: datetime, name: str = "token") -> Sealed:
    """Puts the secret where the payload has a token; a payload that is not an object stays as it is."""
    return re.sub(rb'"%b": "[^"]*"' % name.encode(), f'"{name}": "{secret}"'.encode(), payload), {}


def seal_dialpad(payload: bytes, secret: str, at: datetime) -> Sealed:
    return jwt.PyJWS().encode(payload, secret.encode(), algorithm="HS256", headers={"typ": "JWT"}).encode(), {}


def seal_callrail(payload: bytes, secret: str, at: datetime) -> Sealed:
    return payload, {"signature": base64_hmac(secret.encode(), payload, "sha1")}


def seal_ringcentral(payload: bytes, secret: str, at: datetime) -> Sealed:
    return payload, {"verification-token": secret}


def seal_zoom(payload: bytes, secret: str, at: datetime) -> Sealed:
    stamp = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + payload, "sha256").hexdigest()
    return payload, {"x-zm-request-timestamp": stamp, "x-zm-signature": f"v0={signature}"}


def seal_vonage(payload: bytes, secret: str, at: datetime) -> Sealed:
    claims = {
        "iat": int(at.timestamp()), "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5", "iss": "Vonage",
        "api_key": "abcd1234", "payload_hash": hashlib.sha256(payload).hexdigest(),
        "application_id": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
    }  # fmt: skip
    return payload, {"authorization": "Bearer " + jwt.encode(claims, secret, algorithm="HS256")}


def telnyx_key(secret: str) -> Ed25519PrivateKey:
    """The private key that a public key of the tests belongs to; any other secret gets one of its own."""
    return _TELNYX_KEY if secret == TELNYX_PUBLIC_KEY else Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def seal_telnyx(payload: bytes, secret: str, at: datetime) -> Sealed:
    stamp = str(int(at.timestamp()))
    signature = base64.b64encode(telnyx_key(secret).sign(f"{stamp}|".encode() + payload)).decode()
    return payload, {"telnyx-timestamp": stamp, "telnyx-signature-ed25519": signature}


_TELNYX_KEY = Ed25519PrivateKey.from_private_bytes(b"t" * 32)
TELNYX_PUBLIC_KEY = base64.b64encode(_TELNYX_KEY.public_key().public_bytes_raw()).decode()

SYSTEMS = {
    system.name: system
    for system in (
        System(
            "ringback", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", seal_ringback, "missed",
            ("webhook-id", "webhook-timestamp", "webhook-signature"), is_timed=True,
        ),
        System("aircall", "45aa67bb89cc", seal_token, "missed"),
        System("dialpad", "whsec_" + "c2VjcmV0" * 6, seal_dialpad, "missed", content_type="application/jwt"),
        System("callrail", "072e77e426f92738a72fe23c4d1953b4", seal_callrail, "missed", ("signature",)),
        System("ringcentral", "whsec_" + "dG9rZW4h" * 6, seal_ringcentral, "missed", ("verification-token",)),
        System(
            "zoom", "Zp9Yd0kQSfuXkVb3m1TtGA", seal_zoom, "missed", ("x-zm-request-timestamp", "x-zm-signature"),
            is_timed=True,
        ),
        System(
            "vonage", "s1gnatureS3cret0000000000000000000000000", seal_vonage, "missed", ("authorization",),
            is_timed=True,
        ),
        System(
            "telnyx", TELNYX_PUBLIC_KEY, seal_telnyx, "missed", ("telnyx-timestamp", "telnyx-signature-ed25519"),
            is_timed=True,
        ),
        System("dial9", "whsec_" + "ZGlhbG5p" * 6, functools.partial(seal_token, name="auth_token"), "missed"),
    )
}  # fmt: skip


def move(payload: bytes, to: datetime) -> bytes:
    """The payload with all of its times moved, so that its call begins `to`."""
    by = int((to - TEN).total_seconds())

    def move_count(match: re.Match[bytes]) -> bytes:
        return str(int(match[1]) + by).encode() + (match[2] or b"")

    def move_instant(match: re.Match[bytes]) -> bytes:
        return (datetime.fromisoformat(match[0].decode()) + timedelta(seconds=by)).isoformat().encode()

    payload = re.sub(rb"\b(17676\d{5})(\d{3})?\b", move_count, payload)
    return re.sub(rb"2026-01-05T[0-9:.]+(?:Z|[+-][0-9:]+)", move_instant, payload)
