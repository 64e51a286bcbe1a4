"""The words of attribution and the shapes that its selectors hand to pages and API.

Pure and frozen. The rules that use these words are in `rules`; nothing here decides anything.
"""

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Generic, TypeVar


class OpportunityStatus(enum.StrEnum):
    """`attribution.md`: open (nobody tried), then how far it got, then how it ended."""

    OPEN = "open"
    ATTEMPTED = "attempted"
    REACHED = "reached"
    RECOVERED = "recovered"
    RETURNED = "returned"
    BOOKED_ELSEWHERE = "booked_elsewhere"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"


class Progress(enum.StrEnum):
    """How far an opportunity came, whatever it is now: the steps of the funnel, and its remainder."""

    NOBODY_CALLED = "nobody_called"
    CALLED_BACK = "called_back"
    REACHED = "reached"
    RECOVERED = "recovered"


class Verdict(enum.StrEnum):
    RECOVERED = "recovered"
    UNATTRIBUTED = "unattributed"


class Reason(enum.StrEnum):
    """Why an appointment was or was not counted."""

    CALLBACK = "callback"
    CALLER_RETURNED = "caller_returned"
    NO_CONTACT = "no_contact"
    CANCELLED = "cancelled"
    WITHHELD = "withheld"
    WINDOW_ELAPSED = "window_elapsed"
    ALREADY_RECOVERED = "already_recovered"
    NO_MISSED_CALL = "no_missed_call"


class ContactKind(enum.StrEnum):
    CALLBACK = "callback"
    CALLER_RETURNED = "caller_returned"


class ActionKind(enum.StrEnum):
    CALLED_BACK = "called_back"
    DISMISSED = "dismissed"


class DismissReason(enum.StrEnum):
    SPAM = "spam"
    WRONG_NUMBER = "wrong_number"
    SUPPLIER = "supplier"
    EXISTING_BOOKING = "existing_booking"
    OTHER = "other"


class AppointmentStatus(enum.StrEnum):
    BOOKED = "booked"
    CANCELLED = "cancelled"


class ValueSource(enum.StrEnum):
    """Where the money of a recovery comes from."""

    APPOINTMENT = "appointment"
    TYPE_ESTIMATE = "type_estimate"
    CLINIC_DEFAULT = "clinic_default"


# Upper edges of the callback-delay buckets, `attribution.md`; the last bucket is "later".
DELAY_EDGES: tuple[timedelta, ...] = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=24),
    timedelta(hours=48),
)


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One caller who waits. Times are aware, in the clinic's zone."""

    id: uuid.UUID  # of the opportunity
    caller: uuid.UUID
    caller_name: str  # "Amber Heron 42"
    status: OpportunityStatus  # open or attempted
    opened_at: datetime
    last_missed_at: datetime
    waiting: timedelta  # since opened_at
    over_goal: bool  # waits for longer than the clinic's goal
    attempts: int  # missed calls so far
    callbacks: int  # tries of the clinic so far
    line: str  # label of the line last rung, or ""
    out_of_hours: bool  # the last missed call came outside opening hours
    voicemail: bool  # a voicemail was left
    calls_in_retention: int  # all calls of this caller that we still hold
    had_booking: bool
    claim: "ClaimFacts | None" = None
    can_be_asked: bool = False  # the phone system may be asked for the number


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """Who has taken a caller on."""

    is_mine: bool
    name: str  # what the colleague is called
    initials: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Today so far, in the clinic's zone. `called_back`, `reached` and `booked` are of callers who rang today."""

    missed: int
    called_back: int
    reached: int
    booked: int
    value: Decimal
    median_callback: timedelta | None


@dataclass(frozen=True, slots=True)
class Worklist:
    rows: Sequence[WorklistRow]  # oldest first, at most 60
    waiting_count: int  # all who wait, also those beyond the rows shown
    longest_waiting: timedelta | None
    tally: Tally
    version: str  # changes when anything shown changes; used as an ETag
    made_at: datetime  # what happened later, whoever looks at it can't know
    at_stake: Decimal  # what those who wait are worth by the clinic's estimate, if each of them books


@dataclass(frozen=True, slots=True)
class Kpi:
    """One headline figure. `unit` is "count" or "money"; `better` says which direction is good news."""

    key: str  # missed, called_back, reached, recovered, revenue
    label: str
    definition: str
    value: Decimal
    previous: Decimal
    unit: str
    better: str  # "up" or "down"
    spark: Sequence[Decimal]  # one per day of the period


@dataclass(frozen=True, slots=True)
class TrendDay:
    on: date
    inbound: int
    missed: int
    recovered: int
    incomplete: bool  # today


