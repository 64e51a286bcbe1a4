"""Twilio's signatures: the published vectors, the real signer beside ours, and everything that must not pass."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from calls.domain import BadSignature, Message
from calls.providers import twilio
from calls.signatures import is_json_signed_by_twilio, is_signed_by_twilio, sign_twilio, twilio_algorithm

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)  # Twilio’s signature holds no time
TOKEN = b"12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
URL_443 = "https://mycompany.com:443/myapp.php?foo=1&bar=2"
PARAMS = [
    ("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("From", "+14158675309"), ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]  # fmt: skip
DUPLICATES = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
BODY = b'{"property": "value", "boolean": true}'
BODY_SHA = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


@pytest.mark.parametrize(
    ("url", "params", "signature"),
    [
        (URL, PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL, DUPLICATES, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        (URL_443, PARAMS, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (f"{URL}&bodySHA256={BODY_SHA}", [], "a9nBmqA0ju/hNViExpshrM61xv4="),
    ],
)
def test_it_makes_the_published_signatures(url: str, params: list[tuple[str, str]], signature: str) -> None:
    assert sign_twilio(TOKEN, url, params) == signature
    assert sign_twilio(TOKEN, url, reversed(params)) == signature
    assert is_signed_by_twilio(TOKEN, url, params, signature)


def test_the_port_of_the_scheme_may_be_there_or_not() -> None:
    for scheme, port in (("https", 443), ("http", 80)):
        with_port, without = f"{scheme}://mycompany.com:{port}/a?b=1", f"{scheme}://mycompany.com/a?b=1"
        for signed in (with_port, without):
            for seen in (with_port, without):
                assert is_signed_by_twilio(TOKEN, seen, PARAMS, sign_twilio(TOKEN, signed, PARAMS))
    other = sign_twilio(TOKEN, "https://mycompany.com:8443/a?b=1", PARAMS)
    assert is_signed_by_twilio(TOKEN, "https://mycompany.com:8443/a?b=1", PARAMS, other)
    assert not is_signed_by_twilio(TOKEN, "https://mycompany.com/a?b=1", PARAMS, other)


@pytest.mark.parametrize(
    "url", ["https://mycompany.com:port/", "https://[::1/", "", "mailto:x", "https://mycompany.com:/a"]
)
def test_odd_addresses_are_signed_as_they_are(url: str) -> None:
    assert is_signed_by_twilio(TOKEN, url, PARAMS, sign_twilio(TOKEN, url, PARAMS))
    assert not is_signed_by_twilio(TOKEN, url, PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")


def test_a_body_that_is_not_a_form_is_signed_by_its_digest() -> None:
    url, signature = f"{URL}&bodySHA256={BODY_SHA}", "a9nBmqA0ju/hNViExpshrM61xv4="
    assert is_json_signed_by_twilio(TOKEN, url, BODY, signature)
    assert not is_json_signed_by_twilio(TOKEN, url, BODY + b" ", signature)
    assert not is_json_signed_by_twilio(TOKEN, url, BODY, "b" + signature[1:])
    assert not is_json_signed_by_twilio(TOKEN, URL, BODY, sign_twilio(TOKEN, URL))
    twice = f"{url}&bodySHA256={'0' * 64}"
    assert not is_json_signed_by_twilio(TOKEN, twice, BODY, sign_twilio(TOKEN, twice))


@pytest.mark.parametrize(
    ("header", "algorithm"),
    [
        ("", "HMAC_SHA1"), ("key=webhooks_1", "HMAC_SHA1"), ("key=webhooks_1,algorithm=HMAC_SHA256", "HMAC_SHA256"),
        ("algorithm=hmac_sha256 , key=1", "HMAC_SHA256"), ("algorithm=", "HMAC_SHA1"), ("algorithm=none", "NONE"),
    ],
)  # fmt: skip
def test_the_settings_header_names_the_algorithm(header: str, algorithm: str) -> None:
    assert twilio_algorithm(header) == algorithm


def test_an_unknown_algorithm_signs_nothing() -> None:
    for signature in ("", sign_twilio(TOKEN, URL, PARAMS)):
        assert not is_signed_by_twilio(TOKEN, URL, PARAMS, signature, "NONE")


WORDS = st.text(min_size=1, max_size=6)
URLS = st.from_regex(
    r"https?://[a-z]{1,9}\.example(:[1-9][0-9]{1,3})?/[a-z0-9/]{0,9}(\?[a-z]{1,3}=[a-z0-9%]{1,5})?", fullmatch=True
)


class Form(dict[str, list[str]]):
    """What the real validator takes for repeated parameters."""

    def getall(self, name: str) -> list[str]:
        return self[name]


@given(URLS, st.lists(st.tuples(WORDS, st.text(max_size=6)), max_size=6), st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]))
def test_it_agrees_with_the_real_signer(url: str, pairs: list[tuple[str, str]], algorithm: str) -> None:
    form = Form()
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    real = RequestValidator(TOKEN.decode())
    signature = real.compute_signature(url, form, algorithm)
    assert sign_twilio(TOKEN, url, pairs, algorithm) == signature
    assert is_signed_by_twilio(TOKEN, url, pairs, signature, algorithm)
    assert real.validate(url, form, sign_twilio(TOKEN, url, pairs, algorithm), algorithm)
    assert not is_signed_by_twilio(b"other", url, pairs, signature, algorithm)


FORM = b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
GOOD = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def message(body: bytes = FORM, signature: str | None = GOOD, url: str = URL, settings: str = "") -> Message:
    headers = {} if signature is None else {"x-twilio-signature": signature}
    if settings:
        headers["x-twilio-webhooks-signature-settings"] = settings
    return Message(body, headers, url, "application/x-www-form-urlencoded")


def test_the_provider_lets_a_signed_message_through() -> None:
    for good in (message(), message(url=URL_443)):
        verified = twilio.verify(good, "12345", NOW)
        assert (verified.body, verified.content_type) == (FORM, "application/x-www-form-urlencoded")


def test_blank_values_and_octets_that_are_not_utf_8_are_signed_too() -> None:
    body = b"A=&B=%FF&C=x%00y&D"
    pairs = [("A", ""), ("B", "\udcff"), ("C", "x\x00y"), ("D", "")]
    assert twilio.verify(message(body, sign_twilio(TOKEN, URL, pairs)), "12345", NOW).body == body


def test_a_shared_key_signs_with_sha_256() -> None:
    signature = sign_twilio(TOKEN, URL, PARAMS, "HMAC_SHA256")
    assert twilio.verify(message(signature=signature, settings="key=1,algorithm=HMAC_SHA256"), "12345", NOW)
    with pytest.raises(BadSignature):
        twilio.verify(message(signature=signature), "12345", NOW)


@pytest.mark.parametrize(
    ("bad", "secret"),
    [
        (message(signature=None), "12345"), (message(signature=""), "12345"), (message(), "12346"), (message(), ""),
        (message(signature=sign_twilio(b"", URL, PARAMS)), ""), (message(FORM + b"&x=1"), "12345"), (message(b""),
        "12345"),
        (message(FORM[:-1] + b"8"), "12345"), (message(url=URL + "3"), "12345"), (message(signature=GOOD.lower()),
        "12345"),
        (message(signature=f"{GOOD},{GOOD}"), "12345"), (message(signature=GOOD + " "), "12345"),
        (message(signature=GOOD[:-1]), "12345"), (message(signature="\u00e9"), "12345"),
        (message(FORM + b"&" * 5000), "12345"), (message(settings="algorithm=none"), "12345"),
    ],
)  # fmt: skip
def test_the_provider_refuses_everything_else(bad: Message, secret: str) -> None:
    with pytest.raises(BadSignature):
        twilio.verify(bad, secret, NOW)


def test_one_turned_bit_is_noticed() -> None:
    for place in range(0, len(FORM), 5):
        turned = FORM[:place] + bytes([FORM[place] ^ 1]) + FORM[place + 1 :]
        with pytest.raises(BadSignature):
            twilio.verify(message(turned), "12345", NOW)
