"""How figures, times and the words of attribution look on a page; it formats what it is given, never asks the clock.

Times are shown in the zone they carry where selectors hand them out in the clinic's; the filters for other pages take
the zone that the page's gate has opened.
Words and dates are in the English that the page's gate has opened.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField, CheckboxInput
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from attribution import charts
from attribution.domain import (
    AppointmentStatus,
    Dashboard,
    DelayBucket,
    DismissReason,
    Funnel,
    HeatCell,
    Kpi,
    OpportunityStatus,
    Progress,
    Reason,
    TrendDay,
    ValueSource,
    Verdict,
    WorklistRow,
)
from attribution.explanations import format_money
from attribution.reports.words import REASON_WORDS
from tenants.domain import WEEKDAYS, OpeningHours, is_open
from tenants.english import MONTHS
from tenants.language import current_english

register = template.Library()

WORDS: Mapping[str, str] = {
    **{f"reason.{reason}": text for reason, text in REASON_WORDS.items()},
    f"status.{OpportunityStatus.OPEN}": "Waiting",
    f"status.{OpportunityStatus.ATTEMPTED}": "Tried, not reached",
    f"status.{OpportunityStatus.REACHED}": "Reached, not booked yet",
    f"status.{OpportunityStatus.RECOVERED}": "Recovered",
    f"status.{OpportunityStatus.RETURNED}": "Rang back unprompted",
    f"status.{OpportunityStatus.BOOKED_ELSEWHERE}": "Booked, nobody had called back",
    f"status.{OpportunityStatus.DISMISSED}": "Dismissed",
    f"status.{OpportunityStatus.LAPSED}": "Lapsed",
    f"progress.{Progress.NOBODY_CALLED}": "Nobody called",
    f"progress.{Progress.CALLED_BACK}": "Called back",
    f"progress.{Progress.REACHED}": "Reached",
    f"progress.{Progress.RECOVERED}": "Recovered",
    f"verdict.{Verdict.RECOVERED}": "Recovered",
    f"verdict.{Verdict.UNATTRIBUTED}": "Not counted",
    f"appointment.{AppointmentStatus.BOOKED}": "Booked",
    f"appointment.{AppointmentStatus.CANCELLED}": "Cancelled",
    f"dismiss.{DismissReason.SPAM}": "Spam or a sales call",
    f"dismiss.{DismissReason.WRONG_NUMBER}": "Wrong number",
    f"dismiss.{DismissReason.SUPPLIER}": "Supplier or colleague",
    f"dismiss.{DismissReason.EXISTING_BOOKING}": "Has a booking already",
    f"dismiss.{DismissReason.OTHER}": "Something else",
    f"value.{ValueSource.APPOINTMENT}": "",
    f"value.{ValueSource.TYPE_ESTIMATE}": "est.",
    f"value.{ValueSource.CLINIC_DEFAULT}": "est.",
    "source.api": "API",
    "source.csv": "CSV file",
}


@dataclass(frozen=True, slots=True)
class Change:
    """The difference to the period before: a shape, a number, a word, and whether it is good news."""

    arrow: str  # "up", "down" or "flat"
    text: str
    tone: str  # "better", "worse" or "same"


@register.filter
def words(value: str, kind: str) -> str:
    """The words for a value of one of the enumerations; a value it does not know is shown as it is, readable."""
    return current_english().say(WORDS.get(f"{kind}.{value}", str(value).replace("_", " ").capitalize()))


@register.filter
def money(value: Decimal | int | None, currency: str) -> str:
    """'£1,234.50', '£255', '–' for nothing known; an unknown currency by its code: 'CHF 90'."""
    if value is None:
        return "–"
    return format_money(Decimal(value), currency)


@register.filter
def figure(value: Decimal | int, unit_and_currency: str = "count") -> str:
    """A headline figure in whole units: '1,234', or money ('money:GBP') '£1,235'."""
    unit, _, currency = unit_and_currency.partition(":")
    whole = Decimal(value).quantize(Decimal(1))
    return money(whole, currency) if unit == "money" else f"{whole:,}"


@register.filter
def of_currency(unit: str, currency: str) -> str:
    """The argument that `figure` wants, from a unit and a clinic's currency."""
    return f"{unit}:{currency}"


@register.filter
def signed(value: Decimal | int, unit_and_currency: str = "count") -> str:
    """A difference: '+12', '−£255', 'none'."""
    if not value:
        return "none"
    return f"+{figure(value, unit_and_currency)}" if value > 0 else f"−{figure(-value, unit_and_currency)}"


