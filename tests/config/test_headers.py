"""Every answer bears the house's headers, whoever made it; and each page its policy."""

import re

import pytest
from django.test import Client

from config.middleware import HEADERS
from tenants.domain import ClinicFacts
from tests.tenants.factories import alice, bright_smile, platform_staff
from tests.tenants.sign_in import client_of

pytestmark = pytest.mark.django_db

PLACES = {
    "page": ("GET", "/account/login/", 200),
    "redirect": ("GET", "/worklist/", 302),
    "nowhere": ("GET", "/nothing/", 404),
    "static": ("GET", "/static/ringback.js", 200),
    "no static": ("GET", "/static/nothing.js", 404),
    "webhook": ("POST", f"/hooks/twilio/{'x' * 43}", 404),
    "webhook by GET": ("GET", f"/hooks/twilio/{'x' * 43}", 405),
    "api": ("GET", "/api/v1/calls/", 401),
    "api nowhere": ("GET", "/api/v1/nothing/", 404),
    "health": ("GET", "/healthz", 200),
    "public": ("GET", "/privacy", 200),
    "report": ("GET", "/csp-reports/", 405),
    "form without token": ("POST", "/account/login/", 403),
}
POLICY = {
    "default-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "report-uri": "/csp-reports/",
    "report-to": "csp",
}


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


def policy_of(response: object) -> dict[str, str]:
    header: str = response.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    return {name: rest for name, _, rest in (part.partition(" ") for part in header.split("; "))}


@pytest.mark.parametrize("name", PLACES)
def test_every_answer_has_the_headers(name: str) -> None:
    method, path, status = PLACES[name]
    response = Client(enforce_csrf_checks=True).generic(method, path)
    assert response.status_code == status
    for header, value in HEADERS.items():
        assert response.headers[header] == value, header
    assert not [header for header in response.headers if header.startswith("Access-Control-")]
    assert re.fullmatch(r"[0-9a-f-]{36}", response.headers["X-Request-Id"])
    assert "Strict-Transport-Security" not in response.headers  # of a connection that is not secure it would be wrong


def test_a_host_of_nobodys_is_refused_with_headers_and_policy() -> None:
    response = Client(headers={"host": "evil.example"}).get("/account/login/")
    assert response.status_code == 400
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert policy_of(response)["default-src"] == "'none'"
    assert "evil.example" not in response.content.decode()


def test_an_error_that_nobody_expected_has_headers_and_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**kwargs: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("config.public.list_cookies", fail)
    response = Client(raise_request_exception=False).get("/cookies")
    assert response.status_code == 500
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert policy_of(response)["script-src"] == "'strict-dynamic'"
    assert b"ZeroDivision" not in response.content


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "BREW"])
@pytest.mark.parametrize("path", ["/account/login/", "/api/v1/calls/", f"/hooks/twilio/{'x' * 43}", "/healthz"])
def test_methods_that_nobody_needs_are_refused(method: str, path: str) -> None:
    response = Client().generic(method, path)
    assert response.status_code == 405
    assert response.content == b""
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/account/login/", "/privacy", "/nothing/", "/worklist/", "/"])
def test_our_pages_run_scripts_with_their_nonce_only(clinic: ClinicFacts, path: str) -> None:
    response = client_of(alice(), clinic).get(path)
    policy = policy_of(response)
    assert policy.items() >= POLICY.items()
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "default ringback"
    page = response.content.decode()
    nonce = re.fullmatch(r"'nonce-([A-Za-z0-9+/=]{22,})' 'strict-dynamic'", policy["script-src"])
    if not page:  # who is signed in is sent away from the sign-in page
        return
    assert nonce
    tags = re.findall(r"<script\b[^>]*>", page)
    assert tags
    assert all(f'nonce="{nonce[1]}"' in tag and " src=" in tag for tag in tags)


def test_no_two_answers_share_a_nonce() -> None:
    assert policy_of(Client().get("/privacy"))["script-src"] != policy_of(Client().get("/privacy"))["script-src"]


def test_a_page_too_old_still_has_its_script(clinic: ClinicFacts) -> None:
    client = Client(enforce_csrf_checks=True)
    assert "keeps no cookies" in client.post("/account/login/", {"login": "x"}).content.decode()
    client.cookies["csrf"] = "x" * 32
    response = client.post("/account/login/", {"login": "x"})
    assert response.status_code == 403
    assert "open for too long" in response.content.decode()
    assert "'nonce-" in policy_of(response)["script-src"]


@pytest.mark.parametrize("path", ["/admin/", "/api/v1/docs/"])
def test_pages_of_libraries_get_their_own_policy(path: str) -> None:
    policy = policy_of(client_of(platform_staff()).get(path))
    assert policy.items() >= POLICY.items()
    assert policy["script-src"] == "'self'"
    assert not {"trusted-types", "require-trusted-types-for"} & set(policy)


@pytest.mark.parametrize("path", ["/adminx/", "/nothing/", "/calls/", "/privacy", "/account/login/"])
def test_nobody_else_does(path: str) -> None:
    assert "strict-dynamic" in policy_of(Client().get(path))["script-src"]


@pytest.mark.parametrize("path", ["/api/v1/schema/", "/api/v1/calls/", "/api/v1/nothing/", "/api/v1/docs"])
def test_answers_in_json_may_do_nothing(path: str) -> None:
    policy = policy_of(Client().get(path))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy.get("script-src", "'strict-dynamic'") == "'strict-dynamic'"  # without a nonce nothing runs


@pytest.mark.parametrize("site", ["cross-site"])
def test_a_form_from_another_site_is_refused_for_who_is_signed_in(clinic: ClinicFacts, site: str) -> None:
    client = client_of(alice(), clinic)
    response = client.post("/account/logout/", headers={"Sec-Fetch-Site": site})
    assert response.status_code == 403
    assert "another site" in response.content.decode()
    assert client.get("/worklist/").status_code == 200  # and is signed in as before


@pytest.mark.parametrize("site", ["same-origin", "none", ""])
def test_our_own_forms_are_not(clinic: ClinicFacts, site: str) -> None:
    client = client_of(alice(), clinic)
    assert client.post("/account/logout/", headers={"Sec-Fetch-Site": site}).status_code == 302


def test_links_from_other_sites_work(clinic: ClinicFacts) -> None:
    assert client_of(alice(), clinic).get("/worklist/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_what_has_no_session_is_not_asked_for_its_site() -> None:
    assert Client().post("/api/v1/calls/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 401
