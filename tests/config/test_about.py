"""The page about this installation: version and status, and the licences of all that it stands on."""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from config.about import LICENCES, SHIPPED_INSIDE
from tests.tenants.factories import alice, bob, bright_smile

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.mark.django_db
def test_everybody_of_a_clinic_sees_version_zone_and_help(client: Client) -> None:
    clinic = bright_smile()
    client.force_login(bob(clinic))
    page = client.get("/about/").content.decode()
    assert settings.VERSION in page and clinic.timezone in page
    for address in ("/status", "/privacy", "/security", "/search/", "/api/v1/docs/"):
        assert f'href="{address}"' in page


@pytest.mark.django_db
def test_signed_out_it_asks_for_a_sign_in(client: Client) -> None:
    assert client.get("/about/").headers["Location"].startswith("/account/login/")


def test_the_licence_of_every_dependency_is_named() -> None:
    wanted = tomllib.loads(PROJECT.read_text())["project"]["dependencies"]
    names = {re.split(r"[^a-z0-9-]", one)[0] for one in wanted}
    assert names == set(LICENCES) - SHIPPED_INSIDE


@pytest.mark.django_db
def test_every_page_of_a_clinic_says_its_zone_and_its_name(client: Client) -> None:
    clinic = bright_smile()
    client.force_login(alice())
    for address in ("/", "/worklist/", "/calls/", "/appointments/", "/settings/", "/about/"):
        page = client.get(address).content.decode()
        assert f"Times are those of {clinic.timezone}." in page
        assert re.search(rf"<title>[^<]+ · {re.escape(clinic.name)} · Ringback</title>", page)
