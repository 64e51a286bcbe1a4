"""What the pages of outgoing webhooks take in: a name, an address, what is to be told. An error never holds a value."""

from typing import Any

from django import forms

from attribution.deliveries import EVENT_WORDS, OutgoingEvent
from attribution.services.outgoing import MAX_NAME, BadOutgoing, TargetDetails
from tenants.outbound import LONGEST_URL, BadTarget, Inner, require_target


class TargetForm(forms.Form):
    """A new target; of a known one with `is_new=False`, whose address is not shown again."""

    name = forms.CharField(
        label="Name", max_length=MAX_NAME, help_text="As people here call it, such as “Team chat”. No phone number."
    )
    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        help_text="Begins with https://. It is kept encrypted: its path may be a secret.",
    )
    events = forms.MultipleChoiceField(
        label="What is told",
        choices=[(event.value, words) for event, words in EVENT_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, is_new: bool = True, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        if not is_new:
            self.fields["url"].required = False
            self.fields["url"].help_text = "Leave it empty to keep the address that it has."

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if url:
            try:
                require_target(url, Inner.WEBHOOKS)
            except BadTarget as error:
                raise forms.ValidationError(str(error)) from error
        return url

    def wanted(self) -> TargetDetails:
        """What was chosen; of a valid form."""
        events = tuple(OutgoingEvent(event) for event in self.cleaned_data["events"])
        return TargetDetails(self.cleaned_data["name"], self.cleaned_data["url"], events)

    def refuse(self, problem: BadOutgoing) -> None:
        """Says at the field what the service found."""
        self.add_error(problem.field, str(problem))
