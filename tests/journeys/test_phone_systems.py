"""Each phone system against the served product: what its own library seals is stored and shown, and nothing else is."""

import hashlib
import hmac
import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.calls.phone_systems import SYSTEMS, move
from tests.journeys.signers import NAMES, Sender, connect, flip_byte, minutes_ago
from tests.journeys.world import SECONDS, World
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.journey]
EVERY = pytest.mark.parametrize("name", NAMES)
LIMIT = 64 * 1024


@pytest.fixture(scope="module")
def world(stack: Stack) -> World:
    """One clinic; each test looks for calls of its own system."""
    return World(stack)


@pytest.fixture(scope="module")
def senders(world: World) -> dict[str, Sender]:
    return {name: connect(world, name) for name in NAMES}


def shown(world: World, name: str) -> list[dict[str, Any]]:
    return [call for call in world.get("/calls/?page_size=200")["results"] if call["source"] == name]


def in_chunks(body: bytes) -> Iterator[bytes]:
    for begin in range(0, len(body), 4096):
        yield body[begin : begin + 4096]


@EVERY
def test_what_its_library_seals_is_stored_and_nothing_else(name: str, world: World, senders: dict[str, Sender]) -> None:
    sender, began = senders[name], minutes_ago(5)
    body, headers = sender.seal(sender.call(began))

    assert sender.post(*flip_byte(sender, body, headers)).status_code == 401
    assert sender.post(body, {}).status_code == (401 if body_is_no_proof(sender) else sender.taken)
    for content_type in ("text/html", "", "multipart/form-data; boundary=x"):
        assert sender.post(body, headers, content_type).status_code == 415
    too_much = body + b" " * (LIMIT + 1 - len(body))
    assert sender.post(too_much, headers).status_code == 413
    assert sender.post(in_chunks(too_much), headers).status_code == 413
    if body_is_no_proof(sender):
        assert shown(world, name) == []

    answer = sender.post(body, headers)
    assert (answer.status_code, answer.content) == (sender.taken, b"")
    assert sender.post(in_chunks(body), headers).status_code == sender.taken, "a repeat, in chunks"
    if name == "telnyx":  # its last message says nothing of who called; the first one does
        began_too = move(SYSTEMS[name].payload("missed_initiated"), began)
        assert sender.post(*sender.seal(began_too)).status_code == sender.taken
    [call] = shown(world, name)
    assert (call["direction"], call["outcome"], call["caller_kind"]) == ("inbound", "missed", "caller")


def body_is_no_proof(sender: Sender) -> bool:
    """Whether there is a proof beside the body: some systems put theirs into it."""
    return sender.name not in {"aircall", "dial9", "dialpad"}


@EVERY
def test_another_connections_secret_is_refused(name: str, senders: dict[str, Sender]) -> None:
    """The proof is right, and somebody else's: of the same system at another clinic."""
    sender = senders[name]
    stranger = Sender(name, sender.url, sender.secret[:-6] + "b3Rozw")
    body, headers = stranger.seal(stranger.call(minutes_ago(5)))
    if name == "telnyx":  # its key pair is one for all tests
        headers["telnyx-timestamp"] = str(int(headers["telnyx-timestamp"]) + 1)
    assert sender.post(body, headers).status_code == 401


@pytest.mark.parametrize("name", sorted(name for name, system in SYSTEMS.items() if system.is_timed))
def test_a_message_that_was_sealed_long_ago_is_refused(name: str, senders: dict[str, Sender]) -> None:
    sender = senders[name]
    assert sender.post(*sender.seal(sender.call(minutes_ago(5)), at=minutes_ago(6))).status_code == 401


def test_ringcentrals_question_is_answered(senders: dict[str, Sender]) -> None:
    sender = senders["ringcentral"]
    answer = sender.post(b"", {"Validation-Token": "91ff9b86-2c3e-4a5f"})
    assert (answer.status_code, answer.headers["Validation-Token"]) == (200, "91ff9b86-2c3e-4a5f")


def test_zooms_question_is_answered_when_it_is_signed(senders: dict[str, Sender]) -> None:
    sender = senders["zoom"]
    body, headers = sender.seal(SYSTEMS["zoom"].payload("url_validation"))
    answer = sender.post(body, headers)
    token = json.loads(body)["payload"]["plainToken"]
    encrypted = hmac.new(sender.secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    assert (answer.status_code, answer.json()) == (200, {"plainToken": token, "encryptedToken": encrypted})
    assert sender.post(*flip_byte(sender, body, headers)).status_code == 401


def send_two(url: str, method: str, body: bytes, headers: dict[str, str], *authorizations: str) -> int:
    """With so many Authorization headers, as no library would send them."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    line.putrequest(method, parts.path)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        line.putheader(name, value)
    for value in authorizations:
        line.putheader("Authorization", value)
    line.endheaders(body)
    status = line.getresponse().status
    line.close()
    return status


def test_two_authorization_headers_let_nobody_in(world: World, senders: dict[str, Sender]) -> None:
    """Whichever of them is good, and whatever the other one is: never the first, never the second."""
    url, good = f"{world.stack.url}/api/v1/calls/", f"Api-Key {world.clinic['api_key']}"
    assert send_two(url, "GET", b"", {}, good) == 200
    for other in ("Api-Key rbk_wrong_0123456789abcdef", "Bearer x", "Basic eDp5", "", good):
        for pair in ((other, good), (good, other)):
            assert send_two(url, "GET", b"", {}, *pair) in {400, 401}, pair[0][:8]

    vonage = senders["vonage"]
    body, headers = vonage.seal(vonage.call(minutes_ago(7)))
    good = headers.pop("authorization")
    named = {**headers, "Content-Type": "application/json"}
    for pair in (("Bearer x", good), (good, "Bearer x"), (good, good)):
        assert send_two(vonage.url, "POST", body, named, *pair) in {400, 401}


def test_tags_and_heads_over_the_wire(world: World) -> None:
    """Compressed or not, a program that has the newest figures is told so."""
    url, key = f"{world.stack.url}/api/v1/metrics/daily/", f"Api-Key {world.clinic['api_key']}"
    for encoding in ("identity", "gzip"):
        headers = {"Authorization": key, "Accept-Encoding": encoding}
        first = requests.get(url, headers=headers, timeout=SECONDS)
        again = requests.get(url, headers={**headers, "If-None-Match": first.headers["ETag"]}, timeout=SECONDS)
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        head = requests.head(url, headers=headers, timeout=SECONDS)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["ETag"].removeprefix("W/") == first.headers["ETag"].removeprefix("W/")
