"""When summaries are due and of which days they are; pure.

Eight in the morning on the clinic's own clock, whatever daylight saving does. The monthly report is a kind of its own.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

SEND_AT = time(8)
_DAY = timedelta(days=1)


class DigestKind(enum.StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    REPORT = "report"  # the month as a PDF, for those who may see figures


KIND_WORDS: Mapping[DigestKind, str] = MappingProxyType(
    {
        DigestKind.DAILY: "Each morning at 8, about the day before",
        DigestKind.WEEKLY: "Mondays at 8, about the week before",
        DigestKind.MONTHLY: "On the 1st at 8, about the month before",
        DigestKind.REPORT: "On the 1st at 8, the report of the month before as a PDF",
    }
)


@dataclass(frozen=True, slots=True)
class Span:
    """Local days, both included."""

    first: date
    last: date


def next_due(kind: DigestKind, now: datetime, zone: ZoneInfo) -> datetime:
    """The next time after `now` at which a summary of this kind is to be sent."""
    on = now.astimezone(zone).date()
    while not (_is_day_of(kind, on) and datetime.combine(on, SEND_AT, zone) > now):
        on += _DAY
    return datetime.combine(on, SEND_AT, zone)


def span_of(kind: DigestKind, now: datetime, zone: ZoneInfo) -> Span:
    """The days that a summary is about which is sent now: the last whole day, week or month."""
    today = now.astimezone(zone).date()
    if kind is DigestKind.DAILY:
        return Span(today - _DAY, today - _DAY)
    if kind is DigestKind.WEEKLY:
        monday = today - today.weekday() * _DAY
        return Span(monday - 7 * _DAY, monday - _DAY)
    last = today.replace(day=1) - _DAY
    return Span(last.replace(day=1), last)


def span_before(kind: DigestKind, span: Span) -> Span:
    """The days that it is compared with: the day, the week or the month before."""
    last = span.first - _DAY
    if kind in (DigestKind.MONTHLY, DigestKind.REPORT):
        return Span(last.replace(day=1), last)
    return Span(last - (span.last - span.first), last)


def _is_day_of(kind: DigestKind, on: date) -> bool:
    return kind is DigestKind.DAILY or (on.weekday() == 0 if kind is DigestKind.WEEKLY else on.day == 1)
