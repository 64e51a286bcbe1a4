"""The command that adds a connection: what it shows, where the secret comes from, what it refuses."""

import io
import json
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from calls import selectors
from calls.models import Connection
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.calls.factories import make_clinic

NOW = timezone.now()


@pytest.fixture
def clinic(db: None) -> ClinicFacts:
    return make_clinic(NOW)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, given: str = "") -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    call_command("add_connection", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.mark.django_db
def test_it_shows_an_address_that_works(clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = (clinic.slug, "twilio", "--name", "Main", "--secret-stdin", "--json")
    told: dict[str, Any] = json.loads(run(monkeypatch, *arguments, given="its-auth-token\n"))
    assert set(told) == {"connection_id", "webhook_url"}  # the secret is theirs and is not said again
    address, _, token = told["webhook_url"].rpartition("/")
    assert address == f"{settings.PUBLIC_URL}/hooks/twilio"
    found = selectors.find_connection(token)
    assert found is not None
    assert (found.clinic.id, str(found.id), found.secret) == (clinic.id, told["connection_id"], "its-auth-token")


@pytest.mark.django_db
def test_it_prints_lines_for_people(clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    out = run(monkeypatch, clinic.slug, "twilio", "--name", "Main", "--secret-stdin", given="its-auth-token")
    assert [line.partition(":")[0] for line in out.splitlines()] == ["connection_id", "webhook_url"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "given", "message"),
    [
        (["nobody", "twilio", "--name", "Main", "--secret-stdin"], "x", "no clinic with the slug 'nobody'"),
        (["{slug}", "semaphore", "--name", "Main"], "", "'semaphore' is not one of"),
        (["{slug}", "twilio", "--name", "Main"], "", "pass it on standard input, with --secret-stdin"),
        (["{slug}", "twilio", "--name", "Main", "--secret-stdin"], "", "must hold the secret"),
        (["{slug}", "twilio", "--name", "Main", "--secret-stdin"], "\n", "must hold the secret"),
        (["{slug}", "twilio", "--name", "Main", "--secret-stdin"], "x" * 600, "must hold the secret"),
        (["{slug}", "twilio", "--name", " ", "--secret-stdin"], "x", "--name must have"),
        (["{slug}", "twilio", "--name", "x" * 81, "--secret-stdin"], "x", "--name must have"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line(
    clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch, arguments: list[str], given: str, message: str
) -> None:
    with pytest.raises(CommandError) as caught:
        run(monkeypatch, *[argument.replace("{slug}", clinic.slug) for argument in arguments], given=given)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    with as_clinic(clinic.id):
        assert not Connection.objects.exists()
