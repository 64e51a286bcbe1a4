"""What the pages of booking systems take in: a name, and the credentials of its kind. An error never holds a value."""

from collections.abc import Collection
from typing import Any

from django import forms

from attribution.bookings import HEARD, POLLED, TITLES, Credential
from attribution.services import MAX_CREDENTIAL, MAX_SYSTEM_NAME, BadSystem, require_credentials
from tenants import labels

KINDS = tuple(TITLES.items())


def _field(one: Credential) -> forms.Field:
    """A secret is never rendered with a value, and a password manager has no business with it."""
    if one.is_choice:
        return forms.BooleanField(label=one.label, help_text=one.help, required=False)
    plain: dict[str, str] = {"autocomplete": "off", "spellcheck": "false"}
    widget = forms.PasswordInput(attrs=plain) if one.is_secret else forms.TextInput(attrs=plain)
    return forms.CharField(
        label=one.label, help_text=one.help, max_length=MAX_CREDENTIAL, required=not one.is_optional, widget=widget
    )  # fmt: skip


class CredentialsForm(forms.Form):
    """What a booking system of this kind is asked with; nothing where it sends messages."""

    def __init__(self, kind: str, data: Any = None) -> None:
        super().__init__(data)
        self.kind = kind
        if kind != HEARD:
            self.fields |= {one.name: _field(one) for one in POLLED[kind].CREDENTIALS}

    def credentials(self) -> dict[str, str]:
        """As services take them: a ticked box is "yes"."""
        names = () if self.kind == HEARD else [one.name for one in POLLED[self.kind].CREDENTIALS]
        given = {name: self.cleaned_data[name] for name in names}
        return {name: ("yes" if value else "") if isinstance(value, bool) else value for name, value in given.items()}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.kind != HEARD and not self.errors:
            try:
                require_credentials(self.kind, self.credentials())
            except BadSystem as error:
                self.add_error(error.field, str(error))
        return data


class SystemForm(CredentialsForm):
    """A new booking system."""

    name = forms.CharField(
        label="Name", max_length=MAX_SYSTEM_NAME, help_text="As people here call it, such as “Front desk diary”."
    )

    def __init__(self, kind: str, data: Any = None, *, taken: Collection[str] = ()) -> None:
        super().__init__(kind, data)
        self.taken = taken

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        fault = labels.find_fault(name)
        if name.lower() in self.taken:  # or a page that is loaded again would make a second one
            fault = "There is a booking system of that name already."
        if fault:
            raise forms.ValidationError(fault)
        return name
