"""No whole network address is kept: not in limits, not in sessions, not in the trail, not in mails, not in logs."""

import logging

import pytest
from django.core import mail
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tenants.browsers import UNKNOWN, name_browser
from tenants.middleware import ShortAddresses
from tests.tenants import factories
from tests.tenants.entrance import last_row, sign_in

ADDRESS = "203.0.113.77"
NETWORK = "203.0.113.0"
NEW = "kettle harbour walnut"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def seen(**meta: str) -> dict[str, str]:
    """What the rest of the product sees of a request."""
    request = HttpRequest()
    request.META = dict(meta)
    ShortAddresses(lambda passed: HttpResponse())(request)
    return request.META


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (ADDRESS, NETWORK),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::ffff:203.0.113.77", NETWORK),
        ("", "0.0.0.0"),
        ("not an address", "0.0.0.0"),
    ],
)
def test_an_address_is_shortened_to_its_network(address: str, network: str) -> None:
    assert seen(REMOTE_ADDR=address)["REMOTE_ADDR"] == network


@pytest.mark.parametrize(
    ("behind", "header", "network"),
    [
        (False, "198.51.100.9", NETWORK),  # anybody can send a header
        (True, "198.51.100.9", "198.51.100.0"),
        (True, "192.0.2.1, 198.51.100.9", "198.51.100.0"),  # only the last is the proxy's word
        (True, "", NETWORK),
        (True, "nonsense", "0.0.0.0"),
    ],
)
def test_only_what_our_proxy_says_is_believed(settings: Settings, behind: bool, header: str, network: str) -> None:
    settings.BEHIND_PROXY = behind
    after = seen(REMOTE_ADDR=ADDRESS, HTTP_X_FORWARDED_FOR=header, HTTP_X_REAL_IP=header, HTTP_FORWARDED=header)
    assert after["REMOTE_ADDR"] == network
    assert not {"HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED"} & after.keys()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (FIREFOX, "Firefox 130 on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox 131 on Windows"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
            "Safari/537.36",
            "Chrome 131 on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
            "Safari/537.36 Edg/131.0.2903.51",
            "Edge 131 on Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 "
            "OPR/115.0.0.0",
            "Opera 115 on Linux",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 "
            "Chrome/125.0.0.0 Mobile Safari/537.36",
            "Samsung Internet 27 on Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
            "Safari/605.1.15",
            "Safari 18 on macOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
            "Chrome 131 on iOS",
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
            "Safari/537.36",
            "Chrome 131 on ChromeOS",
        ),
        ("curl/8.5.0", "curl 8"),
        ("python-requests/2.32.3", "python-requests 2"),
        ("Mozilla/5.0 (compatible; something)", UNKNOWN),
        ("call me on 020 7946 0018", UNKNOWN),
        ("<script>/1", UNKNOWN),
        ("", UNKNOWN),
        ("x" * 100_000, UNKNOWN),
    ],
)
def test_a_browser_is_known_by_family_version_and_system(said: str, name: str) -> None:
    assert name_browser(said) == name


@pytest.mark.django_db
def test_nothing_that_is_kept_or_sent_holds_a_whole_address(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    clinic = factories.bright_smile()
    alice = factories.alice()
    with caplog.at_level(logging.DEBUG):
        for password in ("wrong horse battery", factories.PASSWORD):
            sign_in(client, alice.email, password, REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT=FIREFOX)
        client.post(
            reverse("account_change_password"),
            {
                "oldpassword": factories.PASSWORD,
                "password1": "kettle harbour walnut",
                "password2": "kettle harbour walnut",
            },
            REMOTE_ADDR=ADDRESS,
            HTTP_USER_AGENT=FIREFOX,
        )
        client.get("/nothing/", REMOTE_ADDR=ADDRESS)
    kept = _dump("tenants_cache") + _dump("usersessions_usersession") + _dump("django_session")
    kept += str(last_row(clinic))
    sent = "".join(str(message.body) for message in mail.outbox)
    assert NETWORK in _dump("tenants_cache")
    assert "Firefox 130 on Linux" in _dump("usersessions_usersession")
    assert NETWORK in sent
    for text in (kept, sent, caplog.text):
        assert ADDRESS not in text
        assert "rv:130.0" not in text


def _dump(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return str(cursor.fetchall())
