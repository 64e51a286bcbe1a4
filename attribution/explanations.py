"""The one sentence that says why an appointment was counted or not, or where an opportunity stands.

Pure: no locale, no clock, no settings; times come in the clinic's zone, and whoever asks says in which English. It
refuses to judge: it words what was found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from attribution.domain import ContactKind, DismissReason, OpportunityStatus, Reason, ValueSource
from tenants.english import BRITISH, English

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
_DISMISSED_AS = {
    DismissReason.SPAM: " as spam",
    DismissReason.WRONG_NUMBER: " as a wrong number",
    DismissReason.SUPPLIER: " as a supplier",
    DismissReason.EXISTING_BOOKING: ", because there was a booking already",
    DismissReason.OTHER: "",
}


@dataclass(frozen=True, slots=True)
class Story:
    """What is told of an opportunity. Times are aware, in the clinic's zone."""

    status: OpportunityStatus
    opened_at: datetime
    last_missed_at: datetime
    attempts: int
    called_back_at: datetime | None = None
    contact_at: datetime | None = None
    contact_kind: ContactKind | None = None
    contact_talk_seconds: int | None = None
    closed_at: datetime | None = None
    booked_at: datetime | None = None
    dismiss_reason: DismissReason | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a recovery is worth; `type_label` is how the clinic calls the appointment's type, or ""."""

    value: Decimal
    currency: str  # ISO 4217
    source: ValueSource
    type_label: str = ""


def explain_appointment(
    reason: Reason,
    booked_at: datetime,
    story: Story | None = None,
    price: Price | None = None,
    english: English = BRITISH,
) -> str:
    """Why this appointment was counted or not.

    `story` is the opportunity that it closed, or for `window_elapsed` and `already_recovered` the caller's last one,
    where it is still known; `price` is given exactly when the appointment is a recovery.
    """
    if reason in _ABOUT_ITS_OPPORTUNITY and story is not None:
        return explain_opportunity(story, price, english)
    if reason in _ABOUT_THE_LAST_ONE:
        return _explain_by_the_last(reason, booked_at, story, english)
    return f"Booked {english.moment(booked_at)}{english.say(_ALONE[reason])}"


_ABOUT_ITS_OPPORTUNITY = frozenset({Reason.CALLBACK, Reason.CALLER_RETURNED, Reason.NO_CONTACT})
_ABOUT_THE_LAST_ONE = {
    Reason.WINDOW_ELAPSED: ("the time to win back {} was over", "their last missed call"),
    Reason.ALREADY_RECOVERED: ("an earlier appointment had already answered {}", "their last missed call"),
}
_ALONE = {
    Reason.CALLBACK: " after a callback that reached the caller",
    Reason.CALLER_RETURNED: " after the caller had rung back",
    Reason.NO_CONTACT: ": not counted, nobody had spoken to the caller in time",
    Reason.CANCELLED: " and cancelled: not counted",
    Reason.WITHHELD: " without a phone number: not counted, it cannot be matched to a call",
    Reason.NO_MISSED_CALL: ": not counted, no missed call of this caller was waiting",
}


def _explain_by_the_last(reason: Reason, booked_at: datetime, story: Story | None, english: English) -> str:
    why, unknown = _ABOUT_THE_LAST_ONE[reason]
    if story is None:
        return f"Booked {english.moment(booked_at)}: not counted, {why.format(unknown)}"
    times = _Times((booked_at, story.opened_at), english)
    return (
        f"Booked {times.say(booked_at)}: not counted, {why.format(f'the missed call of {times.say(story.opened_at)}')}"
    )


def explain_opportunity(story: Story, price: Price | None = None, english: English = BRITISH) -> str:
    """Where an opportunity stands or how it ended, with its evidence; `price` of one that was recovered."""
    times = _Times(_moments(story), english)
    parts = [_missed(story, times), *_tries(story, times)]
    return ", ".join(parts) + _ending(story, times, price)


def _moments(story: Story) -> tuple[datetime, ...]:
    """The times that the sentence will name."""
    named = (story.opened_at, _called_back_at(story), story.contact_at, *_ending_moments(story))
    return tuple(moment for moment in named if moment is not None)


def _called_back_at(story: Story) -> datetime | None:
    # A caller who rang back decided it: tries of the clinic would only blur the sentence.
    return None if story.contact_kind is ContactKind.CALLER_RETURNED else story.called_back_at


def _ending_moments(story: Story) -> tuple[datetime | None, ...]:
    if story.booked_at is not None:
        return (story.booked_at,)
    if _waits_again(story):
        return (story.last_missed_at,)
    return (story.closed_at,)


