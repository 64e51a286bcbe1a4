"""What people and machines do from outside in the journeys: a clinic, its phone system, its API, its front desk."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from typing import Any

import psycopg
import requests
from twilio.request_validator import RequestValidator

from config.embedded.provision import Names, replace_database
from tests.calls.number_apis import CREDENTIALS
from tests.stack import Stack

PASSWORD = "correct horse battery staple"
SET_ACCOUNT = """
import json, sys, uuid
from django.utils import timezone
from calls.models import Connection
from calls.services import set_account
from tenants.scope import as_clinic
told = json.load(sys.stdin)
clinic_id = uuid.UUID(told.pop("clinic"))
with as_clinic(clinic_id):
    connection = Connection.objects.get(provider="twilio")
set_account(clinic_id=clinic_id, connection_id=connection.id, credentials=told, now=timezone.now())
"""
SECONDS = 10


@dataclass
class World:
    """One clinic on the served product; everything goes through commands and HTTP, as the interfaces document says."""

    stack: Stack
    slug: str = field(default_factory=lambda: f"clinic-{uuid.uuid4().hex[:8]}")

    @cached_property
    def clinic(self) -> dict[str, str]:
        made = self.stack.manage(
            "create_clinic", "Bright Smile", "--slug", self.slug, "--timezone", "Europe/London", "--region", "GB",
            "--currency", "GBP", "--owner-email", f"alice@{self.slug}.example", "--json",
        )  # fmt: skip
        return dict(json.loads(made))

    @cached_property
    def hook(self) -> tuple[str, str]:
        """(address, auth token) of the clinic's Twilio connection."""
        secret = uuid.uuid4().hex
        made = self.stack.manage(
            "add_connection", self.clinic["slug"], "twilio", "--name", "Main", "--secret-stdin", "--json", stdin=secret
        )
        return json.loads(made)["webhook_url"], secret

    @cached_property
    def desk(self) -> requests.Session:
        """Alice, signed in: she takes up her invitation, chooses a password and signs in with it."""
        browser = requests.Session()
        page = browser.get(self.clinic["owner_activation_url"], timeout=SECONDS)
        chosen = {"password1": PASSWORD, "password2": PASSWORD}
        self._submit(browser, page, chosen)
        page = browser.get(self.stack.url + "/account/login/", timeout=SECONDS)
        answer = self._submit(browser, page, {"login": self.clinic["owner_email"], "password": PASSWORD})
        assert "account/login" not in answer.url, "not signed in"
        return browser

    def _submit(
        self, browser: requests.Session, page: requests.Response, values: Mapping[str, str]
    ) -> requests.Response:
        assert page.status_code == 200, (page.status_code, page.url)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        data = {**values, "csrfmiddlewaretoken": token[1]}
        return browser.post(page.url, data=data, headers={"Referer": page.url}, timeout=SECONDS)

    def page(self, path: str) -> str:
        answer = self.desk.get(self.stack.url + path, timeout=SECONDS)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def send_message(self, **changes: str) -> requests.Response:
        """A message of Twilio about a call that nobody took, signed by Twilio's own library."""
        url, secret = self.hook
        params = {
            "CallSid": "CA" + uuid.uuid4().hex,
            "CallStatus": "no-answer",
            "Direction": "inbound",
            "From": "+447700900123",
            "To": "+442079460018",
            "CallDuration": "0",
            "Timestamp": format_datetime(datetime.now(UTC)),
            **changes,
        }
        signature = RequestValidator(secret).compute_signature(url, params)
        return requests.post(url, data=params, headers={"X-Twilio-Signature": signature}, timeout=SECONDS)

    def let_ask(self) -> None:
        """The clinic's phone system may be asked with these credentials, as an admin would set them."""
        told = json.dumps({"clinic": self.clinic["clinic_id"], **CREDENTIALS["twilio"]})
        self.stack.manage("shell", "-v", "0", "-c", SET_ACCOUNT, stdin=told)

    def api(self, method: str, path: str, body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Api-Key {self.clinic['api_key']}"}
        return requests.request(
            method, f"{self.stack.url}/api/v1{path}", json=body, headers=headers, timeout=3 * SECONDS
        )

    def get(self, path: str) -> Any:
        answer = self.api("GET", path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def count(self, table: str) -> int:
        """Rows of this clinic, as the server's superuser sees them."""
        with psycopg.connect(replace_database(self.stack.admin_url, Names().database)) as connection:
            query = f"SELECT count(*) FROM {table} WHERE clinic_id = %s"
            row = connection.execute(query, [self.clinic["clinic_id"]]).fetchone()
            assert row is not None
            return int(row[0])
