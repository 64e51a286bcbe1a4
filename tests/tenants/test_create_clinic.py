"""The command that makes a clinic: everything it shows works, once."""

import io
import json
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tenants.models import Clinic, User
from tenants.selectors import find_api_key, get_clinic, list_memberships
from tenants.services import hash_secret, set_password

ARGUMENTS = {
    "--slug": "foo-dental", "--timezone": "Europe/Dublin", "--region": "IE", "--currency": "EUR",
    "--owner-email": "Owner@Foo.example",
}  # fmt: skip
PASSWORD = "correct horse battery staple"


def run(*more: str, name: str = "Foo Dental", **changed: str) -> str:
    out = io.StringIO()
    options = ARGUMENTS | {f"--{option.replace('_', '-')}": value for option, value in changed.items()}
    flat = [part for pair in options.items() for part in pair]
    call_command("create_clinic", name, *flat, *more, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def create(**changed: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("--json", **changed))
    return told


@pytest.mark.django_db
def test_it_makes_a_clinic_an_owner_and_a_key() -> None:
    told = create()
    assert set(told) == {"clinic_id", "slug", "api_key", "owner_email", "owner_activation_url"}
    assert (told["slug"], told["owner_email"]) == ("foo-dental", "owner@foo.example")
    clinic = get_clinic(Clinic.objects.get(slug="foo-dental").id)
    assert (str(clinic.id), clinic.timezone, clinic.region, clinic.currency) == (
        told["clinic_id"], "Europe/Dublin", "IE", "EUR",
    )  # fmt: skip
    _, prefix, secret = told["api_key"].split("_", 2)
    key = find_api_key(prefix, timezone.now())
    assert key is not None
    assert (key.clinic_id, key.secret_hash) == (clinic.id, hash_secret(secret))
    [membership] = list_memberships(User.objects.get(email="owner@foo.example").id, timezone.now())
    assert (membership.clinic_id, membership.role) == (clinic.id, "admin")


@pytest.mark.django_db
def test_the_owner_chooses_a_password_with_the_link_once(client: Client) -> None:
    url = create()["owner_activation_url"]
    assert url.startswith(f"{settings.PUBLIC_URL}/account/")
    path = url.removeprefix(settings.PUBLIC_URL)
    page = client.get(path, follow=True)
    form = page.redirect_chain[-1][0]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    owner = User.objects.get(email="owner@foo.example")
    assert owner.check_password(PASSWORD)
    again = Client().get(path, follow=True)
    assert not again.redirect_chain
    assert b'name="password1"' not in again.content


@pytest.mark.django_db
def test_an_owner_who_has_a_password_gets_no_link() -> None:
    create()
    owner = User.objects.get(email="owner@foo.example")
    assert create(slug="second")["owner_activation_url"] is not None
    set_password(user_id=owner.id, password=PASSWORD)
    assert create(slug="third")["owner_activation_url"] is None
    assert "not needed" in run(slug="fourth")


@pytest.mark.django_db
def test_it_prints_lines_for_people() -> None:
    assert [line.partition(":")[0] for line in run().splitlines()] == [
        "clinic_id", "slug", "api_key", "owner_email", "owner_activation_url",
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"timezone": "Europe/Atlantis"}, "timezone: "),
        ({"region": "England"}, "region: "),
        ({"currency": "pounds"}, "currency: "),
        ({"slug": "no slug"}, "slug: "),
        ({"owner_email": "nobody"}, "email: "),
        ({"slug": "taken"}, "slug: there is a clinic with the slug 'taken' already"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line(changed: dict[str, str], message: str) -> None:
    create(slug="taken", owner_email="other@foo.example")
    with pytest.raises(CommandError) as caught:
        run(**changed)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert Clinic.objects.count() == 1
    assert not User.objects.filter(email="owner@foo.example").exists()
