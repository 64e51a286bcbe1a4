"""What may be asked of the call log by its address; anything else is an error that names the field."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import forms

from calls.domain import Direction, Outcome
from calls.selectors import CallFilter
from tenants.domain import day_bounds

_DIRECTIONS = [(way.name.lower(), way.name.title()) for way in Direction]
_OUTCOMES = [(outcome.name.lower(), outcome.name.title()) for outcome in Outcome]


class CallFilterForm(forms.Form):
    """Filters of the call log. Dates are local days, both included."""

    direction = forms.ChoiceField(choices=_DIRECTIONS, required=False)
    outcome = forms.ChoiceField(choices=_OUTCOMES, required=False)
    to = forms.DateField(required=False)

    def wanted(self, zone: ZoneInfo) -> CallFilter:
        """The filter, once the form is valid."""
        data = self.cleaned_data
        return CallFilter(
            since=_bounds(data.get("from"), zone)[0],
            until=_bounds(data.get("to"), zone)[1],
            direction=Direction[data["direction"].upper()] if data["direction"] else None,
            outcome=Outcome[data["outcome"].upper()] if data["outcome"] else None,
        )


# `from` is a word of Python's and cannot be the name of an attribute.
CallFilterForm.base_fields["from"] = forms.DateField(required=False)


def _bounds(on: date | None, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    return day_bounds(on, zone) if on else (None, None)
