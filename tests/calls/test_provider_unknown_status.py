"""A status that nobody knows yet is kept as unknown: shown as such on the page and by the API, and never guessed."""

from datetime import timedelta
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone

from attribution.services import attribute_changes
from calls.domain import Outcome
from calls.services import add_connection
from tenants.domain import ClinicFacts
from tenants.models import User
from tests.api.client import machine
from tests.calls.factories import form, make_clinic, make_hook, missed_call, stored_calls
from tests.calls.phone_systems import SYSTEMS, move

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
BEGAN = NOW - timedelta(minutes=5)
UNKNOWN = {
    "dial9": "unknown_status", "dialpad": "unknown_state", "ringcentral": "unknown_code", "telnyx": "unknown_cause",
    "vonage": "unknown_status", "zoom": "unknown_result",
}  # fmt: skip


def tell(clinic: ClinicFacts, name: str, payload: str) -> int:
    system = SYSTEMS[name]
    made = add_connection(clinic_id=clinic.id, provider=name, name="Main", secret=system.secret, now=NOW)
    body, headers = system.seal(move(system.payload(payload), BEGAN), system.secret, timezone.now())
    path = f"/hooks/{name}/{made.token}"
    with mock.patch("calls.intake.wake_worker"):
        return Client().post(path, body, system.content_type, headers=headers).status_code


def tell_twilio(clinic: ClinicFacts) -> int:
    hook, params = make_hook(clinic, NOW), missed_call(BEGAN, status="not-known-yet")
    with mock.patch("calls.intake.wake_worker"):
        kind, headers = "application/x-www-form-urlencoded", {"X-Twilio-Signature": hook.sign(params)}
        return Client().post(hook.path, form(params), kind, headers=headers).status_code


@pytest.fixture(params=[*UNKNOWN, "twilio"])
def clinic(request: pytest.FixtureRequest) -> ClinicFacts:
    """With one call of this system, of which only a status is known that we do not know."""
    made = make_clinic(NOW)
    name = request.param
    status = tell_twilio(made) if name == "twilio" else tell(made, name, UNKNOWN[name])
    assert status in {200, 204}
    return made


def test_it_is_kept_shown_and_not_guessed(clinic: ClinicFacts) -> None:
    [call] = stored_calls(clinic)
    assert Outcome(call.outcome) is Outcome.UNKNOWN

    asking = machine(clinic)
    for query in ({}, {"outcome": "unknown"}):
        [told] = asking.get("/calls/", **query).json()["results"]
        assert (told["id"], told["outcome"]) == (str(call.id), "unknown")
    for word in ("missed", "answered", "voicemail", "ringing"):
        assert asking.get("/calls/", outcome=word).json()["results"] == []

    owner = Client()
    owner.force_login(User.objects.get(email=f"{clinic.slug}@example.com"))
    for path in ("/calls/", "/calls/?outcome=unknown"):
        page = owner.get(path).content.decode()
        assert ">Unknown</span>" in page
        assert ">Missed</span>" not in page
    assert ">Unknown</span>" not in owner.get("/calls/?outcome=missed").content.decode()

    while attribute_changes(clinic_id=clinic.id, now=timezone.now()):
        pass
    assert asking.get("/opportunities/").json()["results"] == [], "nobody waits because of a guess"
    assert sum(day["missed"] for day in asking.get("/metrics/daily/").json()["results"]) == 0
