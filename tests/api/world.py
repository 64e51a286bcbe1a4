"""Two clinics with something of everything, and all that one of them may never see of the other. Plain functions."""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from attribution.models import Appointment, Opportunity
from attribution.services import attribute_changes
from calls.models import Call, CallerHash
from tenants import throttles
from tenants.api_tokens import OpenView, TokenView
from tenants.domain import ClinicFacts
from tenants.models import AuditEvent, User
from tenants.scope import as_clinic
from tenants.throttles import Limit
from tests.api.client import Machine, a_call, ago, an_appointment, bearer, machine, person
from tests.tenants import factories


@dataclass(frozen=True)
class Belongings:
    """A clinic's machine and owner, and its ids by what they are of."""

    clinic: ClinicFacts
    key: Machine
    token: Machine
    calls: tuple[str, ...]
    callers: tuple[str, ...]
    appointments: tuple[str, ...]
    external_ids: tuple[str, ...]
    opportunities: tuple[str, ...]
    cursor: str  # of its list of calls

    @property
    def clients(self) -> tuple[Machine, Machine]:
        return self.key, self.token

    @property
    def ids(self) -> tuple[str, ...]:
        """All that can be put where an id belongs."""
        return (
            str(self.clinic.id), self.clinic.slug, *self.calls, *self.callers, *self.appointments, *self.external_ids,
            *self.opportunities,
        )  # fmt: skip

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """What no answer to another clinic may hold."""
        return tuple(one.encode() for one in (*self.ids, f"line-{self.clinic.slug}", self.clinic.name))


def lift_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that ask more often than anybody may."""
    plenty = Limit("plenty", 10_000_000, 60)
    for name in ("PER_KEY", "PER_PERSON", "PER_CLINIC", "FAILURES", "ATTEMPTS"):
        monkeypatch.setattr(throttles, name, plenty)
    for view in (OpenView, TokenView):
        monkeypatch.setattr(view, "limit", plenty)


def bright_smile() -> Belongings:
    clinic = factories.bright_smile(timezone.now())
    return furnish(clinic, person(User.objects.get(email="alice@bright-smile.example")))


def oak_street() -> Belongings:
    clinic = factories.oak_street(timezone.now())
    return furnish(clinic, person(User.objects.get(email="charlie@oak-street.example")))


def furnish(clinic: ClinicFacts, token: Machine) -> Belongings:
    """Two missed callers, of whom one was won back, an appointment and some figures."""
    key, line = machine(clinic), f"line-{clinic.slug}"
    numbers = ("+447700900123", "+447700900456")
    calls = [a_call(number=number, line=line, started_at=ago(hours=3).isoformat()) for number in numbers]
    back = {"direction": "outbound", "outcome": "answered", "talk_seconds": 60, "started_at": ago(hours=2).isoformat()}
    stored = key.post("/calls/", [*calls, a_call(line=line, **back)]).json()
    appointment = an_appointment(external_id=f"booking-of-{clinic.slug}", booked_at=ago(hours=1).isoformat())
    booked = key.post("/appointments/", appointment).json()
    attribute_changes(clinic_id=clinic.id, now=timezone.now())
    opportunities = key.get("/opportunities/").json()["results"]
    cursor = key.get("/calls/", page_size=1).json()["next"].split("cursor=")[1].split("&")[0]
    assert len(opportunities) == 2
    return Belongings(
        clinic,
        key,
        token,
        calls=tuple(one["id"] for one in stored),
        callers=tuple({one["caller"] for one in stored}),
        appointments=(booked["id"],),
        external_ids=(booked["external_id"],),
        opportunities=tuple(one["id"] for one in opportunities),
        cursor=cursor,
    )


def count_rows(clinic: ClinicFacts) -> dict[str, int]:
    """What there is of the clinic, by table; the audit trail, too."""
    with as_clinic(clinic.id):
        tables = (Call, CallerHash, Appointment, Opportunity, AuditEvent)
        return {table.__name__: table.objects.count() for table in tables}


def another_clinics(asking: Machine, slug: str) -> Machine:
    """The same token, and the header of somebody else's clinic."""
    return bearer(asking.headers["Authorization"].removeprefix("Bearer "), slug)


def unknown_id() -> str:
    return str(uuid.uuid4())


def shown(answer: Any) -> bytes:
    """All that an answer says, its headers included."""
    headers = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
    return headers.encode() + bytes(answer.content)
