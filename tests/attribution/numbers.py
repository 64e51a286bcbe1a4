"""A caller who waits at Bright Smile and whom a phone system knows, for the tests of numbers on demand."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pytest_django import Settings

from attribution.models import Opportunity
from calls.domain import CallEvent, Direction, Outcome
from calls.intake import record_events
from calls.services import add_connection, set_account
from tenants.domain import ClinicFacts
from tests.calls.number_apis import CALL_IDS, CREDENTIALS, PhoneSystem
from tests.retention.rows import add_opportunity

NUMBER, NATIONAL = "+447700900519", "07700 900519"


@dataclass(frozen=True)
class Waiting:
    """The opportunity, and by which connection its call came."""

    opportunity: Opportunity
    connection_id: uuid.UUID
    call_id: str
    rang_at: datetime

    @property
    def address(self) -> str:
        return f"/worklist/{self.opportunity.id}/number/"


def let_ring(
    clinic: ClinicFacts,
    now: datetime,
    provider: str = "twilio",
    *,
    has_account: bool = True,
    call_id: str = "",
    minutes_ago: float = 10,
    number: str = NUMBER,
) -> Waiting:
    """A missed call, told by the phone system; with an account it may be asked about it."""
    made = add_connection(clinic_id=clinic.id, provider=provider, name=uuid.uuid4().hex[:6], secret="", now=now)
    if has_account:
        set_account(clinic_id=clinic.id, connection_id=made.id, credentials=CREDENTIALS[provider], now=now)
    key, at = call_id or CALL_IDS[provider], now - timedelta(minutes=minutes_ago)
    event = CallEvent(
        provider, key, Direction.INBOUND, Outcome.MISSED, at, number, line="Front desk", provider_call_id=key
    )
    [receipt] = record_events(clinic=clinic, events=[event], now=now, connection_id=made.id)
    assert receipt.caller is not None
    return Waiting(add_opportunity(clinic, at, receipt.caller), made.id, key, at)


def connect(settings: Settings, system: PhoneSystem, known: Mapping[str, str] | None = None) -> None:
    """The product asks this one, which knows who rang."""
    settings.OUTBOUND_INNER_HOSTS = [system.url.removeprefix("http://")]
    settings.PROVIDER_API_URLS = dict.fromkeys(CREDENTIALS, system.url)
    system.numbers |= dict.fromkeys(CALL_IDS.values(), NUMBER) if known is None else known
