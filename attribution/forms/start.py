"""What a person says of a step of getting started; refuses a step that only facts can tell of."""

from django import forms

from tenants.domain import SettledStep


class SettleForm(forms.Form):
    """Which step."""

    step = forms.ChoiceField(choices=[(step.value, step.name) for step in SettledStep])

    @property
    def chosen(self) -> SettledStep:
        """Once the form is valid."""
        return SettledStep(self.cleaned_data["step"])
