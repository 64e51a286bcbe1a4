"""A run that is killed without warning loses nothing and stores nothing twice: the command, in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from tests.calls.factories import make_clinic, stored_calls
from tests.calls.provider_apis import AircallApi
from tests.calls.pulled import Asked, asking

NOW = timezone.now().replace(microsecond=0)
ROOT = Path(__file__).parents[2]


def start(asked: Asked) -> "subprocess.Popen[bytes]":
    addresses = {
        "PROVIDER_API_URLS": json.dumps({asked.api.name: asked.api.base}),
        "OUTBOUND_INNER_HOSTS": urlsplit(asked.api.base).netloc,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "-m", "django", "backfill", asked.clinic.slug, "--days", "3"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **addresses}, stdout=pipe, stderr=pipe)


@pytest.mark.parametrize("question", [1, 2, 4])
def test_kill_minus_nine(committed_db: None, question: int) -> None:
    clinic = make_clinic(NOW)
    at = int((NOW - timedelta(days=2, hours=12)).timestamp())
    call = {"direction": "inbound", "status": "done", "answered_at": None, "raw_digits": "+447700900123"}
    calls = [{**call, "id": number, "started_at": at + number * 20_000} for number in range(10)]
    with asking(clinic, AircallApi(calls), NOW) as asked:
        running: list[subprocess.Popen[bytes]] = []

        def kill() -> None:
            if running and len(asked.api.asked) == question:
                running[0].send_signal(signal.SIGKILL)

        asked.api.on_page = kill
        running.append(start(asked))
        running[0].communicate(timeout=60)
        assert running[0].returncode == -signal.SIGKILL
        running.clear()
        again = start(asked)
        told, problem = again.communicate(timeout=60)
        assert again.returncode == 0, problem
        assert b"10 new calls" in told or b"new calls" in told
        assert b"7700900123" not in told + problem
    assert len(stored_calls(clinic)) == 10
