"""What the lists of missed callers and of appointments may be asked; anything else is an error that names the field."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms

from attribution.domain import OpportunityStatus, Progress, Reason, Verdict
from attribution.selectors import AppointmentFilter, OpportunityFilter
from tenants.domain import day_bounds


class DaysForm(forms.Form):
    """Local days, both included: `from`, `to`."""

    to = forms.DateField(required=False)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """The instants between which they lie, once the form is valid."""
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        return (
            day_bounds(first, zone)[0] if first else None,
            day_bounds(last, zone)[1] if last else None,
        )


# `from` is a word of Python's and cannot be the name of an attribute.
DaysForm.base_fields["from"] = forms.DateField(required=False)


class OpportunityFilterForm(DaysForm):
    """Filters of the list of missed callers."""

    status = forms.ChoiceField(choices=[(word.value, word.value) for word in OpportunityStatus], required=False)
    progress = forms.ChoiceField(choices=[(word.value, word.value) for word in Progress], required=False)

    def wanted(self, zone: ZoneInfo) -> OpportunityFilter:
        """The filter, once the form is valid."""
        since, until = self.bounds(zone)
        status, progress = self.cleaned_data["status"], self.cleaned_data["progress"]
        return OpportunityFilter(
            since=since,
            until=until,
            status=OpportunityStatus(status) if status else None,
            progress=Progress(progress) if progress else None,
        )


class AppointmentFilterForm(DaysForm):
    """Filters of the list of appointments."""

    verdict = forms.ChoiceField(choices=[(verdict.value, verdict.value) for verdict in Verdict], required=False)
    reason = forms.ChoiceField(choices=[(reason.value, reason.value) for reason in Reason], required=False)

    def wanted(self, zone: ZoneInfo) -> AppointmentFilter:
        """The filter, once the form is valid."""
        since, until = self.bounds(zone)
        verdict, reason = self.cleaned_data["verdict"], self.cleaned_data["reason"]
        return AppointmentFilter(
            since=since,
            until=until,
            verdict=Verdict(verdict) if verdict else None,
            reason=Reason(reason) if reason else None,
        )
