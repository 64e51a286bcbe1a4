"""The examples of docs/api.md, run as they stand against the served product."""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.stack import Stack

PASSWORD = "correct horse battery"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
pytestmark = [pytest.mark.journey, pytest.mark.slow]


def blocks(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(found) >= 6
    return "\n".join(found)


@pytest.fixture
def environ(stack: Stack) -> dict[str, str]:
    """The address, and a clinic of its own in which a caller waits."""
    name = uuid.uuid4().hex
    options = {"slug": name, "timezone": "Europe/London", "region": "GB", "currency": "GBP"}
    options["owner-email"] = f"{name}@docs.example"
    words = [word for option, value in options.items() for word in (f"--{option}", value)]
    made = json.loads(stack.manage("create_clinic", "Docs", *words, "--json"))
    environ = {**stack.environ, "RINGBACK": stack.url, "RINGBACK_KEY": made["api_key"]}
    environ |= {"RINGBACK_EMAIL": made["owner_email"], "RINGBACK_PASSWORD": PASSWORD}
    choose_password(made["owner_activation_url"])
    missed = {
        "external_id": "waits", "direction": "inbound", "outcome": "missed", "number": "07700 900999",
        "started_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
    }  # fmt: skip
    ask(environ, "/calls/", missed)
    stack.wait_until(lambda: bool(ask(environ, "/opportunities/?status=open")["results"]))
    return environ


def choose_password(link: str) -> None:
    """As the owner does, by the link in the mail."""
    browser = requests.Session()
    page = browser.get(link)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "password1": PASSWORD, "password2": PASSWORD}
    assert browser.post(page.url, form, headers={"Referer": page.url}).ok


def ask(environ: dict[str, str], path: str, body: object = None) -> dict[str, list[object]]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Api-Key {environ['RINGBACK_KEY']}", "Content-Type": "application/json"}
    request = urllib.request.Request(environ["RINGBACK"] + "/api/v1" + path, data, headers)
    with urllib.request.urlopen(request) as response:
        answer: dict[str, list[object]] = json.load(response)
        return answer


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_curl_examples(environ: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", blocks("sh")], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"results"') == 5
    assert '"status":"cancelled"' in done.stdout
    assert '"status":422' in done.stdout, "one of many items was refused"
    assert "idempotent-replayed: true" in done.stdout.lower()
    assert done.stdout.splitlines()[-1].endswith("304")


def test_the_python_examples(environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", blocks("python")], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row["attempts"] for row in ask(environ, "/opportunities/?status=attempted")["results"]] == [1]  # type: ignore[index]


def test_every_address_has_an_example_in_both() -> None:
    for language in ("sh", "python"):
        text = blocks(language)
        for address in (
            "/token/",
            "/token/refresh/",
            "/calls/",
            "/callers/lookup/",
            "/appointments/",
            "/opportunities/",
            "/metrics/",
            "Idempotency",
            "If-None-Match",
        ):
            assert address in text, (language, address)
