"""Appointments from a booking system: stored once, changed by repeats, refused with a reason, matched by number."""

import io
import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from attribution import services
from attribution.domain import AppointmentStatus
from attribution.models import Appointment, AppointmentCaller
from calls.domain import AppointmentEvent, CallEvent, Direction, Outcome, RefusalReason, Refused
from calls.intake import record_events
from tenants.scope import as_clinic
from tests.attribution.clinics import NOW, Desk, ago, make_desk

pytestmark = pytest.mark.django_db
MOBILE, HOME = "07700 900123", "020 7946 0018"


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def booking(key: str = "B1", at: datetime = NOW, numbers: tuple[str, ...] = (MOBILE,), **more: Any) -> AppointmentEvent:
    return AppointmentEvent(key, at, numbers, **{"type": "", "value": None, "status": "booked", **more})


def record(desk: Desk, *events: AppointmentEvent) -> list[services.AppointmentReceipt]:
    return services.record_appointments(clinic_id=desk.clinic.id, events=events, now=desk.now)


def stored(desk: Desk) -> list[Appointment]:
    with as_clinic(desk.clinic.id):
        return list(Appointment.objects.order_by("external_id"))


def missed_call(desk: Desk, at: datetime, number: str = MOBILE) -> None:
    event = CallEvent("api", f"C{at.timestamp()}{number[:4]}", Direction.INBOUND, Outcome.MISSED, at, number)
    record_events(clinic=desk.clinic, events=[event], now=desk.now)


def test_a_number_finds_the_caller_of_its_calls(desk: Desk) -> None:
    missed_call(desk, ago(hours=2), "+44 7700 900123")
    [receipt] = record(desk, booking())
    desk.attribute()
    assert (receipt.created, receipt.refused) == (True, None)
    assert (desk.opportunity.status, desk.opportunity.appointment_id) == ("booked_elsewhere", receipt.id)


def test_a_repeat_changes_status_and_value_and_nothing_else(desk: Desk) -> None:
    [first] = record(desk, booking(type="NPE"))
    desk.attribute()
    [again] = record(desk, booking(type="NPE"))
    assert (again.id, again.created, again.changed, desk.changes()) == (first.id, False, False, [])
    [other] = record(desk, booking(at=ago(days=1), type="X", value=Decimal(5), status="cancelled", numbers=(HOME,)))
    [row] = stored(desk)
    assert (other.id, other.changed, row.status, row.value) == (first.id, True, "cancelled", Decimal(5))
    assert (row.booked_at, row.type, len(row.callers)) == (NOW, "NPE", 1)
    assert len(desk.changes()) == 1


def test_the_same_one_twice_in_a_list_is_one(desk: Desk) -> None:
    receipts = record(desk, booking(), booking("B2"), booking(status="cancelled"))
    assert [receipt.created for receipt in receipts] == [True, True, False]
    assert receipts[0].id == receipts[2].id
    assert [(row.external_id, row.status) for row in stored(desk)] == [("B1", "cancelled"), ("B2", "booked")]


def test_several_spellings_of_a_number_are_one_caller_and_two_numbers_are_two(desk: Desk) -> None:
    record(desk, booking("B1", numbers=(MOBILE, "+447700900123")), booking("B2", numbers=(MOBILE, HOME)))
    one, two = stored(desk)
    assert (len(one.callers), one.caller) == (1, one.callers[0])
    assert (len(two.callers), two.caller, two.callers[0]) == (2, None, one.caller)
    with as_clinic(desk.clinic.id):
        assert AppointmentCaller.objects.filter(appointment_id=two.id).count() == 2
    desk.attribute()
    assert stored(desk)[1].caller == one.caller


