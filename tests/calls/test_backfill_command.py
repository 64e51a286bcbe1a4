"""The command that fetches calls: what it chooses, what it says, and how it goes on."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from calls import services
from calls.fetching import FOR_COMMANDS
from calls.locks import pull_lock
from tenants.domain import ClinicFacts
from tests.calls.factories import make_clinic, stored_calls
from tests.calls.provider_apis import TwilioApi, fault, twilio_record
from tests.calls.pulled import Asked, asking

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def clinic() -> ClinicFacts:
    return make_clinic(NOW)


@pytest.fixture
def asked(clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    records = [twilio_record(number, NOW - timedelta(days=number, hours=1)) for number in (1, 2, 40)]
    with asking(clinic, TwilioApi(records), NOW) as ready:
        pace = ready.pace(FOR_COMMANDS.seconds, FOR_COMMANDS.patience)
        monkeypatch.setattr("calls.management.commands.backfill.FOR_COMMANDS", pace)
        yield ready


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("backfill", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def run_as_json(*arguments: str) -> list[dict[str, Any]]:
    return json.loads(run(*arguments, "--json"))  # type: ignore[no-any-return]


def test_it_fetches_all_that_the_clinic_keeps_and_says_so(asked: Asked) -> None:
    assert "Main line (Twilio): 3 records, 3 new calls, 0 too old, 0 could not be read." in run(asked.clinic.slug)
    assert len(stored_calls(asked.clinic)) == 3
    assert asked.trail()[-1] == ("calls_fetched", "system")


def test_of_some_days_or_of_one_connection(asked: Asked) -> None:
    (told,) = run_as_json(asked.clinic.slug, "--days", "3", "--connection", "Main line")
    assert (told["state"], told["read"], told["added"]) == ("done", 2, 2)
    first = (NOW - timedelta(days=41)).date().isoformat()
    last = (NOW - timedelta(days=39)).date().isoformat()
    (told,) = run_as_json(asked.clinic.slug, "--from", first, "--to", last)
    assert told["added"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--connection", "Nothing"),
        ("--days", "0"),
        ("--days", "3", "--from", "2026-01-01"),
        ("--from", "2020-01-01", "--to", "2020-01-02"),
    ],
)
def test_what_it_cannot_do_it_says(asked: Asked, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(asked.clinic.slug, *arguments)


def test_an_unknown_clinic_and_one_without_credentials(clinic: ClinicFacts) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        run("nowhere")
    with pytest.raises(CommandError, match="No connection has credentials"):
        run(clinic.slug)


def test_it_goes_on_with_what_was_begun(asked: Asked) -> None:
    pull = asked.begin(days=3)
    asked.go_on(pull.id, pace=asked.pace(seconds=0))
    (told,) = run_as_json(asked.clinic.slug)
    assert (told["state"], told["since"]) == ("done", pull.since.isoformat())


def test_a_worker_at_it_is_not_disturbed(asked: Asked) -> None:
    asked.begin()
    with pull_lock(asked.connection.id), pytest.raises(CommandError, match="a worker"):
        run(asked.clinic.slug)


def test_refused_credentials_are_an_error(asked: Asked) -> None:
    asked.api.faults = [fault(401)]
    with pytest.raises(CommandError, match="Not everything"):
        run(asked.clinic.slug)


def test_a_paused_connection_is_left_alone(asked: Asked) -> None:
    services.pause_connection(clinic_id=asked.clinic.id, connection_id=asked.connection.id, now=NOW)
    with pytest.raises(CommandError, match="paused"):
        run(asked.clinic.slug)