@register.filter
def in_zone(value: datetime, zone: ZoneInfo) -> datetime:
    """For times that a selector hands out as instants."""
    return value.astimezone(zone)


@register.simple_tag
def sort_link(key: str, sort: str) -> str:
    """What a column's head asks for: names from A, figures from the highest, the other way round when it is so."""
    first = key if key == "name" else f"-{key}"
    return first if sort != first else (f"-{key}" if key == "name" else key)


@register.simple_tag
def sort_state(key: str, sort: str) -> SafeString:
    """The `aria-sort` of a column's head."""
    if sort.lstrip("-") != key:
        return mark_safe("")
    return format_html(' aria-sort="{}"', "descending" if sort.startswith("-") else "ascending")


@register.filter
def duration(value: timedelta | float | None) -> str:
    """'under 1 min', '45 min', '2 h 10 min', '3 d 4 h'; a number is seconds; nothing known is '–'."""
    if value is None:
        return "–"
    minutes = int(value.total_seconds() if isinstance(value, timedelta) else value) // 60
    if minutes < 1:
        return "under 1 min"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = ((days, "d"), (hours, "h")) if days else ((hours, "h"), (rest, "min"))
    return "\u00a0".join(f"{count}\u00a0{unit}" for count, unit in parts if count)


@register.filter
def talk(seconds: int | None) -> str:
    """The length of a ring or a talk: '21 s', '3 min 05 s', '–' when it was not told."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}\u00a0min\u00a0{rest:02}\u00a0s" if minutes else f"{rest}\u00a0s"


@register.filter
def iso_day(value: date | str | None) -> str:
    """What a date field wants: '2026-11-03', or nothing."""
    return value.isoformat() if isinstance(value, date) else value or ""


@register.filter
def iso_duration(value: timedelta) -> str:
    """What the `datetime` attribute of a `<time>` wants for a length of time: 'PT7800S'."""
    return f"PT{max(int(value.total_seconds()), 0)}S"


@register.filter
def day(value: date) -> str:
    """'Tue 3 Nov', 'Tue, Nov 3'."""
    return current_english().day(value)


@register.filter
def long_day(value: date) -> str:
    """'Tuesday 3 November 2026', 'Tuesday, November 3, 2026'."""
    return current_english().long_day(value)


@register.filter(expects_localtime=True)
def full_date(value: date) -> str:
    """'3 November 2026', 'November 3, 2026'."""
    return current_english().full_date(value)


@register.filter(expects_localtime=True)
def year_day(value: date) -> str:
    """'3 Nov 2026', 'Nov 3, 2026'."""
    return current_english().year_day(value)


@register.filter
def month(value: date) -> str:
    """'November 2026'."""
    return f"{MONTHS[value.month - 1]} {value.year}"


@register.filter(expects_localtime=True)
def moment(value: datetime) -> str:
    """'Tue 3 Nov, 09:05', 'Tue, Nov 3, 9:05 AM', where no element may stand."""
    return current_english().moment(value)


@register.filter(expects_localtime=True)
def time_of_day(value: datetime) -> str:
    """'09:05', '9:05 AM', where no element may stand."""
    return current_english().clock(value)


@register.filter(expects_localtime=True)
def hour_of(value: datetime) -> str:
    """The hour in which it was, by its beginning: '09:00', '9:00 AM'."""
    return current_english().clock(value.replace(minute=0))


@register.filter
def regional(text: str) -> str:
    """A word or a sentence of the product's own, as the clinic's region says it: 'cancelled', 'canceled'."""
    return current_english().say(text)


@register.filter
def exact(value: datetime) -> str:
    """'Tuesday 3 November 2026, 09:05:21 GMT'."""
    return f"{long_day(value)}, {to_the_second(value)} {value:%Z}".rstrip()


@register.filter
def stamp(value: datetime | None) -> SafeString | str:
    """A `<time>` that reads 'Tue 3 Nov, 09:05' and tells the exact time in its title."""
    return "–" if value is None else _time_element(value, moment(value))


@register.filter
def clock(value: datetime | None) -> SafeString | str:
    """A `<time>` that reads '09:05' and tells the exact time in its title."""
    return "–" if value is None else _time_element(value, time_of_day(value))


@register.filter(expects_localtime=True)
def to_the_second(value: datetime) -> str:
    """'09:05:21', by which a call is found in a telephone's own list."""
    return current_english().clock(value, seconds=True)


