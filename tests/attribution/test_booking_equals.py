"""The same bookings by a file, by the API's service and by a booking system come to the same verdicts and figures."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from attribution import services
from attribution.selectors import find_hook
from attribution.services import AppointmentImport
from calls.domain import AppointmentEvent, CallEvent, Direction, Message, Outcome
from calls.formats import APPOINTMENT_FORMATS, make_options
from calls.intake import record_events
from tests.attribution.booking_systems import (
    Answer,
    add_system,
    calendly_body,
    open_office,
    payload,
    read,
    sign_calendly,
)
from tests.attribution.clinics import NOW, Desk, ago, make_desk

pytestmark = pytest.mark.django_db
MOBILE = "07700 900123"
BOOKED_AT = ago(hours=1)
DELETED = "/v1/individual_appointments/deleted"


def ring(desk: Desk, at: datetime, direction: Direction, outcome: Outcome, talk: int = 0) -> None:
    event = CallEvent("api", f"C{at.timestamp()}", direction, outcome, at, MOBILE, ring_seconds=20, talk_seconds=talk)
    record_events(clinic=desk.clinic, events=[event], now=desk.now)


def by_service(desk: Desk, settings: Settings) -> None:
    event = AppointmentEvent("1", BOOKED_AT, (MOBILE, "020 7946 0018"), "NPE", None, "booked")
    services.record_appointments(clinic_id=desk.clinic.id, events=[event], now=desk.now)


def by_file(desk: Desk, settings: Settings) -> None:
    line = f"1,{BOOKED_AT.isoformat()},{MOBILE}|020 7946 0018,booked,NPE\n"
    lines = [b"external_id,booked_at,numbers,status,type\n", line.encode()]
    chosen = APPOINTMENT_FORMATS["csv"]
    how = make_options(chosen.OPTIONS, [], desk.clinic.zone, desk.clinic.region)
    services.import_appointments(
        clinic=desk.clinic, rows=chosen.read(iter(lines), how), options=AppointmentImport(desk.now, how.region)
    )


def by_calendly(desk: Desk, settings: Settings) -> None:
    made = add_system(desk, "calendly")
    body = calendly_body("created", created_at=BOOKED_AT.isoformat())
    message = Message(body, sign_calendly(body, made.secret), "https://x", "application/json")
    hook = find_hook(made.token)
    assert hook is not None
    services.receive_booking(hook=hook, message=message, now=NOW)


def _by_asking(kind: str, path: str) -> Callable[[Desk, Settings], None]:
    def ask(desk: Desk, settings: Settings) -> None:
        with open_office(kind, settings) as office:
            value: Any = payload(f"{kind}/{path}")
            rows = value if kind == "open_dental" else value[path]
            row = rows[-1] if kind == "dentally" else rows[0]
            local = BOOKED_AT.astimezone(desk.clinic.zone).strftime("%Y-%m-%d %H:%M:%S")
            row |= {"created_at": BOOKED_AT.isoformat(), "SecDateTEntry": local, "reason": "New patient"}
            office.answers |= {
                name: Answer({"individual_appointments": []}) for name in office.answers if "ed" in name[-3:]
            }
            only = [row] if kind == "open_dental" else {**value, path: [row]}
            listed = {"dentally": "/v1/appointments", "cliniko": "/v1/individual_appointments"}
            office.answers[listed.get(kind, "/appointments")] = Answer(only)
            office.answers["/v1/billable_items/3"] = Answer({}, 404)
            read(desk, add_system(desk, kind))

    return ask


WAYS: dict[str, Callable[[Desk, Settings], None]] = {
    "service": by_service,
    "file": by_file,
    "calendly": by_calendly,
    "dentally": _by_asking("dentally", "appointments"),
    "cliniko": _by_asking("cliniko", "individual_appointments"),
    "open_dental": _by_asking("open_dental", "appointments"),
}
# What the type is called in each of the samples.
NAMES = {"cliniko": "Initial Consultation", "calendly": "New patient examination"}


@pytest.mark.parametrize("way", WAYS)
def test_whichever_way_a_booking_comes_it_is_won_back_alike(way: str, settings: Settings) -> None:
    desk = make_desk()
    desk.estimate("NPE", NAMES.get(way, "New patient"), 90)
    ring(desk, ago(hours=3), Direction.INBOUND, Outcome.MISSED)
    ring(desk, ago(hours=2), Direction.OUTBOUND, Outcome.ANSWERED, talk=180)
    WAYS[way](desk, settings)
    desk.now = NOW + timedelta(hours=2)  # no import holds its work back any more
    desk.attribute()
    won = desk.opportunity
    assert (won.status, won.booked_at, won.value, won.value_source) == ("recovered", BOOKED_AT, 90, "type_estimate")
    day = desk.day(BOOKED_AT)
    assert (day["appointments"], day["recovered_appointments"], day["recovered_value"]) == (1, 1, 90)
