"""One opportunity: how it grows while it is open, and what is written up of it with its evidence.

Pure. It knows what a missed call, a callback or a contact does to an opportunity, and refuses to know which comes.
"""

from typing import NamedTuple

from attribution.domain import ContactKind, OpportunityStatus
from attribution.rules import Terms


class Opportunity(NamedTuple):
    """One try at winning a caller back, with its evidence. Instants are microseconds.

    `opened_at` is the natural key within a caller: an opportunity opens only when none is open, whatever ends one comes
    after all calls of its instant, and a deadline has passed only for a later instant; so the next one opens later.
    """

    opened_at: int
    opened_by: bytes  # id of the missed call
    last_missed_at: int
    attempts: int  # missed calls, at least one
    callbacks: int
    called_back_at: int | None  # the first callback
    reached_at: int | None  # the first callback that was a contact; stays when the caller has to wait again
    contact_at: int | None  # the contact that decided; while nothing is decided, the latest one
    contact_kind: ContactKind | None
    contact_talk_seconds: int | None  # none when staff said that they had reached the caller
    status: OpportunityStatus
    closed_at: int | None  # the place of what closed it; the deadline of one that lapsed
    appointment_id: bytes | None  # the appointment that closed it, counted or not
    booked_at: int | None
    rule: ContactKind | None  # the rule by which the appointment closed it, if any did
    dismissed_by: bytes | None  # id of the staff action
    rules_version: int
    deadline: int


# at, kind, talk seconds
Contact = tuple[int, ContactKind, int | None]
_NO_CONTACT: tuple[None, None, None] = (None, None, None)


class OpenOpportunity:
    """The open opportunity, while the walk adds to it."""

    __slots__ = (
        "attempts",
        "callback",
        "callbacks",
        "called_back_at",
        "deadline",
        "is_waiting",
        "last_missed_at",
        "latest",
        "latest_end",
        "opened_at",
        "opened_by",
        "reached_at",
        "returned",
        "terms",
    )

    def __init__(self, opened_at: int, opened_by: bytes, terms: Terms) -> None:
        self.opened_at = opened_at
        self.opened_by = opened_by
        self.terms = terms
        self.latest_end = opened_at + terms.max_open
        self.deadline = opened_at
        self.attempts = 0
        self.callbacks = 0
        self.called_back_at: int | None = None
        self.reached_at: int | None = None
        self.callback: Contact | None = None  # the latest contact of each kind, and of both
        self.returned: Contact | None = None
        self.latest: Contact | None = None
        self.add_missed(opened_at)

    def add_missed(self, at: int) -> None:
        self.attempts += 1
        self.last_missed_at = at
        self.is_waiting = True
        self.extend(at + self.terms.callback_window)

    def add_callback(self, at: int) -> bool:
        """Whether the try counts: rule 2 leaves out what comes later than the callback window."""
        if at - self.last_missed_at > self.terms.callback_window:
            return False
        self.callbacks += 1
        if self.called_back_at is None:
            self.called_back_at = at
        return True

    def add_contact(self, contact: Contact) -> None:
        self.latest = contact
        if contact[1] is ContactKind.CALLBACK:
            self.callback = contact
            if self.reached_at is None:
                self.reached_at = contact[0]
        else:
            self.returned = contact
        self.is_waiting = False
        self.extend(contact[0] + self.terms.booking_window)

    def extend(self, until: int) -> None:
        # Missed calls and contacts only ever get later, so the deadline of rule 6 only ever grows.
        self.deadline = max(self.deadline, min(until, self.latest_end))

    def contact_for(self, booked_at: int) -> Contact | None:
        """The contact that led to a booking: rule 4. Where the latest is too long ago, every earlier one is too."""
        for contact in (self.callback, self.returned):
            if contact is not None and booked_at <= contact[0] + self.terms.booking_window:
                return contact
        return None

    def unfinished_status(self) -> OpportunityStatus:
        # Somebody who was reached and then missed again waits again, and belongs on the worklist again.
        if not self.is_waiting:
            return OpportunityStatus.REACHED
        return OpportunityStatus.ATTEMPTED if self.callbacks else OpportunityStatus.OPEN


class End(NamedTuple):
    """How an opportunity ended, or (with `at` none) that it has not."""

    status: OpportunityStatus
    at: int | None = None
    appointment_id: bytes | None = None
    booked_at: int | None = None
    contact: Contact | None = None
    dismissed_by: bytes | None = None


def write_up(found: OpenOpportunity, end: End) -> Opportunity:
    decided = end.contact
    contact_at, contact_kind, talk_seconds = decided or found.latest or _NO_CONTACT
    return Opportunity(
        found.opened_at,
        found.opened_by,
        found.last_missed_at,
        found.attempts,
        found.callbacks,
        found.called_back_at,
        found.reached_at,
        contact_at,
        contact_kind,
        talk_seconds,
        end.status,
        end.at,
        end.appointment_id,
        end.booked_at,
        decided and decided[1],
        end.dismissed_by,
        found.terms.version,
        found.deadline,
    )
