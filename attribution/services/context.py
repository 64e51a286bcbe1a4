"""What a recomputation needs to know of its clinic, read once a batch; it decides when a day is closed."""

import uuid
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from attribution import events
from attribution.rules import EPOCH, RuleBook, RuleSet, book_limits, to_micros
from tenants.domain import ClinicFacts, day_bounds
from tenants.selectors import get_clinic

FIRST_VERSION = RuleSet(version=1, in_force_from=EPOCH)


class ClosedDays:
    """Local days that are closed: older than the clinic's closing age, and written."""

    __slots__ = ("_days", "_ends", "_starts", "until")

    def __init__(self, days: Iterable[date], zone: ZoneInfo) -> None:
        self._days = frozenset(days)
        bounds = [day_bounds(on, zone) for on in sorted(self._days)]
        self._starts = [to_micros(start) for start, _ in bounds]
        self._ends = [to_micros(end) for _, end in bounds]
        self.until = self._ends[-1] if self._ends else 0  # nothing at or after it is on a closed day

    def __contains__(self, on: object) -> bool:
        return on in self._days

    def hold(self, instant: int) -> bool:
        """Whether an instant, in microseconds, is on one of them."""
        place = bisect_right(self._starts, instant) - 1
        return place >= 0 and instant < self._ends[place]


@dataclass(frozen=True, slots=True)
class Context:
    """`since` is the clinic's limit: nothing older is read. `first_open_on` is the oldest day that no rule closes."""

    clinic: ClinicFacts
    now: datetime
    book: RuleBook
    rules: tuple[RuleSet, ...]
    estimates: Mapping[str, tuple[str, Decimal]]
    first_open_on: date
    closed: ClosedDays

    @property
    def since(self) -> datetime:
        return self.clinic.visible_from(self.now)


def load_context(clinic_id: uuid.UUID, now: datetime) -> Context:
    """Within the clinic's scope."""
    clinic = get_clinic(clinic_id)
    rules = rules_of(clinic)
    first_open_on = first_open_day(clinic, now)
    oldest_on = (clinic.visible_from(now) - timedelta(days=1)).date()
    closed = ClosedDays(events.read_written_days(clinic_id, oldest_on, first_open_on), clinic.zone)
    estimates = events.read_estimates(clinic_id)
    return Context(clinic, now, RuleBook(rules), rules, estimates, first_open_on, closed)


def rules_of(clinic: ClinicFacts) -> tuple[RuleSet, ...]:
    """The clinic's versions, oldest first; a clinic that never changed any has the first one, with the defaults."""
    max_open = book_limits(clinic.retention_days).max_open
    stored = events.read_rules(clinic.id) or [FIRST_VERSION]
    return tuple(replace(rules, max_open=max_open) for rules in stored)


def first_open_day(clinic: ClinicFacts, now: datetime) -> date:
    """Days before it are old enough to be closed."""
    return now.astimezone(clinic.zone).date() - timedelta(days=book_limits(clinic.retention_days).closing_age_days)
