"""The words of tenancy and the pure arithmetic of a clinic's week; knows no table and no clock."""

import enum
import uuid
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from tenants.english import English, english_of, language_tag

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Opening hours as they are stored: {"mon": [["09:00", "13:00"], ["14:00", "17:30"]], …}; a missing day is closed.
OpeningHours = Mapping[str, Sequence[Sequence[str]]]
PLATFORM = uuid.UUID(int=0)  # stands for no clinic where a row needs one: the platform's own chain and counts
DEFAULT_OPENING_HOURS: dict[str, list[list[str]]] = {day: [["08:30", "17:30"]] for day in WEEKDAYS[:5]}
_FIRST_DAY, _LAST_DAY = date(1, 1, 2), date(9999, 12, 30)


class Role(enum.StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    RECEPTIONIST = "receptionist"
    AUDITOR = "auditor"
    SUPPORT = "support"  # the platform's own staff, by a grant that ends


class Scope(enum.StrEnum):
    """What an API key may do."""

    CALLS_WRITE = "calls:write"
    APPOINTMENTS_WRITE = "appointments:write"
    READ = "read"


class SettledStep(enum.StrEnum):
    """Steps of getting started that only a person can say are done: nothing else tells."""

    DETAILS = "details"  # the clinic's details are right
    HOURS = "hours"  # so are its opening hours
    HISTORY = "history"  # calls of the past are not needed


class BadOpeningHours(ValueError):
    """Opening hours that cannot be read; the message names the day."""


@dataclass(frozen=True, slots=True)
class ClinicFacts:
    """What other floors need to know of a clinic, without its table."""

    id: uuid.UUID
    name: str
    slug: str
    timezone: str
    region: str
    currency: str
    opening_hours: OpeningHours
    retention_days: int
    default_value: Decimal
    callback_goal: timedelta
    min_password_length: int = 12
    require_two_factors: bool = False
    support_allowed: bool = True
    support_until: datetime | None = None
    support_reason: str = ""
    guide_open: bool = False
    guide_settled: Sequence[str] = ()

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)

    @property
    def english(self) -> English:
        """The words and customs in which its pages and mails are written."""
        return english_of(self.region)

    @property
    def language(self) -> str:
        """What the `lang` of its pages says."""
        return language_tag(self.region)

    def visible_from(self, now: datetime) -> datetime:
        """No row older than this is ever shown, whether the purge has run or not."""
        return now - timedelta(days=self.retention_days)


def require_opening_hours(hours: OpeningHours) -> None:
    """Raises `BadOpeningHours` unless every span is HH:MM to a later HH:MM of a known weekday, in order."""
    for day, spans in hours.items():
        if day not in WEEKDAYS:
            raise BadOpeningHours(f"{day!r} is not one of {', '.join(WEEKDAYS)}.")
        last = time.min
        for span in spans:
            opens, closes = _read_span(day, span)
            if opens < last or closes <= opens:
                raise BadOpeningHours(f"The opening hours of {day} overlap or run backwards.")
            last = closes


def _read_span(day: str, span: Sequence[str]) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(text) for text in span)
    except (TypeError, ValueError) as error:
        raise BadOpeningHours(f"The opening hours of {day} are not pairs of HH:MM.") from error
    return opens, closes


def is_open(hours: OpeningHours, local: datetime) -> bool:
    """Whether the clinic is open at a local time."""
    clock = local.strftime("%H:%M")
    return any(opens <= clock < closes for opens, closes in hours.get(WEEKDAYS[local.weekday()], ()))


def day_bounds(on: date, zone: zoneinfo.ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which a local day begins and ends; 23, 24 or 25 hours apart.

    The first and the last day that a calendar has are taken for their neighbours: beyond them nothing can be counted.
    """
    on = min(max(on, _FIRST_DAY), _LAST_DAY)
    midnight = datetime.combine(on, time.min, tzinfo=zone)
    return midnight, datetime.combine(on + timedelta(days=1), time.min, tzinfo=zone)
