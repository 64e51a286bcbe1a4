"""Open Dental: appointments changed since a time of the office's own clock; refuses to take a null date for a time.

All times are local to the office, without a zone, and 0001-01-01 is none. In autumn an hour comes twice over there, so
a cursor is set back by more than an hour when it is asked with. A broken appointment was missed or called off: its
procedures tell (D9986 is missed).
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from attribution.bookings.records import (
    Ask,
    BadAnswer,
    Booking,
    Credential,
    Credentials,
    Details,
    Page,
    keep_numbers,
    open_body,
    open_list,
    open_object,
    optional_id,
    question,
    read_amount,
    read_items,
    read_key,
    short_label,
    spelling,
)
from calls.domain import Refused
from calls.providers.fields import Fields

NAME = "open_dental"
TITLE = "Open Dental"
STEPS = (
    "The office needs an eConnector that runs, and Open Dental 22.3 or newer.",
    "In Open Dental: Setup, Advanced Setup, API. Tick Enabled, press Add Key, and paste the customer key that whoever"
    " has the developer key made for you in Open Dental’s developer portal.",
    "The key must be allowed to read appointments, patients, appointment types and procedure logs.",
    "Paste both keys here. The address stays empty, unless your office runs an API server of its own that is on the"
    " internet. The clinic’s time zone must be that of the office.",
)
CREDENTIALS = (
    Credential("developer_key", "Developer key", "From Open Dental’s developer portal. Never shown again."),
    Credential("customer_key", "Customer key", "The one that the office added. Never shown again."),
    Credential("address", "Address", "Empty for Open Dental’s own.", is_secret=False, is_optional=True),
    Credential(
        "fees", "Take the fees of the procedures as the appointment’s value",
        "One question more for each appointment. Without it the values of this clinic count.",
        is_secret=False, is_optional=True, is_choice=True,
    ),
)  # fmt: skip

PER_PAGE: Final = 100
MOST_ON_PAGE: Final = 1000  # of a server in the office itself
MOST_ROWS: Final = 100_000
TWICE_AN_HOUR: Final = timedelta(minutes=75)
_LOCAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?")
_BOOKED: Final = frozenset({"scheduled", "complete", "asap"})
_CANCELLED: Final = frozenset({"unschedlist"})  # taken off the schedule, to be given another time or none
_NONE: Final = frozenset({"planned", "ptnote", "ptnotecompleted"})  # no appointment was made
_MISSED: Final = "D9986"


def find_fault(credentials: Credentials) -> tuple[str, str] | None:
    if any("/" in credentials[name] for name in ("developer_key", "customer_key")):
        return "developer_key", "A key holds no slash: one key goes into each field."
    return None


def base_url(credentials: Credentials) -> str:
    return credentials.get("address", "").rstrip("/") or "https://api.opendental.com/api/v1"


def headers(credentials: Credentials) -> dict[str, str]:
    keys = f"{credentials['developer_key']}/{credentials['customer_key']}"
    return {"Authorization": f"ODFHIR {keys}", "Accept": "application/json"}


def first_questions(cursor: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    return (_list_question(cursor, zone, 0),)


def _list_question(cursor: datetime, zone: ZoneInfo, offset: int) -> str:
    since = cursor.astimezone(zone).replace(tzinfo=None) - TWICE_AN_HOUR
    return question(
        "appointments", [("DateTStamp", since.strftime("%Y-%m-%d %H:%M:%S")), ("Offset", str(offset))]
    )  # fmt: skip


def read_page(body: bytes, asked: str, cursor: datetime, zone: ZoneInfo) -> Page:
    rows = open_list(open_body(body), MOST_ON_PAGE)
    offset = int(parse_qs(urlsplit(asked).query)["Offset"][0]) + len(rows)
    reached = [at for row in rows if (at := _server_time(row, zone)) is not None] or [cursor]
    following = None
    if len(rows) >= PER_PAGE:
        if offset >= MOST_ROWS:
            raise BadAnswer("a list without an end")  # not the end of it: the rest would be left out for good
        following = _list_question(cursor, zone, offset)
    items = read_items(rows, lambda row: _read(row, zone))
    return Page(items, following, min(reached))


def _server_time(row: Fields, zone: ZoneInfo) -> datetime | None:
    try:
        return local_time(row, "serverDateTime", zone)
    except Refused:
        return None


def local_time(row: Fields, name: str, zone: ZoneInfo) -> datetime | None:
    """A time of the office, the first of the two where there are two; None for a null date. Raises Refused."""
    text = row.text(name)
    if not text or text.startswith("0001-01-01"):
        return None
    at = None
    if _LOCAL.fullmatch(text):
        try:
            at = datetime.fromisoformat(text[: len("2026-01-31 10:00:00")])
        except ValueError:
            at = None
    if at is None or not 2000 <= at.year < 2100:
        raise row.refuse(name, "is not a time like 2026-01-31 10:00:00")
    return at.replace(tzinfo=zone).astimezone(UTC)


def _read(row: Fields, zone: ZoneInfo) -> Booking | None:
    status = row.word("AptStatus").casefold()
    if status in _NONE:
        return None
    if status not in _BOOKED and status not in _CANCELLED and status != "broken":
        raise row.refuse("AptStatus", "is not a status that we know")
    booked_at = local_time(row, "SecDateTEntry", zone)
    if booked_at is None:
        raise row.refuse("SecDateTEntry", "is missing: when it was made is not known")
    return Booking(
        key=read_key(row, "AptNum"),
        booked_at=booked_at,
        is_cancelled=status in _CANCELLED or status == "broken",
        patient=optional_id(row, "PatNum"),
        kind=optional_id(row, "AppointmentTypeNum"),
        is_broken=status == "broken",
    )


def patient_question(patient: str) -> str:
    return question(f"patients/{patient}")


def read_patient(body: bytes) -> tuple[str, ...]:
    patient = open_object(body)
    return keep_numbers([spelling(patient, name) for name in ("WirelessPhone", "HmPhone", "WkPhone")])


def read_details(booking: Booking, ask: Ask, credentials: Credentials) -> Details:
    labels = _labels(booking, ask)
    wants_fees = bool(credentials.get("fees"))
    if not (wants_fees or booking.is_broken):
        return Details(labels)
    answer = ask(question("procedurelogs", [("AptNum", booking.key)]), once=True)
    procedures = open_list(open_body(answer), MOST_ON_PAGE) if answer is not None else []
    was_missed = any(short_label(one, "procCode").upper() == _MISSED for one in procedures)
    return Details(labels, _fees(procedures) if wants_fees else None, not was_missed if booking.is_broken else None)


def _labels(booking: Booking, ask: Ask) -> tuple[str, ...]:
    answer = ask(question(f"appointmenttypes/{booking.kind}")) if booking.kind else None
    name = short_label(open_object(answer), "AppointmentTypeName") if answer is not None else ""
    return tuple(filter(None, (booking.kind, name)))


def _fees(procedures: list[Fields]) -> Decimal | None:
    """The sum; None without any, and where one of them can't be read."""
    fees = [read_amount(one.raw("ProcFee")) for one in procedures]
    known = [fee for fee in fees if fee is not None]
    return read_amount(sum(known, Decimal(0))) if known and len(known) == len(fees) else None
