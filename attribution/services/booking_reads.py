"""One run over what has changed in a booking system: claimed, read page by page, stored; only then the cursor moves.

A run that ends early, or that is killed, begins again where the last whole one ended: what is stored already is known
by its id, and no patient of it is asked for again. No transaction is open while the other system is waited for.
"""

import dataclasses
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from attribution.bookings import BadAnswer, Booking, Page
from attribution.models import BookingSystem
from attribution.selectors.bookings import SystemFacts, open_system
from attribution.services.appointments import record_appointments
from attribution.services.booking_asking import Asker, EnoughForNow, Limits, Stopped
from attribution.services.booking_events import EventMaker
from calls.domain import AppointmentEvent, Refused
from calls.holds import Hold, held_back
from calls.wakeup import wake_worker
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tenants.selectors import get_clinic
from tenants.vault import CannotUnwrap

BY_THE_CLOCK: Final = Limits(questions=2_000, seconds=60)
CATCHING_UP: Final = Limits(questions=6_000, seconds=240)  # of a system whose last run did not come to the end
BY_HAND: Final = Limits(questions=40, seconds=15)  # somebody waits for the page
EVERY: Final = timedelta(minutes=5)
SOON: Final = timedelta(minutes=1)  # until a run goes on that reached its limits
OVERLAP: Final = timedelta(minutes=10)  # asked for again: clocks differ, and a list takes a while to be read
CLAIM: Final = timedelta(minutes=15)
LONGEST_PAUSE: Final = timedelta(hours=6)
MOST_TRIES: Final = 100


@dataclass(slots=True)
class ReadReport:
    """What came of one run: counts, and whether it came to the end."""

    seen: int = 0
    new: int = 0
    changed: int = 0
    left_out: int = 0  # made before the clinic's limit
    refused: int = 0  # could not be read, or must not be kept
    problem: str = ""
    is_complete: bool = False

    def as_json(self) -> dict[str, object]:
        return dataclasses.asdict(self)


def read_booking_system(
    *,
    clinic_id: uuid.UUID,
    system_id: uuid.UUID,
    now: datetime,
    limits: Limits | None = None,
    must_be_due: bool = False,
) -> ReadReport | None:
    """Reads one system; None where there is nothing to do: it is gone, paused, being read by somebody, or not due."""
    claimed = _claim(clinic_id, system_id, now, must_be_due)
    if claimed is None:
        return None
    clinic = get_clinic(clinic_id)
    try:
        facts = open_system(clinic, system_id)
    except CannotUnwrap:
        _finish(clinic_id, system_id, claimed, now, ReadReport(problem="credentials"), None, timedelta())
        return ReadReport(problem="credentials")
    if facts is None:
        return None
    default = CATCHING_UP if facts.is_behind else BY_THE_CLOCK
    return _run(facts, Asker(facts, limits or default, now), claimed, now)


def _claim(clinic_id: uuid.UUID, system_id: uuid.UUID, now: datetime, must_be_due: bool) -> datetime | None:
    """Takes it for a while, so that nobody else reads it meanwhile; whoever dies over it loses it by the clock. Returns
    until when: whose claim it is no more, by the clock or by other credentials, moves no cursor."""
    with as_clinic(clinic_id):
        rows = BookingSystem.objects.select_for_update(skip_locked=True, no_key=True)
        row = rows.filter(clinic_id=clinic_id, pk=system_id, token_hash=None, paused_at=None).first()
        if row is None or (row.claimed_until is not None and row.claimed_until > now):
            return None
        if must_be_due and (row.next_poll_at is None or row.next_poll_at > now):
            return None
        row.claimed_until = now + CLAIM
        row.save(update_fields=["claimed_until"])
    return row.claimed_until


