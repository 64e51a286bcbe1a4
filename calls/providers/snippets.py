"""What is pasted into a phone system beside the address: requests and instructions, word for word; refuses nothing.

`{address}` and `{secret}` stand for what the page shows once; afterwards they are named and not filled in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text to be copied, and what it is."""

    title: str
    text: str

    def fill(self, address: str, secret: str) -> "Snippet":
        """With the address and the secret in their places; what is empty is named."""
        filled = self.text.replace("{address}", address or "THE-ADDRESS").replace("{secret}", secret or "THE-SECRET")
        return Snippet(self.title, filled)


_TWIML: Final = """\
<Response>
  <Dial>
    <Number statusCallback="{address}"
            statusCallbackEvent="answered completed"
            statusCallbackMethod="POST">THE-TELEPHONE-THAT-RINGS</Number>
  </Dial>
</Response>"""
_RINGCENTRAL: Final = """\
POST https://platform.ringcentral.com/restapi/v1.0/subscription
Content-Type: application/json

{
  "eventFilters": ["/restapi/v1.0/account/~/telephony/sessions"],
  "deliveryMode": {
    "transportType": "WebHook",
    "address": "{address}",
    "verificationToken": "{secret}"
  },
  "expiresIn": 630720000
}"""
_DIALPAD_HOOK: Final = """\
POST https://dialpad.com/api/v2/webhooks
Content-Type: application/json

{"hook_url": "{address}", "secret": "{secret}"}"""
_DIALPAD_CALLS: Final = """\
POST https://dialpad.com/api/v2/subscriptions/call
Content-Type: application/json

{
  "endpoint_id": "THE-ID-THAT-THE-FIRST-REQUEST-ANSWERED",
  "enabled": true,
  "call_states": ["calling", "ringing", "connected", "hangup", "missed", "voicemail", "voicemail_uploaded"]
}"""
_OWN: Final = """\
POST {address}
Content-Type: application/json
webhook-id: msg_ONE-FOR-EACH-CALL
webhook-timestamp: SECONDS-SINCE-1970
webhook-signature: v1,BASE64-OF-HMAC-SHA-256

{"external_id": "visit-1", "direction": "inbound", "outcome": "missed", "started_at": "2026-01-05T10:00:00Z",
 "number": null, "line": "Front desk", "ring_seconds": 24}"""

SNIPPETS: Final[Mapping[str, tuple[Snippet, ...]]] = MappingProxyType(
    {
        "twilio": (Snippet("TwiML that forwards a call and tells who answered", _TWIML),),
        "ringcentral": (Snippet("The request that makes the subscription", _RINGCENTRAL),),
        "dialpad": (
            Snippet("The request that makes the webhook", _DIALPAD_HOOK),
            Snippet("The request that subscribes it to calls", _DIALPAD_CALLS),
        ),
        "ringback": (Snippet("What a message looks like", _OWN),),
    }
)
