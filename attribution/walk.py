"""The walk over the events of one caller: which missed calls were won back, and by which appointment.

Pure, and with `opportunities` the only place that knows these rules (numbered as in `docs/attribution.md`). It refuses
to read a clock, a setting or a table: events, rules and `now` go in; opportunities and verdicts come out.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from attribution.domain import AppointmentStatus, ContactKind, OpportunityStatus, Reason, Verdict
from attribution.history import RING_UNKNOWN, Event, Rank, put_in_order
from attribution.opportunities import Contact, End, OpenOpportunity, Opportunity, write_up
from attribution.rules import MICROSECOND, RuleBook, Terms

# How long after its last missed call an opportunity that has ended still explains an appointment.
EXPLAINS_FOR = timedelta(days=30) // MICROSECOND


class AppointmentVerdict(NamedTuple):
    appointment_id: bytes
    verdict: Verdict
    reason: Reason
    opened_at: int | None  # the opportunity that this appointment closed


class Settled(NamedTuple):
    """What a caller's closed books say of the last opportunity in them; the walk begins after `settled_until`."""

    settled_until: int
    last_missed_at: int
    status: OpportunityStatus


class WalkResult(NamedTuple):
    opportunities: list[Opportunity]  # by opened_at
    verdicts: list[AppointmentVerdict]  # by place
    untouched: list[bytes]  # ids of appointments in closed books: what was said of them stays


class _Walk:
    """Where the walk stands: the opportunity that was last opened and not ended yet, and how the one before ended."""

    __slots__ = ("book", "last_missed_at", "last_status", "latest", "opportunities", "verdicts")

    def __init__(self, book: RuleBook, settled: Settled | None) -> None:
        self.book = book
        self.latest: OpenOpportunity | None = None
        self.last_missed_at = settled.last_missed_at if settled else 0
        self.last_status = settled.status if settled else None
        self.opportunities: list[Opportunity] = []
        self.verdicts: list[AppointmentVerdict] = []

    def open_at(self, at: int) -> OpenOpportunity | None:
        """The opportunity that an event of this own time finds open: rule 6, the deadline itself included.

        One that has lapsed for a call is kept, because an appointment that is placed later can have been booked
        earlier and find it open: a call that finds nothing open changes nothing.
        """
        latest = self.latest
        return latest if latest is not None and at <= latest.deadline else None

    def end(self, found: OpenOpportunity, end: End) -> None:
        self.opportunities.append(write_up(found, end))
        self.latest = None
        self.last_missed_at = found.last_missed_at
        self.last_status = end.status

    def lapse(self) -> None:
        if self.latest is not None:
            self.end(self.latest, End(OpportunityStatus.LAPSED, self.latest.deadline))

    def refuse(self, appointment_id: bytes, reason: Reason) -> None:
        self.verdicts.append(AppointmentVerdict(appointment_id, Verdict.UNATTRIBUTED, reason, None))

    def reason_without_opportunity(self, booked_at: int) -> Reason:
        """Why an appointment that found nothing open was not counted: the caller's last opportunity says."""
        latest = self.latest
        status = self.last_status if latest is None else OpportunityStatus.LAPSED
        last_missed_at = self.last_missed_at if latest is None else latest.last_missed_at
        if status is None or booked_at > last_missed_at + EXPLAINS_FOR:
            return Reason.NO_MISSED_CALL
        return _REASON_AFTER.get(status, Reason.NO_MISSED_CALL)


_REASON_AFTER = {
    OpportunityStatus.LAPSED: Reason.WINDOW_ELAPSED,
    OpportunityStatus.RECOVERED: Reason.ALREADY_RECOVERED,
    OpportunityStatus.RETURNED: Reason.ALREADY_RECOVERED,
    OpportunityStatus.BOOKED_ELSEWHERE: Reason.ALREADY_RECOVERED,
}


