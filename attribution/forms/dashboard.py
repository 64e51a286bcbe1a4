"""What the dashboard may be asked; anything else is an error that names the field."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError


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
