"""The checklist of a new clinic: which steps there are, why, and which of them the facts say are done. Pure.

Nothing is ticked by hand. What no other fact tells (that details are right, that no history is wanted) is said by
somebody, once, and comes in here as a fact like the others.
"""

import enum
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import time

from tenants.domain import WEEKDAYS, OpeningHours, SettledStep
from tenants.english import BRITISH, English
from tenants.permissions import Permission


class StepKey(enum.StrEnum):
    DETAILS = "details"
    HOURS = "hours"
    VALUES = "values"
    CONNECTION = "connection"
    CALL = "call"
    HISTORY = "history"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Step:
    """One of them: what it is, what for, how long it takes, and the address at which it is done."""

    key: StepKey
    title: str
    why: str
    takes: str
    page: str
    action: str
    needs: Permission = Permission.CHANGE_SETTINGS
    settles: SettledStep | None = None  # what somebody may say instead, in words
    settle_words: str = ""
    is_optional: bool = False


STEPS: Sequence[Step] = (
    Step(
        StepKey.DETAILS, "Check the clinic’s details", "The time zone says when a day begins; the goal, when"
        " somebody has waited too long.", "under a minute", "settings_clinic_change", "Change them",
        settles=SettledStep.DETAILS, settle_words="These are right",
    ),
    Step(
        StepKey.HOURS, "Check the opening hours", "They tell the calls that you missed from those that came while you"
        " were closed.", "1 minute", "settings_hours_change", "Change them",
        settles=SettledStep.HOURS, settle_words="These are right",
    ),
    Step(
        StepKey.VALUES, "Say what appointments are worth", "So that what was won back is a sum of money. We suggest"
        " typical fees; you change them.", "1 minute", "settings_values_typical", "Set the values",
    ),
    Step(
        StepKey.CONNECTION, "Connect the phone system", "It tells us of each call; without it there is nothing to show."
        " You need its sign-in.", "2 minutes", "settings_connection_choose", "Connect",
        needs=Permission.MANAGE_CONNECTIONS,
    ),
    Step(
        StepKey.CALL, "Hear the first call", "Ring the clinic from your own phone and let it ring: it appears within"
        " seconds.", "a ring or two", "settings_connections", "Wait for it",
        needs=Permission.MANAGE_CONNECTIONS,
    ),
    Step(
        StepKey.HISTORY, "Bring the last 90 days", "With the calls of the past the first page already says what you"
        " lose.", "2 minutes", "settings_import_calls", "Import a file",
        needs=Permission.MANAGE_CONNECTIONS, settles=SettledStep.HISTORY, settle_words="Not needed", is_optional=True,
    ),
    Step(
        StepKey.DESK, "Invite the front desk", "They ring back those who were missed, from the worklist.",
        "1 minute", "invite", "Invite somebody", needs=Permission.MANAGE_PEOPLE,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GuideStep:
    """A step as it stands."""

    step: Step
    is_done: bool


@dataclass(frozen=True, slots=True)
class Guide:
    """The checklist of one clinic."""

    steps: Sequence[GuideStep]

    @property
    def total(self) -> int:
        return len(self.steps)

    @property
    def done(self) -> int:
        return sum(one.is_done for one in self.steps)

    @property
    def is_done(self) -> bool:
        return self.done == self.total

    @property
    def next(self) -> Step | None:
        """The first that is not done."""
        return next((one.step for one in self.steps if not one.is_done), None)


def lay_out(facts: Collection[str]) -> Guide:
    """The checklist, where `facts` are the keys of the steps that are done."""
    return Guide([GuideStep(step, step.key.value in facts) for step in STEPS])


def week_words(hours: OpeningHours, english: English = BRITISH) -> str:
    """'Mon–Fri 08:30–17:30, Sat 09:00–13:00', days with the same hours together; 'never' without any."""
    parts = []
    for first, last, spans in _runs(hours):
        days = first if first == last else f"{first}–{last}"
        parts.append(f"{days} {' and '.join(_span_words(span, english) for span in spans)}")
    return ", ".join(parts) or "never"


def _span_words(span: Sequence[str], english: English) -> str:
    return "–".join(english.clock(time.fromisoformat(clock)) for clock in span)


def _runs(hours: OpeningHours) -> Iterator[tuple[str, str, Sequence[Sequence[str]]]]:
    """Days in a row that are open alike: the first, the last, their hours."""
    start = 0
    while start < len(WEEKDAYS):
        end, spans = start, [list(span) for span in hours.get(WEEKDAYS[start], ())]
        while end + 1 < len(WEEKDAYS) and [list(span) for span in hours.get(WEEKDAYS[end + 1], ())] == spans:
            end += 1
        if spans:
            yield WEEKDAYS[start].capitalize(), WEEKDAYS[end].capitalize(), spans
        start = end + 1
