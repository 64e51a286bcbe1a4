"""The story of one caller as a time line, and what would have changed how it ended. Pure: it words what was found.

Times come in the clinic's zone. It refuses to know who the caller is: there is a short name, and nothing behind it.
"""

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from attribution.domain import AppointmentRow, DismissReason, OpportunityRow, OpportunityStatus
from attribution.explanations import format_talk
from attribution.rules import RuleSet
from tenants.english import BRITISH, English


class Tone(enum.StrEnum):
    """What a moment means: somebody waits, somebody was won back, or neither."""

    WAITS = "waits"
    CALLED = "called"
    WON = "won"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: in a word or two, with what else is known of it."""

    at: datetime
    title: str
    detail: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Chapter:
    """One opportunity of the caller: where it stands, by which rules, and what else could have become of it."""

    opportunity: OpportunityRow
    rules: RuleSet
    otherwise: str


@dataclass(frozen=True, slots=True)
class CallerStory:
    """Everything that is held about a caller, oldest first; newer chapters first."""

    caller: uuid.UUID
    name: str
    moments: Sequence[Moment]
    chapters: Sequence[Chapter]
    appointments: Sequence[AppointmentRow]
    erased_on: datetime  # when the oldest of it will have been erased
    is_cut: bool  # there is more than is shown
    english: English = BRITISH

    @property
    def timeline(self) -> Sequence[Moment]:
        """Calls, marks of the desk and bookings, oldest first."""
        booked = [_tell_booking(row, self.english) for row in self.appointments]
        return sorted([*self.moments, *booked], key=lambda moment: moment.at)


def _tell_booking(row: AppointmentRow, english: English) -> Moment:
    what = row.type or "appointment"
    if row.verdict == "recovered" and row.value is not None:
        return Moment(row.booked_at, "Booked", what, Tone.WON)
    cancelled = english.say(", cancelled since") if row.status == "cancelled" else ""
    return Moment(row.booked_at, f"Booked{cancelled}", f"{what} · not counted")


def tell_call(
    at: datetime,
    *,
    is_inbound: bool,
    outcome: str,
    ring_seconds: int | None,
    talk_seconds: int,
    line: str,
    english: English = BRITISH,
) -> Moment:
    """`outcome` is the name of calls' own word for it, in lower case."""
    rang = f"rang {format_talk(ring_seconds)}" if ring_seconds else ""
    spoke = f"spoke {format_talk(talk_seconds)}" if talk_seconds else ""
    title, tone = _CALLS[is_inbound].get(outcome, ("Call, outcome unknown", Tone.PLAIN))
    heard = spoke if outcome == "answered" else rang
    return Moment(at, english.say(title), " · ".join(filter(None, (heard, line))), tone)


_CALLS = {
    True: {
        "ringing": ("Ringing", Tone.PLAIN),
        "missed": ("Missed", Tone.WAITS),
        "voicemail": ("Missed, left a voicemail", Tone.WAITS),
        "answered": ("Rang and was answered", Tone.PLAIN),
    },
    False: {
        "ringing": ("Being called", Tone.PLAIN),
        "missed": ("Called back, no answer", Tone.CALLED),
        "voicemail": ("Called back, a voicemail answered", Tone.CALLED),
        "answered": ("Called back", Tone.CALLED),
    },
}


def tell_action(at: datetime, reached: bool | None, reason: DismissReason | None, by: str) -> Moment:
    """What somebody at the desk marked; `by` is their name, or nothing where a program or nobody known did it."""
    who = f"by {by}" if by else ""
    if reason is not None:
        return Moment(at, "Dismissed", " · ".join(filter(None, (_DISMISSED[reason], who))))
    return Moment(at, "Marked as reached" if reached else "Marked as tried, no answer", who, Tone.CALLED)


_DISMISSED = {
    DismissReason.SPAM: "spam or a sales call",
    DismissReason.WRONG_NUMBER: "wrong number",
    DismissReason.SUPPLIER: "supplier or colleague",
    DismissReason.EXISTING_BOOKING: "has a booking already",
    DismissReason.OTHER: "",
}


def tell_otherwise(status: OpportunityStatus, rules: RuleSet, deadline: datetime, english: English = BRITISH) -> str:
    """What would have ended, or can still end, otherwise, by the rules that judge it."""
    callback, booking = length_words(rules.callback_window), length_words(rules.booking_window)
    return english.say(_OTHERWISE[status]).format(
        callback=callback, booking=booking, talk=f"{rules.min_talk_seconds} s", until=english.moment(deadline)
    )


_OTHERWISE = {
    OpportunityStatus.OPEN: "It counts as won back if somebody speaks to the caller for {talk} by {until}, and an"
    " appointment is booked within {booking} of that.",
    OpportunityStatus.ATTEMPTED: "It counts as won back if somebody speaks to the caller for {talk} by {until}, and an"
    " appointment is booked within {booking} of that.",
    OpportunityStatus.REACHED: "It counts as won back if an appointment is booked within {booking} of"
    " the conversation.",
    OpportunityStatus.RECOVERED: "It would not have counted without a conversation of {talk} within {callback} of the"
    " latest missed call, or if the booking had come more than {booking} after it.",
    OpportunityStatus.RETURNED: "It would have counted if the clinic had called back and spoken for {talk} before the"
    " caller rang again, or if the clinic’s rules counted callers who ring back.",
    OpportunityStatus.BOOKED_ELSEWHERE: "It would have counted if somebody had spoken to the caller for {talk}"
    " within {callback} of the missed call, and not more than {booking} before the booking.",
    OpportunityStatus.DISMISSED: "It would have gone on if nobody had dismissed it; a new missed call opens a new one.",
    OpportunityStatus.LAPSED: "It would have counted if somebody had spoken to the caller for {talk} within"
    " {callback} of the latest missed call, and an appointment had been booked within {booking} of that.",
}


def length_words(length: timedelta) -> str:
    """In the largest unit that fits: 48 hours, 7 days, 90 minutes."""
    minutes = length // timedelta(minutes=1)
    if minutes % (24 * 60) == 0 and minutes > 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    if minutes % 60 == 0:
        hours = minutes // 60
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{minutes} minutes"
