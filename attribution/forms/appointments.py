"""What the list of appointments may be asked; anything else is an error that names the field."""

from django import forms

from attribution.domain import Verdict
from attribution.selectors import AppointmentFilter


class AppointmentFilterForm(forms.Form):
    """Filters of the list of appointments."""

    verdict = forms.ChoiceField(choices=[(verdict.value, verdict.value) for verdict in Verdict], required=False)

    def wanted(self) -> AppointmentFilter:
        """The filter, once the form is valid."""
        word = self.cleaned_data["verdict"]
        return AppointmentFilter(verdict=Verdict(word) if word else None)
