"""What the pages of asking a phone system take in: its credentials, and since when its calls are wanted.

An error never holds a value, and a form with credentials is never rendered with one.
"""

from collections.abc import Sequence
from typing import Any

from django import forms

from calls.pulls import PULLERS, Credential

MAX_CREDENTIAL = 4000


class AccountForm(forms.Form):
    """The credentials of one phone system, a field each."""

    def __init__(self, data: Any = None, *, provider: str) -> None:
        super().__init__(data)
        self._credentials: Sequence[Credential] = PULLERS[provider].FIELDS
        for credential in self._credentials:
            self.fields[credential.name] = _field(credential)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for credential in self._credentials:
            fault = credential.find_fault(data[credential.name]) if credential.name in data else None
            if fault:
                self.add_error(credential.name, fault)
        return data


class BackfillForm(forms.Form):
    """How many days back calls are fetched."""

    days = forms.IntegerField(label="Days", min_value=1)

    def __init__(self, data: Any = None, *, most: int) -> None:
        super().__init__(data, initial={"days": most})
        self.fields["days"] = forms.IntegerField(
            label="Days back",
            min_value=1,
            max_value=most,
            help_text=f"At most {most}: what is older this clinic does not keep.",
        )


def _field(credential: Credential) -> forms.CharField:
    kind = forms.PasswordInput if credential.is_secret else forms.TextInput
    return forms.CharField(
        label=credential.label,
        help_text=credential.help,
        max_length=MAX_CREDENTIAL,
        required=credential.is_needed,
        # A password manager has no business with it.
        widget=kind(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
