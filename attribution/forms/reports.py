"""What the reports and goals take in: a month, and what a clinic wants to reach."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError

from attribution.services.goals import MOST_RECOVERED, BadGoal

FIRST_YEAR = 2000


def read_month(text: str, today: date) -> date | None:
    """The first day of a month that has begun, as 2026-10; None for anything else."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return month if month.year >= FIRST_YEAR and month <= today else None


class MonthForm(forms.Form):
    """`?month=2026-10`; without it, this month."""

    month = forms.CharField(required=False)

    def __init__(self, data: object, today: date) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.today = today

    def clean_month(self) -> date:
        text = self.cleaned_data["month"]
        month = read_month(text, self.today) if text else self.today.replace(day=1)
        if month is None:
            raise ValidationError("Not a month like 2026-11 that has begun.")
        return month


class GoalsForm(forms.Form):
    """Either may be left empty."""

    in_time_percent = forms.IntegerField(
        label="Called back within goal, in per cent",
        min_value=1,
        max_value=100,
        required=False,
        help_text="Of all missed callers, how many you want to call back in time. Leave it empty for no goal.",
    )
    recovered_per_month = forms.IntegerField(
        label="Recovered appointments a month",
        min_value=1,
        max_value=MOST_RECOVERED,
        required=False,
        help_text="How many you want to win back. Leave it empty for no goal.",
    )

    def refuse(self, problem: BadGoal) -> None:
        """What the service says of a goal, beside it."""
        self.add_error(problem.field, str(problem))
