"""A clinic's opening hours as a form: seven days, each closed or open in one or two spans, which cannot overlap."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from django import forms
from django.forms import BoundField

from tenants.domain import DEFAULT_OPENING_HOURS, WEEKDAYS, ClinicFacts, OpeningHours
from tenants.services import settings

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class DayFields:
    """A day of the form: its name, its fields in pairs, what is wrong with it."""

    name: str
    code: str
    spans: Sequence[Sequence[BoundField]]
    errors: Sequence[str]


class HoursForm(forms.Form):
    """Seven days with up to two spans each; a day without any is closed."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=16, required=False)

    def __init__(self, clinic: ClinicFacts, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"seen": settings.seen_hours(clinic), **_times_of(_offered_hours(clinic))})
        for name, label in _HOUR_FIELDS.items():
            self.fields[name] = forms.TimeField(
                label=label,
                required=False,
                input_formats=["%H:%M", "%H:%M:%S"],
                widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
                error_messages={"invalid": "Write a time like 08:30."},
            )

    def clean(self) -> dict[str, Any]:
        for day, day_name in zip(WEEKDAYS, DAY_NAMES, strict=True):
            if not any(name in self.errors for name in _names_of(day)):
                self._check_day(day, day_name)
        return self.cleaned_data

    def _check_day(self, day: str, day_name: str) -> None:
        last: time | None = None
        for opens, closes in self._spans(day):
            if opens is None or closes is None:
                self.add_error(f"{day}_1_opens", f"Say when {day_name} opens and when it closes, or leave both empty.")
            elif closes <= opens:
                self.add_error(f"{day}_1_opens", f"{day_name} closes before it opens.")
            elif last is not None and opens < last:
                self.add_error(f"{day}_1_opens", f"The second span of {day_name} begins before the first one ends.")
            else:
                last = closes
                continue
            return

    def _spans(self, day: str) -> list[tuple[time | None, time | None]]:
        """Those that somebody wrote anything into."""
        pairs = [(self.cleaned_data.get(f"{day}_{number}_opens"), self.cleaned_data.get(f"{day}_{number}_closes"))
                 for number in (1, 2)]  # fmt: skip
        return [pair for pair in pairs if pair != (None, None)]

    def wanted(self) -> OpeningHours:
        """The hours as they are stored, once the form is valid; seconds are cut."""
        return {
            day: [[f"{opens:%H:%M}", f"{closes:%H:%M}"] for opens, closes in self._spans(day) if opens and closes]
            for day in WEEKDAYS
            if self._spans(day)
        }

    @property
    def days(self) -> Iterator[DayFields]:
        for day, day_name in zip(WEEKDAYS, DAY_NAMES, strict=True):
            names = _names_of(day)
            errors = list(dict.fromkeys(str(error) for name in names for error in self.errors.get(name, ())))
            yield DayFields(
                day_name, day, [[self[name] for name in names[:2]], [self[name] for name in names[2:]]], errors
            )


def _names_of(day: str) -> list[str]:
    return [f"{day}_{number}_{edge}" for number in (1, 2) for edge in ("opens", "closes")]


def _offered_hours(clinic: ClinicFacts) -> OpeningHours:
    """The clinic's own; usual ones where it has none at all, to be looked at and saved."""
    return clinic.opening_hours if any(clinic.opening_hours.values()) else DEFAULT_OPENING_HOURS


def _times_of(hours: OpeningHours) -> dict[str, str]:
    return {
        f"{day}_{number}_{edge}": text
        for day, spans in hours.items()
        for number, span in enumerate(spans, start=1)
        for edge, text in zip(("opens", "closes"), span, strict=True)
    }


_ORDINALS = {1: "", 2: ", again"}
_HOUR_FIELDS = {
    f"{day}_{number}_{edge}": f"{day_name} {edge}{_ORDINALS[number]}"
    for day, day_name in zip(WEEKDAYS, DAY_NAMES, strict=True)
    for number in (1, 2)
    for edge in ("opens", "closes")
}
