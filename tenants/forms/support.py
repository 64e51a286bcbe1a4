"""Why somebody of the platform wants to look at a clinic, and for how long; on the admin pages."""

from typing import Any

from django import forms

from tenants.services import BadInput, support


class SupportForm(forms.Form):
    """Why somebody of the platform looks at a clinic, and for how long."""

    reason = forms.CharField(
        label="Reason",
        min_length=support.MIN_REASON,
        max_length=support.MAX_REASON,
        help_text="The clinic reads it. No names, addresses or numbers of anybody.",
    )
    minutes = forms.IntegerField(
        label="Minutes", min_value=support.MIN_MINUTES, max_value=support.MAX_MINUTES, initial=30
    )
    seen = forms.BooleanField(label="I know that the clinic sees this, now and in its audit trail")

    def clean_reason(self) -> str:
        try:
            return support.require_reason(self.cleaned_data["reason"])
        except BadInput as error:
            raise forms.ValidationError(str(error).removeprefix("reason: ").capitalize()) from error

    def grant(self) -> dict[str, Any]:
        """What `open_support` wants to know, once the form is valid."""
        return {"reason": self.cleaned_data["reason"], "minutes": self.cleaned_data["minutes"]}