def _run(facts: SystemFacts, asker: Asker, claimed: datetime, now: datetime) -> ReadReport:
    report, wait, cursor = ReadReport(), timedelta(), None
    try:
        with held_back(facts.clinic.id, now) as hold:
            cursor = _read_lists(facts, asker, report, hold, now)
        report.is_complete = True
    except EnoughForNow:
        pass
    except Stopped as stopped:
        report.problem, wait = stopped.problem, stopped.wait
    finally:
        wake_worker(facts.clinic.id)
    _finish(facts.clinic.id, facts.id, claimed, asker.now, report, cursor, wait)
    return report


def _read_lists(facts: SystemFacts, asker: Asker, report: ReadReport, hold: Hold, now: datetime) -> datetime:
    """All of all lists; returns up to when all changes are stored."""
    clinic = facts.clinic
    limit = clinic.visible_from(now)
    since = max(facts.cursor - OVERLAP, limit) if facts.cursor else limit
    maker = EventMaker(facts, asker)
    reached = now
    for page in _pages(asker, clinic, since):
        hold.renew()
        if page.reached is not None:
            reached = min(reached, page.reached)
        _take_page(clinic, page, maker, report, hold, now)
    return max(reached, since)


def _pages(asker: Asker, clinic: ClinicFacts, since: datetime) -> Iterator[Page]:
    for first in asker.reader.first_questions(since, clinic.zone):
        question: str | None = first
        while question is not None:
            body = asker.ask(question)
            try:
                page = asker.reader.read_page(body, question, since, clinic.zone)
            except BadAnswer:
                raise Stopped("odd") from None
            question = page.next
            yield page


def _take_page(
    clinic: ClinicFacts, page: Page, maker: EventMaker, report: ReadReport, hold: Hold, now: datetime
) -> None:
    """Stores a page. What was made ready before the limits were reached is stored, too."""
    report.seen += len(page.items)
    bookings = [item for item in page.items if not isinstance(item, Refused)]
    report.refused += len(page.items) - len(bookings)
    known = maker.known_values(bookings)
    events: list[AppointmentEvent] = []
    try:
        for booking in bookings:
            if not maker.is_known(booking, known) and _is_too_old(booking, clinic, now):
                report.left_out += 1
                continue
            event = maker.make(booking, known)
            if event is not None:
                events.append(event)
    finally:
        _store(clinic, events, report, hold, now)


def _is_too_old(booking: Booking, clinic: ClinicFacts, now: datetime) -> bool:
    return booking.booked_at < clinic.visible_from(now)


def _store(
    clinic: ClinicFacts, events: Sequence[AppointmentEvent], report: ReadReport, hold: Hold, now: datetime
) -> None:
    if not events:
        return
    for receipt in record_appointments(clinic_id=clinic.id, events=events, now=now, hold=hold):
        report.new += receipt.created
        report.changed += receipt.changed
        report.refused += receipt.refused is not None


def _finish(
    clinic_id: uuid.UUID,
    system_id: uuid.UUID,
    claimed: datetime,
    now: datetime,
    report: ReadReport,
    cursor: datetime | None,
    wait: timedelta,
) -> None:
    """What came of it, on the system's row, if it is still ours. A system that was removed meanwhile stays so."""
    with as_clinic(clinic_id):
        row = BookingSystem.objects.select_for_update(no_key=True).filter(clinic_id=clinic_id, pk=system_id).first()
        if row is None or row.claimed_until != claimed:
            return
        row.claimed_until, row.checked_at, row.problem = None, now, report.problem
        row.tries = min(row.tries + 1, MOST_TRIES) if report.problem else 0
        row.next_poll_at = now + _pause(report, row.tries, wait)
        if report.is_complete and cursor is not None:
            row.cursor, row.last_read_at = max(row.cursor or cursor, cursor), now
        row.last_seen, row.last_new, row.last_changed = report.seen, report.new, report.changed
        row.last_left_out, row.last_refused = report.left_out, report.refused
        row.save()


def _pause(report: ReadReport, tries: int, wait: timedelta) -> timedelta:
    """Doubled with each failure; never shorter than what the other system asked for."""
    if not report.problem:
        return EVERY if report.is_complete else SOON
    return max(min(EVERY * (1 << min(tries - 1, 10)), LONGEST_PAUSE), wait)
