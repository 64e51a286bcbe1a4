"""The phone systems as senders over HTTP: each message sealed by the system's own library where there is one.

`twilio` seals Twilio's messages, PyNaCl Telnyx's, PyJWT Dialpad's and Vonage's, `standardwebhooks` ours. The others
publish a recipe and no library: theirs are made by hand in `tests/calls/phone_systems.py`.
"""

import base64
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlencode

import requests
from nacl.signing import SigningKey
from standardwebhooks import Webhook
from twilio.request_validator import RequestValidator

from calls.providers import PROVIDERS
from tests.calls.phone_systems import SYSTEMS, Sealed, move
from tests.journeys.world import SECONDS, World

_TELNYX = SigningKey(b"n" * 32)
NAMES = sorted(PROVIDERS)


def seal_ringback(payload: bytes, secret: str, at: datetime) -> Sealed:
    message_id, stamp = f"msg_{uuid.uuid4().hex}", at.replace(microsecond=0)
    signature = Webhook(secret).sign(message_id, stamp, payload.decode())
    names = {"webhook-id": message_id, "webhook-timestamp": str(int(stamp.timestamp()))}
    return payload, {**names, "webhook-signature": signature}


def seal_telnyx(payload: bytes, secret: str, at: datetime) -> Sealed:
    stamp = str(int(at.timestamp()))
    signature = _TELNYX.sign(f"{stamp}|".encode() + payload).signature
    return payload, {"telnyx-timestamp": stamp, "telnyx-signature-ed25519": base64.b64encode(signature).decode()}


@dataclass(frozen=True)
class Sender:
    """A phone system that is connected to a clinic of the served product."""

    name: str
    url: str
    secret: str

    @property
    def content_type(self) -> str:
        return PROVIDERS[self.name].CONTENT_TYPES[0]

    def call(self, began: datetime) -> bytes:
        """A whole call that nobody took, not sealed."""
        if self.name == "twilio":
            number, sid = "+447700900123", "CA" + uuid.uuid4().hex
            params = {"CallSid": sid, "CallStatus": "no-answer", "Direction": "inbound", "From": number}
            return urlencode({**params, "To": "+442079460018", "Timestamp": format_datetime(began)}).encode()
        return move(SYSTEMS[self.name].payload(SYSTEMS[self.name].sample), began)

    def seal(self, payload: bytes, at: datetime | None = None) -> Sealed:
        if self.name == "twilio":
            signature = RequestValidator(self.secret).compute_signature(self.url, dict(parse_qsl(payload.decode())))
            return payload, {"X-Twilio-Signature": signature}
        own = {"ringback": seal_ringback, "telnyx": seal_telnyx}.get(self.name)
        return (own or SYSTEMS[self.name].seal)(payload, self.secret, at or datetime.now(UTC))

    def post(
        self, body: bytes | Iterable[bytes], headers: dict[str, str], content_type: str | None = None
    ) -> requests.Response:
        """An iterable is sent in chunks, without its length."""
        named = {"Content-Type": self.content_type if content_type is None else content_type, **headers}
        return requests.post(self.url, data=body, headers=named, timeout=SECONDS)

    @property
    def taken(self) -> int:
        return 200 if self.name == "ringcentral" else 204


def connect(world: World, name: str) -> Sender:
    """As an operator does, by the command; the secret is made there or given."""
    makes_secret = PROVIDERS[name].MAKES_SECRET
    secret = _public_key() if name == "telnyx" else "Zp9Yd0kQ" + uuid.uuid4().hex
    given = () if makes_secret else ("--secret-stdin",)
    made = json.loads(
        world.stack.manage(
            "add_connection", world.clinic["slug"], name, "--name", name, "--json", *given,
            stdin=None if makes_secret else secret,
        )
    )  # fmt: skip
    return Sender(name, made["webhook_url"], made.get("secret", secret))


def _public_key() -> str:
    return base64.b64encode(_TELNYX.verify_key.encode()).decode()


def flip_byte(sender: Sender, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """One bit of what the proof covers; of the proof itself where that covers nothing else."""
    if sender.name == "ringcentral":
        token = headers["verification-token"]
        return body, {**headers, "verification-token": chr(ord(token[0]) ^ 1) + token[1:]}
    is_in_body = sender.name in {"aircall", "dial9"}
    at = body.index(sender.secret.encode()) + 1 if is_in_body else len(body) // 2
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], headers


def minutes_ago(count: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=count)
