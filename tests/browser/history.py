"""Two months of an ordinary clinic, the same in every run: who rang, who was called back, who booked.

Times are counted back from `now`, so that the last hours look the same at any time of day. Pure: it sends nothing.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

DAYS = 62  # reaches into the month before the last, whatever day it is
LINES = ("Main line", "New patients", "Emergencies")
TYPES = ("Check-up", "Hygienist", "New patient", "")


@dataclass
class History:
    """Bodies for the API."""

    now: datetime
    calls: list[dict[str, Any]] = field(default_factory=list)
    appointments: list[dict[str, Any]] = field(default_factory=list)

    def add_call(
        self, at: datetime, number: str | None, outcome: str, direction: str = "inbound", talk: int = 0, line: str = ""
    ) -> None:
        self.calls.append(
            {
                "external_id": f"call-{len(self.calls) + 1}",
                "direction": direction,
                "outcome": outcome,
                "started_at": at.isoformat(),
                "number": number,
                "line": line or LINES[len(self.calls) % len(LINES)],
                "ring_seconds": 6 + len(self.calls) % 30,
                "talk_seconds": talk if outcome == "answered" else None,
            }
        )

    def add_appointment(self, at: datetime, number: str, value: str | None, kind: str) -> None:
        self.appointments.append(
            {
                "external_id": f"B-{len(self.appointments) + 1}",
                "booked_at": at.isoformat(),
                "numbers": [number],
                "value": value,
                "type": kind,
            }
        )


def make_history(now: datetime) -> History:
    history, chance = History(now), random.Random(5)
    for number, at in enumerate(_times(now, chance)):
        _add_caller(history, chance, f"+4420794{60000 + number % 1000}", at)
    _add_waiting(history)
    return history


def _times(now: datetime, chance: random.Random) -> Iterator[datetime]:
    for days in range(DAYS, 0, -1):
        for _ in range(chance.randrange(5, 14)):
            yield now - timedelta(days=days, minutes=chance.randrange(-240, 240))


def _add_caller(history: History, chance: random.Random, number: str, at: datetime) -> None:
    outcome = chance.choices(("answered", "missed", "voicemail"), (70, 25, 5))[0]
    history.add_call(at, None if chance.random() < 0.03 else number, outcome, talk=chance.randrange(20, 400))
    if outcome == "answered":
        if chance.random() < 0.1:
            history.add_appointment(at + timedelta(minutes=3), number, "60.00", chance.choice(TYPES))
        return
    if chance.random() < 0.25:
        return  # nobody called back
    back = at + timedelta(minutes=chance.choice((3, 9, 25, 50, 110, 300)))
    is_reached = chance.random() < 0.7
    history.add_call(back, number, "answered" if is_reached else "missed", "outbound", talk=180)
    if is_reached and chance.random() < 0.5:
        value = chance.choice(("85.00", "45.50", "240.00", None))
        history.add_appointment(back + timedelta(minutes=4), number, value, chance.choice(TYPES))


def _add_waiting(history: History) -> None:
    """Those who wait now, with everything that a row can say."""
    patient, keen, late = "+447700900701", "+447700900702", "+447700900703"
    history.add_call(history.now - timedelta(days=20), patient, "answered", talk=95)
    history.add_appointment(history.now - timedelta(days=20, minutes=-5), patient, "60.00", "Check-up")
    history.add_call(history.now - timedelta(hours=3, minutes=20), patient, "voicemail")
    for minutes in (131, 128, 40):
        history.add_call(history.now - timedelta(minutes=minutes), keen, "missed")
    history.add_call(history.now - timedelta(minutes=90), keen, "missed", "outbound")
    history.add_call(history.now - timedelta(minutes=12), late, "missed")
