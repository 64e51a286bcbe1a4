"""The pure part of outgoing webhooks: when to try again, to give up, to switch off; the form of Standard Webhooks."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from attribution.deliveries import (
    LONGEST_FAILURE,
    RETRY_AFTER,
    Outcome,
    OutgoingEvent,
    encode_body,
    make_secret,
    must_switch_off,
    retry_at,
    sign_headers,
    write_body,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECRET = make_secret(bytes(range(32)))


def test_tries_are_further_and_further_apart() -> None:
    gaps = [retry_at(tries, NOW, 0.0) for tries in range(1, len(RETRY_AFTER) + 1)]
    assert gaps == [NOW + gap for gap in RETRY_AFTER]
    assert list(RETRY_AFTER) == sorted(RETRY_AFTER)
    assert RETRY_AFTER[0] == timedelta(seconds=5)


def test_after_the_last_one_it_is_given_up() -> None:
    assert retry_at(len(RETRY_AFTER), NOW, 0.5) is not None
    assert retry_at(len(RETRY_AFTER) + 1, NOW, 0.5) is None


def test_jitter_only_ever_waits_longer_and_by_a_fifth_at_most() -> None:
    for tries, gap in enumerate(RETRY_AFTER, start=1):
        assert retry_at(tries, NOW, 1.0) == NOW + gap * 1.2


@pytest.mark.parametrize(
    ("status", "is_delivered"),
    [(200, True), (204, True), (299, True), (199, False), (301, False), (410, False), (500, False)],
)
def test_only_2xx_is_delivered(status: int, is_delivered: bool) -> None:
    assert Outcome(status).is_delivered is is_delivered


def test_no_answer_is_not_delivered() -> None:
    assert not Outcome(problem="timeout").is_delivered


def test_it_is_switched_off_at_once_by_410_and_else_after_three_days() -> None:
    assert must_switch_off(Outcome(410), NOW, NOW)
    assert must_switch_off(Outcome(500), NOW - LONGEST_FAILURE, NOW)
    assert not must_switch_off(Outcome(500), NOW - LONGEST_FAILURE + timedelta(seconds=1), NOW)
    assert not must_switch_off(Outcome(problem="dns"), NOW, NOW)


def test_the_library_takes_what_we_sign() -> None:
    now = datetime.now(UTC)
    content = encode_body(write_body(OutgoingEvent.TEST, now, {"clinic": "bright-smile"}))
    headers = sign_headers("msg_1", content, [SECRET, make_secret(bytes(32))], now)
    assert Webhook(SECRET).verify(content, headers)["data"] == {"clinic": "bright-smile"}
    assert Webhook(make_secret(bytes(32))).verify(content, headers)
    for wrong in (content + b" ", content.replace(b"bright", b"wright")):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(wrong, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(content, headers | {"webhook-id": "msg_2"})
    with pytest.raises(WebhookVerificationError):
        Webhook(make_secret(bytes(31) + b"x")).verify(content, headers)


def test_the_library_refuses_an_old_one() -> None:
    content = encode_body(write_body(OutgoingEvent.TEST, NOW, {}))
    old = sign_headers("msg_1", content, [SECRET], datetime.now(UTC) - timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(content, old)
