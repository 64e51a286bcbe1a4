"""What the pages of attribution may be asked; anything else is an error that names the field."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError

from attribution.domain import ActionKind, DismissReason, Verdict
from attribution.selectors import AppointmentFilter


class ActForm(forms.Form):
    """What somebody did about a waiting caller: called back and reached or not, or dismissed with a reason."""

    kind = forms.ChoiceField(choices=[(kind.value, kind.value) for kind in ActionKind])
    reached = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")], required=False)
    reason = forms.ChoiceField(choices=[(reason.value, reason.value) for reason in DismissReason], required=False)

    @property
    def kind_done(self) -> ActionKind:
        return ActionKind(self.cleaned_data["kind"])

    @property
    def was_reached(self) -> bool | None:
        word = self.cleaned_data["reached"]
        return word == "yes" if word else None

    @property
    def dismissed_because(self) -> DismissReason | None:
        word = self.cleaned_data["reason"]
        return DismissReason(word) if word else None


class MonthForm(forms.Form):
    """The month of a dashboard, as 2026-11; without one, this month."""

    month = forms.CharField(required=False)

    def __init__(self, data: object, today: date) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.today = today

    def clean_month(self) -> date:
        text = self.cleaned_data["month"]
        if not text:
            return self.today.replace(day=1)
        try:
            month = date.fromisoformat(f"{text}-01")
        except ValueError as error:
            raise ValidationError("Not a month like 2026-11.") from error
        if month.year < 2000 or month > self.today:
            raise ValidationError("That month has not begun, or is too long ago.")
        return month


class AppointmentFilterForm(forms.Form):
    """Filters of the list of appointments."""

    verdict = forms.ChoiceField(choices=[(verdict.value, verdict.value) for verdict in Verdict], required=False)

    def wanted(self) -> AppointmentFilter:
        """The filter, once the form is valid."""
        word = self.cleaned_data["verdict"]
        return AppointmentFilter(verdict=Verdict(word) if word else None)


def first_error(form: forms.Form) -> str:
    """One line that names the field and says what is wrong; without the value."""
    name, errors = next(iter(form.errors.get_json_data().items()))
    return f"{name}: {errors[0]['message'] if errors[0]['code'] != 'invalid_choice' else 'not one of the choices.'}"
