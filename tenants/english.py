"""The two kinds of English that pages and mails are written in: words, days, times of day, spans. Pure.

Sentences are written in British English; a clinic in the United States gets its own words and its own way to write a
day and an hour. It refuses to touch data: only words that the product itself wrote go through `say`. The API, CSV files
and the audit trail never do: programs read them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
# Regions whose browsers and screen readers have an English of their own; all others read British English.
_OWN_ENGLISH: Final = frozenset({"AU", "CA", "GB", "IE", "IN", "NZ", "SG", "US", "ZA"})
_AMERICAN: Final = frozenset({"US", "AS", "GU", "MP", "PR", "VI"})  # with the territories


@dataclass(frozen=True, slots=True)
class English:
    """One kind of it. `code` is Django's name of the language."""

    code: str
    is_american: bool
    words: Mapping[str, str] = field(default_factory=dict, repr=False)

    def say(self, text: str) -> str:
        """A text of the product's own in this English; the text is in British English."""
        return _WORDS.sub(self._translate, text) if self.is_american else text

    def _translate(self, match: re.Match[str]) -> str:
        found = match.group()
        said = self.words[found.lower()]
        return said[0].upper() + said[1:] if found[0].isupper() else said

    def short_day(self, on: date) -> str:
        """'3 Nov', 'Nov 3'."""
        month = MONTHS[on.month - 1][:3]
        return f"{month} {on.day}" if self.is_american else f"{on.day} {month}"

    def day(self, on: date) -> str:
        """'Tue 3 Nov', 'Tue, Nov 3'."""
        comma = "," if self.is_american else ""
        return f"{self.weekday(on)}{comma} {self.short_day(on)}"

    def year_day(self, on: date) -> str:
        """'3 Nov 2026', 'Nov 3, 2026'."""
        return f"{self.short_day(on)}{',' if self.is_american else ''} {on.year}"

    def full_date(self, on: date) -> str:
        """'3 November 2026', 'November 3, 2026'."""
        month = MONTHS[on.month - 1]
        return f"{month} {on.day}, {on.year}" if self.is_american else f"{on.day} {month} {on.year}"

    def long_day(self, on: date) -> str:
        """'Tuesday 3 November 2026', 'Tuesday, November 3, 2026'."""
        return f"{WEEKDAYS[on.weekday()]}{',' if self.is_american else ''} {self.full_date(on)}"

    def weekday(self, on: date) -> str:
        """'Tue'."""
        return WEEKDAYS[on.weekday()][:3]

    def clock(self, at: datetime | time, *, seconds: bool = False) -> str:
        """'09:05', '9:05 AM'; with the seconds '09:05:21', '9:05:21 AM'."""
        rest = f"{at:%M:%S}" if seconds else f"{at:%M}"
        if not self.is_american:
            return f"{at:%H}:{rest}"
        return f"{at.hour % 12 or 12}:{rest}\u00a0{'AM' if at.hour < 12 else 'PM'}"

    def moment(self, at: datetime) -> str:
        """'Tue 3 Nov, 09:05', 'Tue, Nov 3, 9:05 AM'."""
        return f"{self.day(at)}, {self.clock(at)}"

    def weekday_clock(self, at: datetime) -> str:
        """'Mon 17:44', 'Mon 5:44 PM'."""
        return f"{self.weekday(at)} {self.clock(at)}"

    def hour(self, hour: int) -> str:
        """An hour beside an axis: '17', '5p'."""
        return f"{hour % 12 or 12}{'a' if hour % 24 < 12 else 'p'}" if self.is_american else str(hour)

    def hour_span(self, hour: int) -> str:
        """The hour from then: '17–18', '5–6 PM', '11 AM–12 PM'."""
        if not self.is_american:
            return f"{hour}–{hour + 1}"
        first, last = (_half(hour), _half(hour + 1))
        start = f"{hour % 12 or 12}" + ("" if first == last else f"\u00a0{first}")
        return f"{start}–{(hour + 1) % 12 or 12}\u00a0{last}"

    def days(self, first: date, last: date) -> str:
        """'16 to 22 November 2026', 'November 16 to 22, 2026'; no more of the first day than it takes."""
        if first == last:
            return self.full_date(first)
        if first.year != last.year:
            return f"{self.full_date(first)} to {self.full_date(last)}"
        is_one_month = first.month == last.month
        if not self.is_american:
            return f"{first.day}{'' if is_one_month else f' {MONTHS[first.month - 1]}'} to {self.full_date(last)}"
        end = f"{last.day}, {last.year}" if is_one_month else self.full_date(last)
        return f"{MONTHS[first.month - 1]} {first.day} to {end}"


def _half(hour: int) -> str:
    return "AM" if hour % 24 < 12 else "PM"


# British words of ours and what a receptionist in the United States calls the same; whole words. People ring in Britain
# and call in America; telephones ring in both, so "rang" alone stays as it is.
_AMERICAN_WORDS: Final[Mapping[str, str]] = {
    "ring back": "call back",
    "rings back": "calls back",
    "rang back": "called back",
    "rung back": "called back",
    "rings again": "calls again",
    "rang again": "called again",
    "last rang": "last called",
    "nobody rang": "nobody called",
    "rang at": "called at",
    "rang the": "called the",
    "rang from": "called from",
    "rang and was": "called and was",
    "ring the": "call the",
    "ring your": "call your",
    "cancelled": "canceled",
    "cancelling": "canceling",
    "dialling": "dialing",
    "mobile": "cell",
    "enquiry": "inquiry",
    "enquiries": "inquiries",
    "organisation": "organization",
    "organisations": "organizations",
    "colour": "color",
    "colours": "colors",
    "centre": "center",
    "licence": "license",
    "licences": "licenses",
    "recognise": "recognize",
    "recognised": "recognized",
    "authorise": "authorize",
    "authorised": "authorized",
    "grey": "gray",
    "diary": "schedule",
    "labelled": "labeled",
    "behaviour": "behavior",
    "favour": "favor",
    "fortnight": "two weeks",
    "whilst": "while",
    "towards": "toward",
    "catalogue": "catalog",
    "surgery": "practice",
    "reception desk": "front desk",
}
BRITISH_ONLY: Final = tuple(sorted(_AMERICAN_WORDS, key=lambda word: (-len(word), word)))
_WORDS: Final = re.compile(rf"\b(?:{'|'.join(map(re.escape, BRITISH_ONLY))})\b", re.IGNORECASE)

BRITISH: Final = English("en-gb", is_american=False)
AMERICAN: Final = English("en-us", is_american=True, words=_AMERICAN_WORDS)


def english_of(region: str) -> English:
    """The English of a region, by its two capital letters."""
    return AMERICAN if region in _AMERICAN else BRITISH


def english_called(code: str | None) -> English:
    """The English by Django's name of the language; British for any other."""
    return AMERICAN if code == AMERICAN.code else BRITISH


def language_tag(region: str) -> str:
    """What a page's `lang` says: 'en-GB', 'en-US', 'en-IE'."""
    return f"en-{region}" if region in _OWN_ENGLISH else "en-GB"