@dataclass(frozen=True, slots=True)
class Funnel:
    """Cohort of opportunities opened in the period: opportunities >= called_back >= reached, recovered."""

    opportunities: int
    called_back: int
    reached: int
    recovered: int

    @property
    def nobody_called(self) -> int:
        return self.opportunities - self.called_back


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, with what the clinic wants it to be."""

    part: int
    whole: int
    goal_percent: int | None = None

    @property
    def percent(self) -> int | None:
        """Rounded down, so that 100 means all; None of nothing."""
        return self.part * 100 // self.whole if self.whole else None

    @property
    def is_met(self) -> bool:
        return self.goal_percent is None or self.percent is None or self.percent >= self.goal_percent


@dataclass(frozen=True, slots=True)
class HeatCell:
    weekday: int  # 0 is Monday
    hour: int  # local, 0 to 23
    inbound: int
    missed: int


@dataclass(frozen=True, slots=True)
class DelayBucket:
    label: str  # "up to 5 min" … "later"
    count: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    first_on: date
    last_on: date
    previous_first_on: date
    previous_last_on: date
    has_year: bool  # there are figures of a year before
    lacks_value: bool  # some days' value is known by the month only, and their month is not wholly in here
    in_time: "Share"  # of the missed callers, called back within the goal
    kpis: Sequence[Kpi]
    trend: Sequence[TrendDay]  # 90 days, or all of the span where that is longer
    funnel: Funnel
    heat: Sequence[HeatCell]  # all 7 x 24, of the days of the trend
    delays: Sequence[DelayBucket]
    reasons: Sequence[tuple[Reason, int]]  # why appointments of the period were (not) counted
    recovered_goal: int | None  # appointments, of a month; None for other spans and without a goal


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    """One appointment as the list shows it."""

    id: uuid.UUID
    external_id: str
    booked_at: datetime
    type: str
    status: AppointmentStatus
    caller_name: str  # "" when no number was given
    verdict: Verdict
    reason: Reason
    value: Decimal | None  # of the recovery; None unless recovered
    value_source: ValueSource | None
    explanation: str  # one sentence
    caller: uuid.UUID | None = None
    given_value: Decimal | None = None  # the appointment's own
    type_code: str = ""  # as its source spelt it; `type` is what the clinic calls it


@dataclass(frozen=True, slots=True)
class OpportunityRow:
    """A missed call and what became of it, with its evidence. Times are aware, in the clinic's zone."""

    id: uuid.UUID
    caller: uuid.UUID
    caller_name: str
    status: OpportunityStatus
    opened_at: datetime
    last_missed_at: datetime
    attempts: int
    callbacks: int
    called_back_at: datetime | None
    contact_at: datetime | None
    contact_kind: ContactKind | None
    booked_at: datetime | None
    value: Decimal | None
    value_source: ValueSource | None
    rule: ContactKind | None
    rules_version: int
    appointment: str | None  # its external id
    explanation: str  # one sentence


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of a list, newest first. `next` (older) and `previous` are the places to go on from, None at the ends."""

    rows: Sequence[Row]
    next: tuple[datetime, uuid.UUID] | None
    previous: tuple[datetime, uuid.UUID] | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The columns of a day or a sum of days; `docs/metrics.md` says what each one counts."""

    inbound: int = 0
    answered: int = 0
    missed: int = 0
    voicemail: int = 0
    abandoned: int = 0
    withheld: int = 0
    outbound: int = 0
    missed_out_of_hours: int = 0
    opportunities: int = 0
    called_back: int = 0
    reached: int = 0
    recovered: int = 0
    lapsed: int = 0
    dismissed: int = 0
    delay_5m: int = 0
    delay_15m: int = 0
    delay_30m: int = 0
    delay_1h: int = 0
    delay_2h: int = 0
    delay_4h: int = 0
    delay_8h: int = 0
    delay_24h: int = 0
    delay_48h: int = 0
    delay_later: int = 0
    appointments: int = 0
    recovered_appointments: int = 0
    recovered_value: Decimal | None = Decimal(0)  # None: the day is so old that its value is only in its month's

    @property
    def delays(self) -> Sequence[int]:
        """By `DELAY_EDGES`, and later ones last."""
        return (
            self.delay_5m,
            self.delay_15m,
            self.delay_30m,
            self.delay_1h,
            self.delay_2h,
            self.delay_4h,
            self.delay_8h,
            self.delay_24h,
            self.delay_48h,
            self.delay_later,
        )


@dataclass(frozen=True, slots=True)
class DayFigures:
    on: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class MonthFigures:
    month: date  # its first day
    figures: Figures


@dataclass(frozen=True, slots=True)
class HourFigures:
    on: date
    hour: int  # local
    inbound: int
    missed: int
