"""What the settings pages and the view of several clinics show, as frozen facts. Pure; it decides nothing."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from attribution.domain import Kpi, Reason


@dataclass(frozen=True, slots=True)
class RulesFigures:
    """What some rules make of a span of days. `recovered` and `revenue` by the day of the booking."""

    missed: int
    reached: int
    recovered: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class RulesPreview:
    """The days from `first_on` to `last_on` by the rules in force, and as they would have been by others."""

    first_on: date
    last_on: date
    is_shortened: bool  # fewer days than asked for: the others are closed, or there was too much on them
    current: RulesFigures
    proposed: RulesFigures
    reasons: Sequence[tuple[Reason, int, int]]  # appointments of these days by reason: now, and then
    other_verdicts: int  # appointments that would be counted and are not, or the other way round

    @property
    def days(self) -> int:
        return (self.last_on - self.first_on).days + 1

    @property
    def lines(self) -> Sequence["PreviewLine"]:
        now, then = self.current, self.proposed
        return [
            PreviewLine("Missed calls", Decimal(now.missed), Decimal(then.missed)),
            PreviewLine("Reached", Decimal(now.reached), Decimal(then.reached)),
            PreviewLine("Recovered appointments", Decimal(now.recovered), Decimal(then.recovered)),
            PreviewLine("Recovered revenue (est.)", now.revenue, then.revenue, "money"),
        ]


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A figure by the rules in force and by others; `unit` is "count" or "money"."""

    label: str
    now: Decimal
    then: Decimal
    unit: str = "count"

    @property
    def difference(self) -> Decimal:
        return self.then - self.now


@dataclass(frozen=True, slots=True)
class TypeValue:
    """What an appointment of a type is worth when it comes without a price."""

    id: uuid.UUID
    code: str
    name: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class UnvaluedType:
    """A type seen in appointments that came without a price, and that has no value of its own."""

    code: str
    appointments: int


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A clinic in the view of several, or the sum of those of one currency: a month (so far), and the one before."""

    name: str
    slug: str
    clinics: int
    currency: str
    waiting: int
    figures: Sequence[Kpi]


@dataclass(frozen=True, slots=True)
class Group:
    rows: Sequence[GroupRow]
    totals: Sequence[GroupRow]  # by currency