@register.simple_tag
def last_rang(row: WorklistRow) -> SafeString:
    """When a waiting caller last rang: '09:14' today, 'Mon 17:44' this week, else 'Tue 3 Nov, 09:05'."""
    now, value = row.opened_at + row.waiting, row.last_missed_at
    age = (now.date() - value.date()).days
    if age <= 0:
        return _time_element(value, time_of_day(value))
    return _time_element(value, current_english().weekday_clock(value) if age < 7 else moment(value))


@register.filter
def row_state(row: WorklistRow) -> str:
    """Changes with anything that a worklist row shows but the waiting time, which the page counts itself."""
    marks = (row.over_goal, row.out_of_hours, row.voicemail, row.had_booking, row.can_be_asked)
    flags = "".join("ny"[mark] for mark in marks)
    claim = "" if row.claim is None else ("-mine" if row.claim.is_mine else f"-{row.claim.initials}")
    return f"{row.last_missed_at:%y%j%H%M%S}-{row.attempts}-{row.callbacks}-{row.calls_in_retention}-{flags}{claim}"


@register.filter
def kpi_change(kpi: Kpi) -> Change:
    """Which way a figure went since the period before; the page puts the size of the difference in front."""
    gap, before = kpi.value - kpi.previous, round(kpi.previous)
    if not gap:
        return Change("flat", "no change", "same")
    arrow, less = ("up" if gap > 0 else "down"), ("less" if kpi.unit == "money" else "fewer")
    telling = before > 0 and abs(gap) < 10 * before  # a share of nothing, or of next to nothing, tells nothing
    of_before = f" ({charts.percentage(round(abs(gap)), before)})" if telling else ""
    text = f"{'more' if gap > 0 else less}{of_before}"
    return Change(arrow, text, "better" if arrow == kpi.better else "worse")


@register.filter
def difference(kpi: Kpi, currency: str) -> str:
    """The size of the difference to the period before: '12' or '£255'."""
    return figure(abs(kpi.value - kpi.previous), of_currency(kpi.unit, currency))


@register.filter
def share(part: int, whole: int) -> str:
    return charts.percentage(part, whole)


@register.simple_tag
def dismiss_reasons() -> SafeString:
    """The choices as they stand in every row of the worklist; made once for all of them."""
    choice = '<label class="check"><input type="radio" name="reason" value="{}" required>{}</label>'
    return format_html_join("", choice, [(reason.value, words(reason, "dismiss")) for reason in DismissReason])


@register.simple_tag
def choices(kind: str) -> list[tuple[str, str]]:
    """Values and words of one enumeration, for a filter's select."""
    kinds: Mapping[str, type[enum.StrEnum]] = {
        "verdict": Verdict, "reason": Reason, "status": OpportunityStatus, "progress": Progress,
    }  # fmt: skip
    return [(member.value, words(member.value, kind)) for member in kinds[kind]]


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def sparkline(values: Sequence[Decimal]) -> charts.Sparkline:
    return charts.sparkline(values)


@register.simple_tag
def trend_chart(days: Sequence[TrendDay]) -> charts.TrendChart:
    return charts.trend_chart(days, english=current_english())


@register.simple_tag
def heat_map(cells: Sequence[HeatCell], hours: OpeningHours) -> charts.HeatMap:
    return charts.heat_map(cells, opened=hours_open(hours), english=current_english())


@register.simple_tag
def funnel_bars(funnel: Funnel) -> charts.FunnelBars:
    return charts.funnel_bars(funnel)


@register.simple_tag
def delay_bars(buckets: Sequence[DelayBucket], goal: timedelta | None = None) -> charts.Bars:
    return charts.delay_bars(buckets, goal or None)


@register.simple_tag
def reason_bars(dashboard: Dashboard) -> charts.Bars:
    return charts.reason_bars([(reason.value, words(reason, "reason"), count) for reason, count in dashboard.reasons])


def hours_open(hours: OpeningHours) -> set[tuple[int, int]]:
    """(weekday, hour) of all hours at whose beginning or half the clinic is open."""
    monday = datetime(2001, 1, 1, tzinfo=UTC)  # any Monday: only the weekday and the clock matter
    halves = (monday + timedelta(minutes=30 * number) for number in range(2 * 24 * len(WEEKDAYS)))
    return {(half.weekday(), half.hour) for half in halves if is_open(hours, half)}


def _time_element(value: datetime, text: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact(value), text)
