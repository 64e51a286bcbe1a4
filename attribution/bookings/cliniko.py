"""Cliniko: individual appointments in three lists (standing, cancelled, deleted); refuses to follow a link of theirs.

The last part of an API key names the shard that holds the account. Lists are read in the order of ids, and asked for
next are the ids after the last: by page numbers a booking would be left out whenever another one is cancelled
meanwhile, which takes it out of the list. Prices are those of the billable item of the appointment's type.
"""

import re
from base64 import b64encode
from datetime import UTC, datetime
from itertools import pairwise
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
    linked_id,
    need_instant,
    open_list,
    open_object,
    question,
    read_amount,
    read_items,
    read_key,
    short_label,
    spelling,
)
from calls.domain import Refused
from calls.providers.fields import Fields

NAME = "cliniko"
TITLE = "Cliniko"
STEPS = (
    "Sign in to Cliniko as somebody who may see all appointments and patients: the key may what this person may.",
    "Open My Info, Manage API keys, Add an API key, and call it Ringback. Copy the key with all that stands after its"
    " last hyphen, such as -uk1: that says where your account is.",
    "Paste the key here. We ask for what changed every five minutes; nothing else has to be set up over there.",
)
CREDENTIALS = (Credential("key", "API key", "With its ending, such as -uk1. Never shown again."),)

PER_PAGE: Final = 100
DEFAULT_SHARD: Final = "au1"  # of keys from before there were several
_LISTS: Final = ("individual_appointments", "individual_appointments/cancelled", "individual_appointments/deleted")
_AFTER: Final = "id:>"
_SHARD: Final = re.compile(r"[a-z]{2}[0-9]{1,2}")


def find_fault(credentials: Credentials) -> tuple[str, str] | None:
    _, hyphen, shard = credentials["key"].rpartition("-")
    if hyphen and not _SHARD.fullmatch(shard):
        return "key", "The key ends in a hyphen and where your account is, such as -uk1."
    return None


def base_url(credentials: Credentials) -> str:
    _, hyphen, shard = credentials["key"].rpartition("-")
    if not (hyphen and _SHARD.fullmatch(shard)):
        shard = DEFAULT_SHARD
    return f"https://api.{shard}.cliniko.com"


def headers(credentials: Credentials) -> dict[str, str]:
    basic = b64encode(f"{credentials['key']}:".encode()).decode("ascii")
    return {"Authorization": f"Basic {basic}", "Accept": "application/json"}


def first_questions(cursor: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    """The standing ones first: what is cancelled while we read is then said last, and stays."""
    return tuple(_list_question(name, cursor, 0) for name in _LISTS)


def _list_question(name: str, cursor: datetime, after: int) -> str:
    since = cursor.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    filters = [("q[]", f"updated_at:>={since}"), ("q[]", f"{_AFTER}{after}")]
    return question(f"v1/{name}", [*filters, ("sort", "id"), ("order", "asc"), ("per_page", str(PER_PAGE))])


def read_page(body: bytes, asked: str, cursor: datetime, zone: ZoneInfo) -> Page:
    answer = open_object(body)
    rows = open_list(answer.raw("individual_appointments"), PER_PAGE)
    name = urlsplit(asked).path.removeprefix("/v1/")
    after = int(parse_qs(urlsplit(asked).query)["q[]"][1].removeprefix(_AFTER))
    is_deleted = name.endswith("/deleted")
    items = read_items(rows, lambda row: _read(row, is_deleted))
    following = None
    if rows and _has_next(answer):
        following = _list_question(name, cursor, _last_id(rows, after))
    return Page(items, following)


def _has_next(answer: Fields) -> bool:
    """Whether there is more. Raises BadAnswer."""
    try:
        return bool(answer.part("links").text("next", 2000))
    except Refused:
        raise BadAnswer("the link to the next page is none") from None


def _last_id(rows: list[Fields], after: int) -> int:
    """Up to which id all is told. Raises BadAnswer where the ids do not rise: some could be left out."""
    ids = [after, *(number for row in rows if (number := _number(row)) is not None)]
    if len(ids) == 1 or not all(one < following for one, following in pairwise(ids)):
        raise BadAnswer("not in the order that was asked for")
    return ids[-1]


def _number(row: Fields) -> int | None:
    try:
        key = read_key(row, "id")
    except Refused:
        return None
    return int(key) if key.isdecimal() else None


def _read(row: Fields, is_deleted: bool) -> Booking:
    return Booking(
        key=read_key(row, "id"),
        booked_at=need_instant(row, "created_at"),
        is_cancelled=is_deleted or not row.is_empty("cancelled_at") or not row.is_empty("deleted_at"),
        patient=_link(row, "patient"),
        kind=_link(row, "appointment_type"),
        only_known=is_deleted,  # a booking that was deleted before anybody heard of it was a slip
    )


def _link(row: Fields, name: str) -> str:
    return linked_id(row.part(name).part("links").text("self"))


def patient_question(patient: str) -> str:
    return question(f"v1/patients/{patient}")


def read_patient(body: bytes) -> tuple[str, ...]:
    phones = open_object(body).raw("patient_phone_numbers")
    rows = open_list(phones if phones is not None else [], 100)
    return keep_numbers([spelling(row, "number") or spelling(row, "normalized_number") for row in rows])


def read_details(booking: Booking, ask: Ask, credentials: Credentials) -> Details:
    """The type's id and name, and the price of its billable item. Types are few, and their answers remembered."""
    answer = ask(question(f"v1/appointment_types/{booking.kind}")) if booking.kind else None
    if answer is None:
        return Details(tuple(filter(None, (booking.kind,))))
    kind = open_object(answer)
    labels = tuple(filter(None, (booking.kind, short_label(kind, "name"))))
    try:
        item = _link(kind, "billable_item")
    except Refused:
        item = ""
    priced = ask(question(f"v1/billable_items/{item}")) if item else None
    return Details(labels, read_amount(open_object(priced).raw("price")) if priced is not None else None)
