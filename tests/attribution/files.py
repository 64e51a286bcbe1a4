"""Files for the tests of imports in the browser, and sending them as its forms do; plain functions."""

import csv
import io
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from calls.models import Call, ImportRun, SavedMapping
from tenants.domain import ClinicFacts
from tenants.models import AuditEvent
from tenants.scope import as_clinic

LIST = "/settings/import/"
CALLS = "/settings/import/calls/"
APPOINTMENTS = "/settings/import/appointments/"
NUMBERS = [f"+44770090{index:04}" for index in range(1000)]  # Ofcom keeps them for fiction
OURS = "external_id,direction,outcome,started_at,number,line,ring_seconds,talk_seconds"
THEIRS = ("Call ID", "Start Time", "Call Direction", "Result", "From Number", "To Number", "Queue", "Duration")


def as_csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([list(header), *map(list, rows)])
    return text.getvalue().encode()


def our_file(count: int = 3, **changes: object) -> bytes:
    """Missed calls of the last day, a minute apart."""
    began = datetime.now(UTC) - timedelta(days=1)
    columns = OURS.split(",")
    rows = []
    for index in range(count):
        at = (began + timedelta(minutes=index % 1000)).isoformat(timespec="seconds")
        values = {
            "external_id": f"k{_letters(uuid.uuid4().hex)}",
            "direction": "inbound",
            "outcome": "missed",
            "started_at": at,
            "number": NUMBERS[index % len(NUMBERS)],
            "line": "Main",
            "ring_seconds": "20",
            "talk_seconds": "0",
        }
        rows.append([{**values, **changes}[name] for name in columns])
    return as_csv(columns, rows)


def _letters(text: str) -> str:
    """Without digits: an id that holds its number by chance is refused."""
    return text.translate(str.maketrans("0123456789", "ghijklmnop"))


def their_file(count: int = 3) -> bytes:
    """As another phone system exports it."""
    began = datetime.now(UTC) - timedelta(days=1)
    rows = []
    for index in range(count):
        at = (began + timedelta(minutes=index)).strftime("%d/%m/%Y %H:%M:%S")
        rows.append(
            [f"abc-{'xyzuvw'[index % 6]}{index}", at, "Inbound", "Missed", NUMBERS[index], "201", "Reception", "0"]
        )
    return as_csv(THEIRS, rows)


def appointments_file(count: int = 2) -> bytes:
    began = datetime.now(UTC) - timedelta(hours=5)
    rows = [
        [f"a-{index}", (began + timedelta(minutes=index)).isoformat(), NUMBERS[index], "booked"]
        for index in range(count)
    ]
    return as_csv(("external_id", "booked_at", "numbers", "status"), rows)


def send(client: Client, path: str, content: bytes | None, do: str = "import", **fields: Any) -> Any:
    """As the form sends it when nobody changes a thing; `content` None: no file was chosen."""
    data: dict[str, Any] = {
        "run": str(uuid.uuid4()), "format": "csv", "timezone": "Europe/London", "region": "GB", "do": do, **fields,
    }  # fmt: skip
    if content is not None:
        data["file"] = SimpleUploadedFile("Patient 07700 900123.csv", content)
    return client.post(path, data)


def runs(clinic: ClinicFacts) -> list[ImportRun]:
    with as_clinic(clinic.id):
        return list(ImportRun.objects.order_by("started_at"))


def mappings(clinic: ClinicFacts) -> list[SavedMapping]:
    with as_clinic(clinic.id):
        return list(SavedMapping.objects.order_by("name"))


def count_calls(clinic: ClinicFacts) -> int:
    with as_clinic(clinic.id):
        return Call.objects.filter(clinic_id=clinic.id).count()


def trail(clinic: ClinicFacts) -> list[AuditEvent]:
    """What is on record of imports."""
    with as_clinic(clinic.id):
        rows = AuditEvent.objects.filter(clinic_id=clinic.id).order_by("seq")
        return [row for row in rows if "import" in row.action or "mapping" in row.action]
