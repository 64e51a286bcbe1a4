"""A believable history of a dental clinic, made up from a seed: calls, appointments and what the desk did.

Pure. It makes events as phone and booking systems send them and never says what follows from them: that is for intake
and rules. All numbers are from the ranges that Ofcom keeps for drama, so nobody's telephone ever rings.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from attribution.domain import ActionKind, DismissReason
from calls.domain import AppointmentEvent, CallEvent, Direction, InMemoryOnly, Outcome

SOURCE: Final = "twilio"
LINES: Final = ("Front desk", "New patients", "Emergencies")
# code, name, what it is worth, how often it is booked
TYPES: Final = (
    ("checkup", "Check-up", Decimal(65), 26),
    ("new_patient", "New patient exam", Decimal(85), 32),
    ("emergency", "Emergency appointment", Decimal(110), 20),
    ("hygiene", "Hygiene visit", Decimal(78), 12),
    ("filling", "Filling", Decimal(140), 7),
    ("whitening", "Whitening", Decimal(320), 3),
)

_OPENS, _CLOSES = time(8, 30), time(17, 30)
_INBOUND_A_DAY: Final = (47, 40, 38, 39, 33, 4, 2)  # from Monday on
# Of the opening hours, from eight on; half an hour of the first and the last.
_RUSH: Final = (9, 15, 13, 11, 12, 10, 9, 9, 8, 4)
_MISSED_BY_HOUR: Final = {8: 0.3, 9: 0.13, 12: 0.28, 13: 0.26}
_SETTLED: Final = timedelta(hours=50)  # what was missed longer ago than that is not on the worklist any more


@dataclass(frozen=True, slots=True)
class DeskAction(InMemoryOnly):
    """What somebody at the desk did at the end of a chapter about the caller with this number."""

    number: str = field(repr=False)
    kind: ActionKind
    reached: bool | None = None
    reason: DismissReason | None = None


@dataclass(slots=True)
class Chapter(InMemoryOnly):
    """What happened until a moment, in order of time; then the desk acts."""

    until: datetime
    calls: list[CallEvent] = field(default_factory=list, repr=False)
    appointments: list[AppointmentEvent] = field(default_factory=list, repr=False)
    actions: list[DeskAction] = field(default_factory=list, repr=False)


def write_history(*, first: datetime, now: datetime, zone: ZoneInfo, seed: int = 20) -> list[Chapter]:
    """The chapters from `first` to `now`, each a few days long; the same for the same arguments."""
    story = _Story(first, now, zone, Random(seed))  # noqa: S311 - a story, not a secret
    on = first.astimezone(zone).date()
    while on <= now.astimezone(zone).date():
        story.tell_day(on)
        on += timedelta(days=1)
    story.leave_some_waiting()
    return story.chapters()


class _Story:
    """Remembers what has been told so far, and tells nothing before `first` or after `now`."""

    def __init__(self, first: datetime, now: datetime, zone: ZoneInfo, dice: Random) -> None:
        self._first, self._now, self._zone, self._dice = first, now, zone, dice
        numbers = _numbers()
        dice.shuffle(numbers)
        self._newcomers, self._pests, self._patients = numbers[:8], numbers[8:20], numbers[20:1100]
        self._calls: list[CallEvent] = []
        self._booked: list[tuple[datetime, AppointmentEvent]] = []
        self._actions: list[tuple[datetime, DeskAction]] = []

    def tell_day(self, on: date) -> None:
        wanted = round(_INBOUND_A_DAY[on.weekday()] * self._dice.uniform(0.88, 1.12))
        for _ in range(wanted):
            self._tell_inbound(self._moment_of(on))
        for _ in range(round(wanted * 0.12)):  # reminders and recalls, which are no callbacks
            at = self._moment_of(on, out_of_hours=0)
            if self._is_open(at):
                talk = self._talk() if self._dice.random() < 0.7 else 0
                self._call(at, self._dice.choice(self._patients), Direction.OUTBOUND, talk=talk)
        if on.weekday() in (1, 4):
            self._tidy_up(on)

    def leave_some_waiting(self) -> None:
        """Who is on the worklist now: callers whom nobody knows yet, of different ages."""
        ago = [timedelta(minutes=minutes) for minutes in (6, 41, 96, 128, 205)]
        for wait, number, outcome in zip(
            (ago[0], ago[1], ago[3], ago[2], ago[4]),
            (*self._newcomers[:2], self._newcomers[2], self._newcomers[2], self._newcomers[3]),
            (Outcome.MISSED, Outcome.VOICEMAIL, Outcome.MISSED, Outcome.MISSED, Outcome.MISSED),
            strict=True,
        ):
            self._call(self._now - wait, number, outcome=outcome)
        self._call(self._now - timedelta(minutes=80), self._newcomers[3], Direction.OUTBOUND)
        yesterday = (self._now - timedelta(days=1)).astimezone(self._zone).date()
        self._call(self._local(yesterday, time(18, 12)), self._newcomers[4], outcome=Outcome.VOICEMAIL)
        self._tell_long_story(self._newcomers[5])

    def _tell_long_story(self, number: str) -> None:
        """Somebody who has been with the clinic for months, and waits again."""

        def at(days: int, hour: int, minute: int) -> datetime:
            return self._local((self._now - timedelta(days=days)).astimezone(self._zone).date(), time(hour, minute))

        for days, hour, minute in ((58, 17, 12), (58, 17, 14), (24, 12, 41)):
            self._call(at(days, hour, minute), number, outcome=Outcome.MISSED, ring=21)
        self._call(at(57, 9, 5), number, Direction.OUTBOUND)
        for days, hour, minute, talk in ((57, 11, 20, 184), (24, 13, 35, 96)):
            self._call(at(days, hour, minute), number, Direction.OUTBOUND, talk=talk)
            self._book(at(days, hour, minute + 4), number)
        self._call(at(41, 10, 30), number, talk=75)
        self._call(at(9, 15, 2), number, talk=130)
        self._call(self._now - timedelta(minutes=63), number, outcome=Outcome.VOICEMAIL)

    def chapters(self) -> list[Chapter]:
        ends = sorted({at for at, _ in self._actions} | {self._now})
        chapters = [Chapter(until) for until in ends]
        for call in sorted(self._calls, key=lambda call: call.started_at):
            self._chapter_of(chapters, call.started_at).calls.append(call)
        for at, appointment in sorted(self._booked, key=lambda item: item[0]):
            self._chapter_of(chapters, at).appointments.append(appointment)
        for at, action in self._actions:
            self._chapter_of(chapters, at).actions.append(action)
        return chapters

    def _chapter_of(self, chapters: Sequence[Chapter], at: datetime) -> Chapter:
        return next(chapter for chapter in chapters if at <= chapter.until)

    # --- One inbound call and what comes of it ------------------------------------------------------------

    def _tell_inbound(self, at: datetime) -> None:
        number = None if self._dice.random() < 0.035 else self._dice.choice(self._patients)
        missed = _MISSED_BY_HOUR.get(self._hour(at), 0.06) + (0.05 if at.astimezone(self._zone).weekday() == 0 else 0)
        is_open = self._is_open(at)
        if is_open and self._dice.random() >= missed:
            self._tell_answered(at, number)
        elif self._is_recent(at):
            self._tell_recent(at, number, is_open)
        else:
            self._tell_missed(at, number, is_open)

    def _tell_answered(self, at: datetime, number: str | None) -> None:
        talk = self._talk()
        self._call(at, number, talk=talk)
        if self._dice.random() < 0.16:  # patients who book without ever having been missed
            self._book(at + timedelta(seconds=talk), number)

    def _tell_missed(self, at: datetime, number: str | None, is_open: bool) -> None:
        if self._dice.random() < 0.05:
            self._call(at, number, outcome=Outcome.MISSED, ring=self._dice.randrange(3))  # hung up at once
            return
        voicemail = self._dice.random() < (0.2 if is_open else 0.45)
        self._call(at, number, outcome=Outcome.VOICEMAIL if voicemail else Outcome.MISSED)
        if number is None:
            return
        if self._dice.random() < 0.2:
            self._tell_second_try(at, number)
        else:
            self._call_back(at, number)

    def _tell_second_try(self, at: datetime, number: str) -> None:
        """The caller rings again before anybody called back."""
        again = at + timedelta(minutes=self._dice.uniform(3, 50))
        if not self._is_open(again) or self._dice.random() < 0.45:
            self._call(again, number, outcome=Outcome.MISSED)
            self._call_back(again, number)
            return
        talk = self._talk()
        self._call(again, number, talk=talk)
        if self._dice.random() < 0.15:
            self._book(again + timedelta(seconds=talk), number)

    def _call_back(self, at: datetime, number: str) -> None:
        """The clinic got quicker and more thorough over the months: that is what its dashboard has to tell."""
        progress = (at - self._first) / (self._now - self._first)
        tried_at = at
        chances = (0.86 + 0.12 * progress, 0.5)
        for chance, median in zip(chances, (170 * math.exp(-1.9 * progress), 130), strict=True):
            if self._dice.random() > chance:
                break
            tried_at = self._when_open(tried_at + timedelta(minutes=self._dice.lognormvariate(math.log(median), 0.8)))
            if self._dice.random() < 0.68:
                self._reach(tried_at, number)
                return
            self._call(tried_at, number, Direction.OUTBOUND)
        if self._dice.random() < 0.04:  # found a slot by themselves
            self._book(at + timedelta(hours=self._dice.uniform(1, 30)), number)

    def _reach(self, at: datetime, number: str) -> None:
        talk = self._talk()
        self._call(at, number, Direction.OUTBOUND, talk=talk)
        if self._dice.random() < 0.21:
            later = timedelta(days=self._dice.uniform(0.5, 5)) if self._dice.random() < 0.2 else timedelta()
            self._book(at + timedelta(seconds=talk) + later, number)

    def _tell_recent(self, at: datetime, number: str | None, is_open: bool) -> None:
        """Of the last days everybody has been reached, so that the worklist shows those whom it is meant to show."""
        back = at + timedelta(minutes=self._dice.lognormvariate(math.log(22), 0.6))
        if is_open and self._is_open(back) and back < self._now - timedelta(minutes=5):
            self._call(at, number, outcome=Outcome.MISSED)
            if number is not None:
                self._reach(back, number)
        elif is_open:
            self._tell_answered(at, number)

    def _tidy_up(self, on: date) -> None:
        """At the end of some days the desk dismisses who wanted no appointment, and notes calls from its own phones."""
        end = self._local(on, time(17, 45))
        if end >= self._now - _SETTLED or end <= self._first + timedelta(days=2):
            return
        for reason in self._dice.sample((DismissReason.SPAM, DismissReason.SUPPLIER, DismissReason.WRONG_NUMBER), 1):
            number = self._pests.pop(0)
            self._pests.append(number)
            self._call(self._local(on, time(self._dice.randrange(9, 16), 20)), number, outcome=Outcome.MISSED)
            self._actions.append((end, DeskAction(number, ActionKind.DISMISSED, reason=reason)))
        patient = self._dice.choice(self._patients)
        self._call(self._local(on, time(16, self._dice.randrange(60))), patient, outcome=Outcome.MISSED)
        self._actions.append((end, DeskAction(patient, ActionKind.CALLED_BACK, reached=True)))
        if self._dice.random() < 0.3:
            self._book(end + timedelta(minutes=4), patient)

    # --- Events -------------------------------------------------------------------------------------------

    def _call(
        self,
        at: datetime,
        number: str | None,
        direction: Direction = Direction.INBOUND,
        *,
        outcome: Outcome | None = None,
        talk: int = 0,
        ring: int | None = None,
    ) -> None:
        if not self._first < at < self._now:
            return
        if outcome is None:
            outcome = Outcome.ANSWERED if talk else Outcome.MISSED
        ring = ring if ring is not None else self._dice.randrange(4, 12) if talk else self._dice.randrange(14, 35)
        line = self._dice.choices(LINES, (7, 2, 1))[0] if direction is Direction.INBOUND else ""
        key = f"CA{self._dice.getrandbits(128):032x}"
        self._calls.append(CallEvent(SOURCE, key, direction, outcome, at, number, True, ring, talk, line))

    def _book(self, after: datetime, number: str | None) -> None:
        at = after + timedelta(minutes=self._dice.uniform(1, 12))
        if not self._first < at < self._now:
            return
        code, _, worth, _ = self._dice.choices(TYPES, [often for *_, often in TYPES])[0]
        value = worth + self._dice.randrange(-3, 8) * 5 if self._dice.random() < 0.4 else None
        numbers = (
            number or "",
            *([self._dice.choice(self._patients)] if number and self._dice.random() < 0.04 else []),
        )
        external_id = f"B{len(self._booked) + 1:05d}"
        self._booked.append((at, AppointmentEvent(external_id, at, numbers, code, value, "booked")))
        gone = at + timedelta(days=self._dice.uniform(0.2, 6))
        if self._dice.random() < 0.05 and gone < self._now:
            self._booked.append((gone, AppointmentEvent(external_id, at, numbers, code, value, "cancelled")))

    # --- Times --------------------------------------------------------------------------------------------

    def _moment_of(self, on: date, out_of_hours: float = 0.045) -> datetime:
        if on.weekday() > 4 or self._dice.random() < out_of_hours:
            return self._local(on, time(self._dice.choice((7, 18, 18, 19, 20)), self._dice.randrange(60)))
        hour = self._dice.choices(range(8, 18), _RUSH)[0]
        minute = self._dice.randrange(30, 60) if hour == 8 else self._dice.randrange(30 if hour == 17 else 60)
        return self._local(on, time(hour, minute))

    def _local(self, on: date, clock: time) -> datetime:
        seconds = timedelta(seconds=self._dice.randrange(60))
        return (datetime.combine(on, clock, tzinfo=self._zone) + seconds).astimezone(self._now.tzinfo)

    def _hour(self, at: datetime) -> int:
        return at.astimezone(self._zone).hour

    def _is_open(self, at: datetime) -> bool:
        local = at.astimezone(self._zone)
        return local.weekday() < 5 and _OPENS <= local.time() < _CLOSES

    def _is_recent(self, at: datetime) -> bool:
        return at > self._now - _SETTLED

    def _when_open(self, at: datetime) -> datetime:
        """Then, or soon after the clinic opens next."""
        while not self._is_open(at):
            local = at.astimezone(self._zone)
            on = local.date() if local.time() < _OPENS else local.date() + timedelta(days=1)
            at = self._local(on, _OPENS) + timedelta(minutes=self._dice.uniform(2, 45))
        return at

    def _talk(self) -> int:
        return 25 + round(self._dice.lognormvariate(math.log(110), 0.7))


def _numbers() -> list[str]:
    """Ofcom's numbers for drama: mobiles, London, and those without an area."""
    return [f"+44{prefix}{last:03d}" for prefix in ("7700900", "2079460", "1632960") for last in range(1000)]
