"""The sentences of a report, said alike on the page and on paper."""

from datetime import timedelta
from decimal import Decimal

from attribution.charts import percentage
from attribution.domain import Kpi, Reason
from attribution.explanations import format_money
from attribution.reports.facts import BusyHour, Report, Worth
from tenants.english import WEEKDAYS, English

REASON_WORDS = {
    Reason.CALLBACK: "Recovered by a callback",
    Reason.CALLER_RETURNED: "The caller rang back",
    Reason.NO_CONTACT: "Booked before anybody reached the caller",
    Reason.CANCELLED: "Cancelled",
    Reason.WITHHELD: "Booked without a number",
    Reason.WINDOW_ELAPSED: "Too long after the missed call",
    Reason.ALREADY_RECOVERED: "An earlier appointment was counted",
    Reason.NO_MISSED_CALL: "No missed call before it",
}


def say_figure(kpi: Kpi, currency: str, value: Decimal | None = None) -> str:
    """A headline figure in whole units: '1,234', '£1,235'."""
    whole = (kpi.value if value is None else value).quantize(Decimal(1))
    return format_money(whole, currency) if kpi.unit == "money" else f"{whole:,}"


def say_change(kpi: Kpi, currency: str) -> str:
    """'12 fewer (31 %)', 'no change'."""
    gap, before = kpi.value - kpi.previous, round(kpi.previous)
    if not gap:
        return "no change"
    less = "less" if kpi.unit == "money" else "fewer"
    size = say_figure(kpi, currency, abs(gap))
    telling = before > 0 and abs(gap) < 10 * before
    share = f" ({percentage(round(abs(gap)), before)})" if telling else ""
    return f"{size} {'more' if gap > 0 else less}{share}"


def say_hour(hour: BusyHour, english: English) -> str:
    """'Mondays 8–9', 'Mondays 8–9 AM'."""
    return f"{WEEKDAYS[hour.weekday]}s {english.hour_span(hour.hour)}"


def say_missed(hour: BusyHour) -> str:
    """'14 of 31 missed (45 %)'."""
    return f"{hour.missed:,} of {hour.inbound:,} missed ({percentage(hour.missed, hour.inbound)})"


def say_span(length: timedelta) -> str:
    """'45 min', '2 h', '1 h 30 min'."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * (bool(minutes) or not hours)
    return " ".join(parts)


def say_worth(worth: Worth, currency: str, default: Decimal) -> str:
    """How the revenue came about; of what is still held."""
    if not worth.total:
        return "There is nothing held any more, or nothing yet, of which to say how it was estimated."
    ways = [
        (worth.priced, "with the price from the booking system"),
        (worth.by_type, "with the clinic’s value for its type"),
        (worth.by_default, f"with the clinic’s default, now {format_money(default, currency)}"),
    ]
    parts = [f"{count:,} {how}" for count, how in ways if count]
    held = f"Of {worth.total:,} {'recovery' if worth.total == 1 else 'recoveries'} still held: "
    return held + f"{', '.join(parts)}. An estimate is taken when the appointment is first recovered, and stays."


def say_privacy(report: Report) -> str:
    """What has become of the calls behind the figures."""
    days = report.clinic.retention_days
    if report.is_erased:
        return f"The calls behind these figures have been erased as promised, after {days} days at the most."
    if report.is_partly_erased:
        start = report.clinic.english.full_date(report.held_from)
        return f"Calls from before {start} have been erased as promised, after {days} days at the most."
    return f"The calls behind these figures will be erased after {days} days at the most; the figures stay."
