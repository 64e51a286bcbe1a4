"""Booking systems as the tests play them: loopback servers with the documented answers, and signed messages."""

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pytest_django import Settings

from attribution import services
from attribution.models import Appointment, BookingSystem
from tenants.scope import as_clinic
from tests.attribution.clinics import NOW, Desk

PAYLOADS = Path(__file__).parents[1] / "payloads"
MOBILE, HOME = "+447700900123", "+442079460018"
NEVER_KEPT = (
    "7700900123",
    "7700 900123",
    "79460018",
    "7946 0018",
    "7946-0018",
    "Robin",
    "Nervous",
    "private",
    "1980-01-01",
)
CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "dentally": {"token": "dentally-made-up-token"},
    "cliniko": {"key": "MS0xLW1hZGUtdXA-uk1"},
    "open_dental": {"developer_key": "MadeUpDeveloper", "customer_key": "MadeUpCustomer", "address": "", "fees": ""},
}


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


@dataclass
class Answer:
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Made = Answer | Callable[[dict[str, str]], Answer]


@dataclass
class Office:
    """A booking system: `answers` by path. What has no answer is 404."""

    answers: dict[str, Made] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)  # the same with all values of a name
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def reply(self, target: str, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(target)
        self.queries.append(parse_qs(parts.query))
        query = {name: values[-1] for name, values in self.queries[-1].items()}
        self.asked.append((parts.path, query))
        self.headers.append({name.lower(): value for name, value in headers.items()})
        made = self.answers.get(parts.path, Answer({"error": "not found"}, 404))
        return made if isinstance(made, Answer) else made(query)


@contextmanager
def open_office(kind: str, settings: Settings) -> Iterator[Office]:
    """A server on this machine that is asked instead of the real one."""
    office = standard_office(kind)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = office.reply(self.path, dict(self.headers))
            body = answer.encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    office.url = f"http://{host}"
    settings.OUTBOUND_INNER_HOSTS = [host]
    settings.PROVIDER_API_URLS = {kind: office.url}
    try:
        yield office
    finally:
        server.shutdown()
        server.server_close()


def standard_office(kind: str) -> Office:
    """With the sample payloads."""
    return Office(dict(_STANDARD[kind]()))


def _dentally() -> dict[str, Made]:
    patients = {f"/v1/patients/{500 + number}": Answer(payload("dentally/patient")) for number in range(1, 5)}
    return {"/v1/appointments": Answer(payload("dentally/appointments")), **patients}


def _cliniko() -> dict[str, Made]:
    lists = {"": "individual_appointments", "/cancelled": "cancelled", "/deleted": "deleted"}
    return {
        **{f"/v1/individual_appointments{end}": Answer(payload(f"cliniko/{name}")) for end, name in lists.items()},
        "/v1/patients/1390710863102485699": Answer(payload("cliniko/patient")),
        "/v1/appointment_types/2": Answer(payload("cliniko/appointment_type")),
        "/v1/billable_items/3": Answer(payload("cliniko/billable_item")),
    }


def _open_dental() -> dict[str, Made]:
    def procedures(query: dict[str, str]) -> Answer:
        missed = query["AptNum"] == "4"
        return Answer(payload("open_dental/missed" if missed else "open_dental/procedurelogs"))

    return {
        "/appointments": Answer(payload("open_dental/appointments")),
        "/patients/20": Answer(payload("open_dental/patient")),
        "/appointmenttypes/5": Answer(payload("open_dental/appointmenttype")),
        "/procedurelogs": procedures,
    }


_STANDARD: Mapping[str, Callable[[], dict[str, Made]]] = {
    "dentally": _dentally, "cliniko": _cliniko, "open_dental": _open_dental,
}  # fmt: skip


def add_system(desk: Desk, kind: str, **changed: str) -> services.NewSystem:
    credentials = {**CREDENTIALS.get(kind, {}), **changed}
    return services.add_booking_system(
        clinic_id=desk.clinic.id, kind=kind, name=f"Diary {kind}", credentials=credentials, now=desk.now
    )


def read(desk: Desk, made: services.NewSystem, **more: Any) -> services.ReadReport:
    report = services.read_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=desk.now, **more)
    assert report is not None
    return report


def counts(report: services.ReadReport) -> tuple[int, int, int, int, int]:
    return report.seen, report.new, report.changed, report.left_out, report.refused


def row_of(desk: Desk, made: services.NewSystem) -> BookingSystem:
    with as_clinic(desk.clinic.id):
        return BookingSystem.objects.get(pk=made.id)


def stored(desk: Desk) -> dict[str, Appointment]:
    """By external id, without the tag of the one system."""
    with as_clinic(desk.clinic.id):
        rows = list(Appointment.objects.order_by("external_id"))
    found = {re.sub(":[0-9a-f]{8}:", ":", row.external_id): row for row in rows}
    assert len(found) == len(rows)
    return found


def statuses(desk: Desk) -> dict[str, str]:
    return {key: row.status for key, row in stored(desk).items()}


def sign_calendly(body: bytes, secret: str, at: datetime = NOW) -> dict[str, str]:
    """By hand, after the documented recipe."""
    stamp = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"calendly-webhook-signature": f"t={stamp},v1={signature}"}


def invitee(letter: str) -> str:
    """The address of an invitee by a name for the test."""
    return f"https://api.calendly.com/scheduled_events/EVENT{letter}/invitees/INVITEE{letter}"


def calendly_body(name: str, letter: str = "A", **fields: Any) -> bytes:
    """A sample message about an invitee, with other fields of the invitee."""
    value = payload(f"calendly/{name}")
    value["payload"] = {**value["payload"], "uri": invitee(letter), **fields}
    return json.dumps(value).encode()
