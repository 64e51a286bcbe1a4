"""What no provider lets through: a turned bit, an old message, another secret, a header that is missing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from calls.domain import BadSignature
from tests.calls.phone_systems import NOW, SYSTEMS, System

EVERY = pytest.mark.parametrize("system", SYSTEMS.values(), ids=list(SYSTEMS))
HEADED = [system for system in SYSTEMS.values() if system.proofs]
SEALED = [system for system in SYSTEMS.values() if system.name not in ("aircall", "dial9", "ringcentral")]
TIMED = [system for system in SYSTEMS.values() if system.is_timed]


@EVERY
def test_every_payload_passes_as_it_was_sealed(system: System) -> None:
    for name in system.names():
        message = system.message(system.payload(name))
        verified = system.provider.verify(message, system.secret, NOW)
        assert verified.content_type == system.content_type
        assert b"{" in verified.body


@EVERY
def test_another_secret_is_refused(system: System) -> None:
    message = system.message(system.payload(system.sample))
    for secret in ("", "x", system.secret + "x", system.secret[:-1], system.secret.swapcase(), "\u00e9"):
        with pytest.raises(BadSignature):
            system.provider.verify(message, secret, NOW)


@EVERY
def test_an_empty_secret_lets_nothing_through_that_was_sealed_with_one(system: System) -> None:
    sealed = replace(system.message(b"{}"), headers=dict.fromkeys(system.proofs, ""))
    with pytest.raises(BadSignature):
        system.provider.verify(sealed, "", NOW)


@pytest.mark.parametrize("system", HEADED, ids=lambda system: system.name)
def test_a_header_that_is_missing_or_odd_is_refused(system: System) -> None:
    message = system.message(system.payload(system.sample))
    for name in system.proofs:
        rest = {other: value for other, value in message.headers.items() if other != name}
        for headers in (rest, rest | {name: ""}, rest | {name: "\u00e9"}, rest | {name: "x" * 70_000}):
            if name == "webhook-id" and headers.get(name):
                continue  # any id is one: the signature is over it
            with pytest.raises(BadSignature):
                system.provider.verify(replace(message, headers=headers), system.secret, NOW)


@pytest.mark.parametrize("system", SEALED, ids=lambda system: system.name)
def test_one_turned_bit_is_noticed(system: System) -> None:
    message = system.message(system.payload(system.sample))
    body = message.body
    last = len(body) - 1 if system.name != "dialpad" else len(body) - 2  # a base64 end has bits that mean nothing
    for place in [*range(0, last, max(1, len(body) // 150)), last]:
        turned = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(BadSignature):
            system.provider.verify(replace(message, body=turned), system.secret, NOW)


@pytest.mark.parametrize("system", SEALED, ids=lambda system: system.name)
def test_a_signature_of_another_message_is_refused(system: System) -> None:
    message, other = system.message(system.payload(system.sample)), system.message(b'{"a": 1}')
    if system.proofs:
        with pytest.raises(BadSignature):
            system.provider.verify(replace(message, headers=other.headers), system.secret, NOW)
    with pytest.raises(BadSignature):
        system.provider.verify(replace(message, body=message.body + b" x"), system.secret, NOW)


@pytest.mark.parametrize("system", TIMED, ids=lambda system: system.name)
def test_a_message_that_is_sent_again_after_five_minutes_is_refused(system: System) -> None:
    message = system.message(system.payload(system.sample))
    for seconds in (0, 299, -299):
        assert system.provider.verify(message, system.secret, NOW + timedelta(seconds=seconds))
    for seconds in (301, -301, 86_400):
        with pytest.raises(BadSignature):
            system.provider.verify(message, system.secret, NOW + timedelta(seconds=seconds))
