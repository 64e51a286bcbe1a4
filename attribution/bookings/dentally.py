"""Dentally: appointments, the latest change first, page by page; refuses to guess a price, which it does not tell.

Only what its documentation says is relied upon: pages of up to 100, `sort_by` and `sort_direction`. Reading stops at
the first page that ends before the cursor, and goes on to the last page where the answers do not come in that order.
"""

from datetime import datetime
from typing import Final
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
    need_instant,
    open_list,
    open_object,
    optional_id,
    question,
    read_items,
    read_key,
    short_label,
    spelling,
)
from calls.domain import Refused
from calls.providers.fields import Fields

NAME = "dentally"
TITLE = "Dentally"
STEPS = (
    "Dentally gives access by invitation: ask its support for an access token to your practice’s API.",
    "The token must be allowed to read appointments and patients. It needs to write nothing.",
    "Paste the token here. We ask for what changed every five minutes; nothing has to be set up over there.",
)
CREDENTIALS = (Credential("token", "Access token", "From Dentally’s support. Never shown again."),)

PER_PAGE: Final = 100
MOST_PAGES: Final = 1000
_PHONES: Final = ("mobile_phone", "home_phone", "work_phone")
_CANCELLED: Final = frozenset({"cancelled", "canceled"})


def find_fault(credentials: Credentials) -> tuple[str, str] | None:
    """None: any word may be a token."""
    return None


def base_url(credentials: Credentials) -> str:
    return "https://api.dentally.co"


def headers(credentials: Credentials) -> dict[str, str]:
    return {"Authorization": f"Bearer {credentials['token']}", "Accept": "application/json"}


def first_questions(cursor: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    return (_list_question(1),)


def _list_question(page: int) -> str:
    sort = [("sort_by", "updated_at"), ("sort_direction", "desc")]
    return question("v1/appointments", [*sort, ("per_page", str(PER_PAGE)), ("page", str(page))])


def read_page(body: bytes, asked: str, cursor: datetime, zone: ZoneInfo) -> Page:
    answer = open_object(body)
    rows = open_list(answer.raw("appointments"), PER_PAGE)
    here, last = _place(answer)
    if asked != _list_question(here):
        raise BadAnswer("not the page that was asked for")  # or it would be asked for ever
    changed = [at for row in rows if (at := _changed_at(row)) is not None]
    is_over = here >= last or not rows or (_is_falling(changed) and len(changed) == len(rows) and changed[-1] < cursor)
    return Page(read_items(rows, _read), None if is_over else _list_question(here + 1))


def _place(answer: Fields) -> tuple[int, int]:
    """The number of this page and of the last. Raises BadAnswer."""
    try:
        meta = answer.part("meta")
        here, last = meta.raw("current_page"), meta.raw("total_pages")
    except Refused:
        here = last = None
    if type(here) is not int or type(last) is not int or not 1 <= here <= MOST_PAGES:
        raise BadAnswer("no number of the page")
    return here, last


def _is_falling(times: list[datetime]) -> bool:
    return all(one >= following for one, following in zip(times, times[1:], strict=False))


def _changed_at(row: Fields) -> datetime | None:
    try:
        return row.instant("updated_at")
    except Refused:
        return None


def _read(row: Fields) -> Booking:
    state = row.text("state").casefold()
    return Booking(
        key=read_key(row, "id"),
        booked_at=need_instant(row, "created_at"),
        # Who did not attend had not called it off.
        is_cancelled=state in _CANCELLED or (not row.is_empty("cancelled_at") and row.is_empty("did_not_attend_at")),
        patient=optional_id(row, "patient_id"),
        labels=tuple(filter(None, (short_label(row, "reason"), optional_id(row, "payment_plan_id")))),
    )


def patient_question(patient: str) -> str:
    return question(f"v1/patients/{patient}")


def read_patient(body: bytes) -> tuple[str, ...]:
    answer = open_object(body)
    try:
        patient = answer.part("patient") if "patient" in answer else answer
    except Refused:
        raise BadAnswer("no patient") from None
    return keep_numbers([spelling(patient, name) for name in _PHONES])


def read_details(booking: Booking, ask: Ask, credentials: Credentials) -> Details:
    return Details(booking.labels)