def test_without_a_number_it_is_judged_at_once(desk: Desk) -> None:
    record(
        desk,
        booking("B1", numbers=("",)),
        booking("B2", numbers=("anonymous",), status="cancelled"),
        booking("B3", numbers=()),
    )
    assert [(row.reason, row.caller, row.callers) for row in stored(desk)] == [
        ("withheld", None, []),
        ("cancelled", None, []),
        ("withheld", None, []),
    ]
    desk.attribute()
    assert desk.day(NOW)["appointments"] == 2
    services.change_appointment(
        clinic_id=desk.clinic.id, external_id="B1", status=AppointmentStatus.CANCELLED, now=desk.now
    )
    desk.attribute()
    assert (stored(desk)[0].reason, desk.day(NOW)["appointments"]) == ("cancelled", 1)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (booking(at=NOW + timedelta(minutes=5, seconds=1)), RefusalReason.IN_FUTURE),
        (booking(at=NOW - timedelta(days=90, seconds=1)), RefusalReason.TOO_OLD),
        (booking("A-7700900123"), RefusalReason.IDENTIFIER_CONTAINS_NUMBER),
        (booking("A-0018-79460018", numbers=(MOBILE, HOME)), RefusalReason.IDENTIFIER_CONTAINS_NUMBER),
        (booking(type="call 07700900123"), RefusalReason.LABEL_CONTAINS_NUMBER),
        (booking(value=Decimal(-1)), RefusalReason.UNREADABLE),
        (booking(value=Decimal("0.001")), RefusalReason.UNREADABLE),
        (booking(value=Decimal("NaN")), RefusalReason.UNREADABLE),
        (booking(value=Decimal(1_000_000)), RefusalReason.UNREADABLE),
        (booking(numbers=(MOBILE,) * 6), RefusalReason.UNREADABLE),
    ],
)
def test_what_cannot_be_stored_is_refused_and_keeps_nothing_else_back(
    desk: Desk, event: AppointmentEvent, reason: RefusalReason
) -> None:
    refused, accepted = record(desk, event, booking("good"))
    assert refused.refused is not None
    assert (refused.id, refused.refused.reason, accepted.created) == (None, reason, True)
    assert "7700" not in str(refused.refused)
    assert [row.external_id for row in stored(desk)] == ["good"]


def test_the_clocks_may_differ_by_five_minutes(desk: Desk) -> None:
    [receipt] = record(desk, booking(at=NOW + timedelta(minutes=5)))
    assert receipt.created


def test_changing_what_is_not_there_is_refused(desk: Desk) -> None:
    other = make_desk("Oak Street")
    record(other, booking())
    for key in ("B1", "nobody"):
        with pytest.raises(services.UnknownAppointment):
            services.change_appointment(clinic_id=desk.clinic.id, external_id=key, value=Decimal(1), now=desk.now)
    with pytest.raises(Refused):
        services.change_appointment(clinic_id=other.clinic.id, external_id="B1", value=Decimal(-1), now=desk.now)


def test_a_file_is_imported_once_and_reported(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "appointments.csv"
    at = NOW.isoformat()
    file.write_text(
        "external_id,booked_at,numbers,type,value,status\n"
        f"B1,{at},{MOBILE}|{HOME},NPE,95.00,booked\n"
        f"B2,{at},,,,cancelled\n"
        f"B3,{at},{MOBILE},,much,booked\n"
        f"07700900123,{at},{MOBILE},,,booked\n"
    )

    def run(*options: str) -> dict[str, Any]:
        out = io.StringIO()
        call_command(
            "import_appointments", desk.clinic.slug, str(file), "--format", "csv", "--shift-to-now", "--json", *options,
            stdout=out, stderr=io.StringIO(),
        )  # fmt: skip
        return dict(json.loads(out.getvalue()))

    dry = run("--dry-run")
    assert (dry["stored"], stored(desk), desk.changes()) == (2, [], [])
    told = run()
    assert (told["read"], told["stored"], told["duplicate"]) == (4, 2, 0)
    assert {reason: found["lines"] for reason, found in told["refused"].items()} == {
        "unreadable": [4], "identifier_contains_number": [5],
    }  # fmt: skip
    assert [(row.external_id, row.value, row.status) for row in stored(desk)] == [
        ("B1", Decimal(95), "booked"),
        ("B2", None, "cancelled"),
    ]
    assert {change.not_before for change in desk.changes()} == {None}
    again = run()
    assert (again["stored"], again["duplicate"], again["merged"]) == (0, 2, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nobody", "{file}", "--format", "csv"],
        ["{slug}", "{file}", "--format", "xls"],
        ["{slug}", "{file}", "--format", "csv"],
        ["{slug}", "/nowhere", "--format", "csv"],
    ],
)
def test_a_command_that_cannot_be_understood_says_so(desk: Desk, tmp_path: Path, arguments: list[str]) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("external_id,notes\n1,anxious\n")
    filled = [argument.format(slug=desk.clinic.slug, file=file) for argument in arguments]
    with pytest.raises(CommandError):
        call_command("import_appointments", *filled)