def _waits_again(story: Story) -> bool:
    is_waiting = story.status in (OpportunityStatus.OPEN, OpportunityStatus.ATTEMPTED)
    return is_waiting and story.contact_at is not None


def _missed(story: Story, times: "_Times") -> str:
    attempts = f" ({story.attempts} attempts)" if story.attempts > 1 else ""
    return f"Missed {times.say(story.opened_at)}{attempts}"


def _tries(story: Story, times: "_Times") -> list[str]:
    called_back_at = _called_back_at(story)
    parts = [] if called_back_at is None else [f"called back {times.say(called_back_at)}"]
    if story.contact_at is None:
        return parts
    if story.contact_kind is ContactKind.CALLER_RETURNED:
        parts.append(f"{times.english.say('the caller rang back')} {times.say(story.contact_at)}")
        at = ""
    else:
        at = "" if story.contact_at == called_back_at else f" {times.say(story.contact_at)}"
    return [*parts, _contact(story.contact_talk_seconds, at)]


def _contact(talk_seconds: int | None, at: str) -> str:
    if talk_seconds is None:
        return f"reached{at}"
    return f"spoke{at}{' for' if at else ''} {format_talk(talk_seconds)}"


def _ending(story: Story, times: "_Times", price: Price | None) -> str:
    if story.booked_at is not None:
        return f", booked {times.say(story.booked_at)}: {_counted(story, price, times.english)}"
    if _waits_again(story):
        return f", missed again {times.say(story.last_missed_at)}, waiting"
    if story.closed_at is not None:
        return _ended(story, times.say(story.closed_at))
    return _UNFINISHED[story.status]


_UNFINISHED = {
    OpportunityStatus.OPEN: ", nobody has called back yet",
    OpportunityStatus.ATTEMPTED: ", not reached yet",
    OpportunityStatus.REACHED: ", not booked yet",
}


def _ended(story: Story, when: str) -> str:
    if story.status is OpportunityStatus.DISMISSED:
        return f", dismissed {when}{_DISMISSED_AS.get(story.dismiss_reason or DismissReason.OTHER, '')}"
    if story.contact_at is not None:
        return f", lapsed {when} without a booking"
    tried = "without being reached" if story.called_back_at else "and nobody called back"
    return f", lapsed {when} {tried}"


def _counted(story: Story, price: Price | None, english: English) -> str:
    if story.status is OpportunityStatus.RETURNED:
        return english.say("not counted, the caller rang back unprompted")
    if story.status is OpportunityStatus.BOOKED_ELSEWHERE:
        return _NOT_SPOKEN[story.contact_at is not None]
    return "recovered" if price is None else format_price(price)


_NOT_SPOKEN = {
    False: "not counted, nobody had spoken to the caller",
    True: "not counted, the conversation was too long ago",
}


def format_price(price: Price) -> str:
    """ "£85 (estimate for New patient exam)"."""
    money = format_money(price.value, price.currency)
    if price.source is ValueSource.APPOINTMENT:
        return money
    if price.source is ValueSource.TYPE_ESTIMATE and price.type_label:
        return f"{money} (estimate for {price.type_label})"
    return f"{money} ({_ESTIMATE_OF[price.source]})"


_ESTIMATE_OF = {
    ValueSource.TYPE_ESTIMATE: "estimate for its type",
    ValueSource.CLINIC_DEFAULT: "the clinic's default estimate",
}


def format_money(value: Decimal, currency: str) -> str:
    """Whole amounts without decimals: £85, £1,250, £85.50, CHF 85."""
    figure = f"{abs(value):,.0f}" if value == value.to_integral_value() else f"{abs(value):,.2f}"
    sign = "-" if value < 0 else ""
    return f"{sign}{_SYMBOLS[currency]}{figure}" if currency in _SYMBOLS else f"{sign}{currency} {figure}"


def format_talk(seconds: int) -> str:
    """Seconds below a minute, then minutes, rounded half up: 45 s, 3 min, 1 h 5 min."""
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod((seconds + 30) // 60, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


class _Times:
    """Says the times of one sentence: by weekday where all are in one week (Monday to Sunday), else all with the date.

    Times of one week are at most six days apart, so a weekday alone cannot be taken for another week's.
    """

    __slots__ = ("_is_one_week", "english")

    def __init__(self, moments: Iterable[datetime], english: English) -> None:
        self.english = english
        weeks = [moment.isocalendar()[:2] for moment in moments]
        # A time alone has none beside it that would say which week it is in.
        self._is_one_week = len(weeks) > 1 and len(set(weeks)) == 1

    def say(self, moment: datetime) -> str:
        return self.english.weekday_clock(moment) if self._is_one_week else self.english.moment(moment)
