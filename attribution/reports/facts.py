"""What a month's report holds, as frozen facts; counts and sums only, nothing of a caller."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from attribution.domain import Dashboard, Kpi, Share
from attribution.spans import DAY, next_month
from tenants.domain import ClinicFacts


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A month in the list of reports."""

    month: date  # its first day
    is_over: bool
    missed: int
    in_time: Share
    reached: int
    recovered: int
    revenue: Decimal

    @property
    def name(self) -> str:
        return f"{self.month:%B %Y}"

    @property
    def slug(self) -> str:
        """As in an address: 2026-10."""
        return f"{self.month:%Y-%m}"


@dataclass(frozen=True, slots=True)
class BusyHour:
    """An hour of the week, over the days of a month."""

    weekday: int  # 0 is Monday
    hour: int
    missed: int
    inbound: int


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal and how far it is. `done` is per cent of the goal, 100 at the most."""

    label: str
    state: str  # "met", "8 to go", "missed by 8"
    is_met: bool
    reached: str
    wanted: str
    done: int


@dataclass(frozen=True, slots=True)
class Worth:
    """Of the recoveries that are still held: how many have a price of their own, and what was taken for the others."""

    priced: int = 0
    by_type: int = 0
    by_default: int = 0

    @property
    def total(self) -> int:
        return self.priced + self.by_type + self.by_default


@dataclass(frozen=True, slots=True)
class Report:
    """One clinic's month, compared with the month before and, once there is one, with a year before."""

    clinic: ClinicFacts
    month: date  # its first day
    dashboard: Dashboard
    year: Sequence[Kpi]  # the same figures; `previous` is a year before
    busiest: Sequence[BusyHour]
    worth: Worth
    is_first: bool  # there are no figures of earlier months
    held_from: date  # calls of earlier days have been erased
    made_at: datetime  # in the clinic's zone

    @property
    def name(self) -> str:
        return f"{self.month:%B %Y}"

    @property
    def slug(self) -> str:
        """As in an address: 2026-10."""
        return f"{self.month:%Y-%m}"

    @property
    def last_on(self) -> date:
        """The month's last day."""
        return next_month(self.month) - DAY

    @property
    def is_over(self) -> bool:
        return self.made_at.date() > self.last_on

    @property
    def is_erased(self) -> bool:
        """Whether nothing is held any more of the calls behind it."""
        return self.held_from > self.last_on

    @property
    def is_partly_erased(self) -> bool:
        return self.month < self.held_from <= self.last_on

    @property
    def goals(self) -> Sequence[GoalLine]:
        """Those that the clinic has set."""
        found = []
        share = self.dashboard.in_time
        if share.goal_percent is not None:
            found.append(_in_time(share, self.is_over))
        if self.dashboard.recovered_goal is not None:
            recovered = next(int(kpi.value) for kpi in self.dashboard.kpis if kpi.key == "recovered")
            found.append(_recovered(recovered, self.dashboard.recovered_goal, self.is_over))
        return found


def _in_time(share: Share, is_over: bool) -> GoalLine:
    goal, percent = share.goal_percent or 0, share.percent
    if percent is None:
        state = "nobody was missed"
    elif share.is_met:
        state = "met" if is_over else "met so far"
    else:
        state = f"not met, {goal - percent} points short" if is_over else f"{goal - percent} points short so far"
    reached = "–" if percent is None else f"{percent} %"
    return GoalLine(
        "Called back within goal",
        state,
        share.is_met,
        reached,
        f"{goal} %",
        _done(goal if percent is None else percent, goal),
    )


def _recovered(value: int, goal: int, is_over: bool) -> GoalLine:
    is_met = value >= goal
    state = "met" if is_met else (f"not met, {goal - value:,} short" if is_over else f"{goal - value:,} to go")
    return GoalLine("Recovered appointments", state, is_met, f"{value:,}", f"{goal:,}", _done(value, goal))


def _done(value: int, goal: int) -> int:
    return min(value * 100 // goal, 100) if goal else 100
