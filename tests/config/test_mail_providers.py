"""Mail through a provider's API: by two variables; a provider that refuses is a mail that did not go out."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.utils.module_loading import import_string
from pytest_django import Settings

from config.mail import PROVIDERS, provider_settings
from tenants.mail import Letter, send_letter


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_every_provider_in_the_list_takes_its_key(name: str, settings: Settings) -> None:
    made = provider_settings(name, "made-up-key")
    settings.ANYMAIL = made["ANYMAIL"]
    assert get_connection(str(made["EMAIL_BACKEND"])) is not None
    assert import_string(str(made["EMAIL_BACKEND"])).esp_name.lower() == name


@pytest.mark.parametrize(("name", "key"), [("pigeon", "x"), ("postmark", "")])
def test_what_can_not_work_is_said_at_the_start(name: str, key: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MAIL_PROVIDER"):
        provider_settings(name, key)


class Api(BaseHTTPRequestHandler):
    """Answers like Postmark, with the status that its server is told."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.got.append((self.headers, json.loads(body)))
        told: dict[str, Any] = {"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": "bob@bright-smile.example"}
        if server.status != 200:
            told = {"ErrorCode": 10, "Message": "Refused: bob@bright-smile.example"}
        text = json.dumps(told).encode()
        self.send_response(server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def api(settings: Settings) -> Iterator[Any]:
    with HTTPServer(("127.0.0.1", 0), Api) as server:
        server.got, server.status = [], 200  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        for name, value in provider_settings("postmark", "made-up-key", url).items():
            setattr(settings, name, value)
        yield server
        server.shutdown()
        thread.join()


LETTER = Letter("digest", "Hello", "Text", "<p>Text</p>", {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"})


def test_a_letter_goes_out_with_all_that_it_has(api: Any) -> None:
    assert send_letter(LETTER, to="bob@bright-smile.example")
    [(headers, sent)] = api.got
    assert headers["X-Postmark-Server-Token"] == "made-up-key"
    assert (sent["Subject"], sent["TextBody"], sent["HtmlBody"]) == ("Hello", "Text", "<p>Text</p>")
    assert {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"} in sent["Headers"]


@pytest.mark.parametrize("status", [401, 422, 500])
def test_a_refused_one_did_not_go_out_and_nobody_is_named(
    api: Any, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    api.status = status
    with caplog.at_level(logging.INFO):
        assert not send_letter(LETTER, to="bob@bright-smile.example")
    assert "bob@" not in caplog.text
    assert "did not go out" in caplog.text
