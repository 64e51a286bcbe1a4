"""The pages for everybody: no sign-in, no cookie, a date, a way to reach somebody, and nothing that is not true."""

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config import public
from config.cookies import list_cookies
from config.embedded.home import PROJECT

PAGES = ["/privacy", "/cookies", "/security", "/sub-processors", "/status"]
DATED = PAGES[:-1]
TEXT = "/.well-known/security.txt"
VOID = {"meta", "link", "input", "br", "use"}


class Outline(HTMLParser):
    """Whether every tag that opens is closed, and which headings there are."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"h1", "h2", "h3"}:
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<use …/>` is closed already."""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def text_of(path: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", Client().get(path).content.decode()))


@pytest.mark.parametrize("path", [*PAGES, TEXT])
def test_everybody_may_read_them(path: str) -> None:
    """Without the mark `django_db` a query would raise."""
    client = Client()
    response = client.get(path)
    assert response.status_code == 200
    assert not client.cookies
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, TEXT])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_they_are_read_only(path: str, method: str) -> None:
    assert Client().generic(method, path).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/privacy/", "/Privacy", "/privacy/x", "/.well-known/", "/.well-known/x", "/statusx"])
def test_other_addresses_stay_unknown(path: str) -> None:
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_they_are_well_formed(path: str) -> None:
    page = Client().get(path).content.decode()
    outline = Outline()
    outline.feed(page)
    assert (outline.wrong, outline.open) == ([], [])
    assert outline.headings[0] == "h1" and outline.headings.count("h1") == 1
    assert '<html lang="en-GB">' in page
    assert "[insert" not in page.lower()


@pytest.mark.parametrize("path", DATED)
def test_they_are_dated(path: str) -> None:
    dates = re.findall(r"Last changed on (\d{1,2} [A-Z][a-z]+ \d{4})\.", text_of(path))
    assert len(dates) == 1
    assert datetime.strptime(dates[0], "%d %B %Y").date() <= timezone.now().date()  # noqa: DTZ007 - a day


def test_the_notice_says_what_a_hash_is_and_no_more() -> None:
    text = text_of("/privacy")
    assert (
        "a keyed one-way hash (SHA-256 with a secret key); pseudonymous until the key is destroyed, at most 97 days"
        " later; then nobody can get back to the number" in text
    )
    assert "0303 123 1113" in text
    for heading in ("If you called a clinic", "If you work for a clinic", "If you only visit", "Your rights"):
        assert heading in text
    assert not re.search(r"anonym|irrevers|impossible|military|100 ?%", text.replace("pseudonymous", ""), re.IGNORECASE)


def test_the_operator_is_named(settings: Settings) -> None:
    settings.LEGAL_NAME, settings.LEGAL_ADDRESS = "Smile <b>Software</b> Ltd", "1 High Street"
    settings.ICO_REGISTRATION = "ZA123456"
    settings.PRIVACY_EMAIL, settings.SECURITY_EMAIL = "p@smile.test", "s@smile.test"
    privacy = Client().get("/privacy").content.decode()
    for value in ("Smile &lt;b&gt;Software&lt;/b&gt; Ltd", "1 High Street", "ZA123456", "mailto:p@smile.test"):
        assert value in privacy
    assert "mailto:s@smile.test" in Client().get("/security").content.decode()
    assert "Contact: mailto:s@smile.test\r\n" in Client().get(TEXT).content.decode()


def test_the_cookies_page_lists_the_registry() -> None:
    text = text_of("/cookies")
    for cookie in list_cookies():
        assert cookie.name in text and cookie.purpose in text and cookie.life in text


def test_the_status_is_a_version_and_no_details() -> None:
    version = re.search(r'^version = "(.+)"$', (PROJECT / "pyproject.toml").read_text(), re.MULTILINE)
    response = Client().get("/status")
    assert version and f"Version {version[1]}," in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    assert not re.search(r"postgres|django|python|valkey|redis|granian", text_of("/status"), re.IGNORECASE)


def test_security_txt_is_as_the_rfc_wants_it(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://ringback.test"
    response = Client().get(TEXT)
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.content.decode().removesuffix("\r\n").split("\r\n"))
    assert set(fields) == {"Contact", "Expires", "Preferred-Languages", "Canonical", "Policy"}
    assert fields["Canonical"] == "https://ringback.test/.well-known/security.txt"
    assert fields["Preferred-Languages"] == "en"
    left = datetime.fromisoformat(fields["Expires"]) - timezone.now()
    assert (
        timedelta(days=public.SECURITY_TXT_DAYS - 1) < left <= timedelta(days=public.SECURITY_TXT_DAYS) < timedelta(365)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/account/login/", "/account/password/reset/", "/privacy"])
def test_pages_without_a_clinic_link_them(path: str) -> None:
    page = Client().get(path).content.decode()
    assert all(f'href="{name}"' in page for name in ("/privacy", "/cookies", "/security"))


def test_no_page_names_another_company() -> None:
    for template in Path(PROJECT / "templates" / "public").iterdir():
        links = re.findall(r'(?:src|href)="(https?://[^"/]+)', template.read_text())
        assert set(links) <= {"https://ico.org.uk"}, template
