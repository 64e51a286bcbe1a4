"""The simulator: what it sends is signed, arrives over HTTP at the real webhook and is stored."""

import io
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from calls.domain import Outcome
from calls.models import Connection
from tenants.scope import as_clinic
from tests.calls.factories import make_clinic, stored_calls

NOW = timezone.now()


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def served(committed_db: None, settings: Settings) -> Iterator[str]:
    """The product, in a thread of this process."""
    server = make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet)
    settings.PUBLIC_URL = f"http://127.0.0.1:{server.server_port}"

    def serve() -> None:
        server.serve_forever(0.05)
        connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield settings.PUBLIC_URL
    server.shutdown()
    thread.join()
    server.server_close()


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("simulate", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.usefixtures("served")
def test_it_plays_calls_against_the_real_webhook() -> None:
    clinic = make_clinic(NOW)
    out, err = run(clinic.slug, "--calls-per-minute", "600", "--minutes", "0.02", "--seed", "4")
    stored = stored_calls(clinic)
    assert len(stored) >= 3
    assert out == f"{2 * len(stored)} messages sent\n"
    assert all(call.outcome > Outcome.RINGING for call in stored)
    assert {call.source for call in stored} == {"twilio"}
    assert "7700900" not in out + err
    run(clinic.slug, "--calls-per-minute", "600", "--minutes", "0.001", "--seed", "5")
    with as_clinic(clinic.id):
        assert Connection.objects.get().name == "Simulator"  # the same one again, with another token


@pytest.mark.django_db
def test_it_says_when_nothing_answers(settings: Settings) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="is it running"):
        run(make_clinic(NOW).slug, "--minutes", "0.01")


@pytest.mark.django_db
@pytest.mark.parametrize("rate", ["0", "-1", "100000"])
def test_it_refuses_a_rate_that_is_none(rate: str) -> None:
    with pytest.raises(CommandError, match="calls-per-minute"):
        run(make_clinic(NOW).slug, "--calls-per-minute", rate)


@pytest.mark.django_db
def test_it_refuses_an_unknown_clinic() -> None:
    with pytest.raises(CommandError, match="no clinic with the slug 'nobody'"):
        run("nobody")