def _step_nothing(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    pass


def _step_missed(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    found = walk.open_at(at)
    terms = walk.book.terms_at(at) if found is None else found.terms
    if detail >= terms.min_ring_seconds or detail == RING_UNKNOWN:
        _add_missed(walk, at, event_id, found, terms)


def _step_voicemail(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    found = walk.open_at(at)
    terms = walk.book.terms_at(at) if found is None else found.terms
    if terms.voicemail_is_missed:
        _add_missed(walk, at, event_id, found, terms)


def _add_missed(walk: _Walk, at: int, event_id: bytes, found: OpenOpportunity | None, terms: Terms) -> None:
    """Rule 1."""
    if found is not None:
        found.add_missed(at)
    else:
        walk.lapse()
        walk.latest = OpenOpportunity(at, event_id, terms)


def _step_answered(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    """Rule 3."""
    found = walk.open_at(at)
    if found is not None and talk_seconds >= found.terms.min_talk_seconds:
        found.add_contact((at, ContactKind.CALLER_RETURNED, talk_seconds))


def _step_tried(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    """Rule 2, without a contact."""
    found = walk.open_at(at)
    if found is not None:
        found.add_callback(at)


def _step_spoke(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    """Rule 2, with one if it was long enough."""
    found = walk.open_at(at)
    if found is not None and found.add_callback(at) and talk_seconds >= found.terms.min_talk_seconds:
        found.add_contact((at, ContactKind.CALLBACK, talk_seconds))


def _step_reached(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    """Rule 2, with one because staff say so; nobody measured how long it took."""
    found = walk.open_at(at)
    if found is not None and found.add_callback(at):
        found.add_contact((at, ContactKind.CALLBACK, None))


def _step_dismissed(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    """Rule 5."""
    found = walk.open_at(at)
    if found is not None:
        walk.end(found, End(OpportunityStatus.DISMISSED, at, dismissed_by=event_id))


def _step_booked(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    """Rule 4. `detail` is when it was booked, the appointment's own time; `at` is only its place."""
    found = walk.open_at(detail)
    if found is None:
        walk.refuse(event_id, walk.reason_without_opportunity(detail))
    elif detail < found.opened_at:
        walk.refuse(event_id, Reason.NO_MISSED_CALL)
    else:
        contact = found.contact_for(detail)
        status, verdict, reason = _outcome_of(contact, found.terms)
        walk.end(found, End(status, at, event_id, detail, contact))
        walk.verdicts.append(AppointmentVerdict(event_id, verdict, reason, found.opened_at))


def _outcome_of(contact: Contact | None, terms: Terms) -> tuple[OpportunityStatus, Verdict, Reason]:
    if contact is None:
        return OpportunityStatus.BOOKED_ELSEWHERE, Verdict.UNATTRIBUTED, Reason.NO_CONTACT
    if contact[1] is ContactKind.CALLBACK:
        return OpportunityStatus.RECOVERED, Verdict.RECOVERED, Reason.CALLBACK
    if terms.caller_returned_counts:
        return OpportunityStatus.RECOVERED, Verdict.RECOVERED, Reason.CALLER_RETURNED
    return OpportunityStatus.RETURNED, Verdict.UNATTRIBUTED, Reason.CALLER_RETURNED


def _step_cancelled(walk: _Walk, at: int, event_id: bytes, detail: int, talk_seconds: int) -> None:
    walk.refuse(event_id, Reason.CANCELLED)


# By EventKind. Arguments: the walk, the place, the id, ring seconds (booked_at of an appointment), talk seconds.
_STEPS: Sequence[Callable[[_Walk, int, bytes, int, int], None]] = (
    _step_nothing,
    _step_missed,
    _step_voicemail,
    _step_answered,
    _step_tried,
    _step_spoke,
    _step_reached,
    _step_dismissed,
    _step_booked,
    _step_cancelled,
)


def walk(events: Iterable[Event], book: RuleBook, now: int, settled: Settled | None = None) -> WalkResult:
    """Opportunities and verdicts of one caller, from all events of that caller in any order, repeated or not.

    `now` (microseconds) only decides whether the last opportunity has lapsed. Events placed after it are walked too:
    an appointment is placed up to half an hour after it was booked, and must not wait for somebody to look again.
    """
    walked = _Walk(book, settled)
    untouched: list[bytes] = []
    settled_until = settled.settled_until if settled else None
    for place, rank, event_id, kind, detail, talk_seconds in put_in_order(events, book):
        if settled_until is None or place > settled_until:
            _STEPS[kind](walked, place, event_id, detail, talk_seconds)
        elif rank == Rank.APPOINTMENT:
            untouched.append(event_id)
    latest = walked.latest
    if latest is not None and now <= latest.deadline:
        walked.opportunities.append(write_up(latest, End(latest.unfinished_status())))
    else:
        walked.lapse()
    return WalkResult(walked.opportunities, walked.verdicts, untouched)


def judge_without_caller(appointment_id: bytes, status: AppointmentStatus) -> AppointmentVerdict:
    """The verdict on an appointment that was given no number, and so belongs to no walk."""
    reason = Reason.CANCELLED if status is AppointmentStatus.CANCELLED else Reason.WITHHELD
    return AppointmentVerdict(appointment_id, Verdict.UNATTRIBUTED, reason, None)
