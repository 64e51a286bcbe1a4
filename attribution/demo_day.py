"""A day at the demo clinic that never ends: calls come in, some are missed, the desk rings back, some of them book.

Pure: it says what happens and when, counted in seconds from its beginning, and sends nothing. Numbers are from the
range that Ofcom keeps for drama.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from attribution.demo import TYPES
from calls.domain import InMemoryOnly

CLINIC_NUMBER: Final = "+442079460018"
LIVELY_SECONDS: Final = 600.0  # somebody has just started it and looks
_LIVELY_GAP, _CALM_GAP = 25.0, 180.0  # between two calls, in the mean
_MOST_WAITING: Final = 5  # of those whom this story has left on the worklist


@dataclass(frozen=True, slots=True, order=True)
class Happening(InMemoryOnly):
    """What is told at a moment: a message of the phone system, or a booking of `booked` by `number`."""

    at: float
    place: int  # in the order of the story, where two happen at once
    message: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    number: str = field(default="", repr=False, compare=False)
    booked: str = field(default="", compare=False)


def live_day(dice: Random) -> Iterator[Happening]:
    """Without end, in order of time."""
    story = _LiveDay(dice)
    while True:
        yield story.go_on()


class _LiveDay:
    """What is still to come, and who waits to be called back."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._told: list[Happening] = []
        self._waiting: list[str] = []
        self._next_call, self._count = 0.0, 0

    def go_on(self) -> Happening:
        while not self._told or self._next_call <= self._told[0].at:
            self._ring(self._next_call)
            gap = _LIVELY_GAP if self._next_call < LIVELY_SECONDS else _CALM_GAP
            self._next_call += self._dice.expovariate(1 / gap)
        return heapq.heappop(self._told)

    def _ring(self, at: float) -> None:
        """One patient rings; the desk is quick with whoever it has missed."""
        number = f"+447700900{self._dice.randrange(1000):03d}"
        kind = "missed" if not self._count else self._dice.choices(_KINDS, _OFTEN)[0]
        if kind == "answered":
            end = self._call(at, number, talk=self._dice.randrange(20, 90))
            self._maybe_book(end, number, 0.15)
        elif kind == "withheld":
            self._call(at, "anonymous", talk=0)
        else:
            end = self._call(at, number, talk=0, voicemail=kind == "voicemail")
            self._waiting.append(number)
            if self._dice.random() < 0.7 or len(self._waiting) > _MOST_WAITING:
                self._call_back(end + self._dice.uniform(40, 200), self._waiting.pop(0))

    def _call_back(self, at: float, number: str) -> None:
        reached = self._dice.random() < 0.7
        end = self._call(at, number, talk=self._dice.randrange(25, 100) if reached else 0, outbound=True)
        if reached:
            self._maybe_book(end, number, 0.5)
        elif self._dice.random() < 0.5:
            self._call_back(end + self._dice.uniform(90, 300), number)

    def _maybe_book(self, at: float, number: str, chance: float) -> None:
        if self._dice.random() < chance:
            code = self._dice.choices([code for code, *_ in TYPES], [often for *_, often in TYPES])[0]
            self._tell(at + self._dice.uniform(3, 20), number=number, booked=code)

    def _call(self, at: float, number: str, *, talk: int, voicemail: bool = False, outbound: bool = False) -> float:
        """As Twilio tells it: when it rings, and when it is over. Returns when that is."""
        who = {"From": CLINIC_NUMBER, "To": number} if outbound else {"From": number, "To": CLINIC_NUMBER}
        base = {
            "CallSid": f"CA{self._dice.getrandbits(128):032x}",
            "Direction": "outbound-api" if outbound else "inbound",
            **who,
        }
        ring = self._dice.randrange(4, 9) if talk else self._dice.randrange(12, 25)
        self._tell(at, base | {"CallStatus": "ringing"})
        ending = {"CallStatus": "completed" if talk or voicemail else "no-answer", "CallDuration": str(talk)}
        if talk and not outbound:
            ending |= {"DialCallStatus": "completed", "DialCallDuration": str(talk)}
        if voicemail:
            ending |= {"RecordingUrl": "https://recordings.example/voicemail"}
        self._tell(at + ring + talk, base | ending)
        return at + ring + talk

    def _tell(self, at: float, message: Mapping[str, str] | None = None, *, number: str = "", booked: str = "") -> None:
        self._count += 1
        heapq.heappush(self._told, Happening(at, self._count, message or {}, number, booked))


_KINDS: Final = ("answered", "missed", "voicemail", "withheld")
_OFTEN: Final = (55, 30, 10, 5)
