"""What the pages of connections take in: its name, its secret. An error never holds a value."""

from collections.abc import Collection
from typing import Any

from django import forms

from calls.services import MAX_NAME, BadName, require_connection_name

MAX_SECRET = 500


def _secret_field(**options: Any) -> forms.CharField:
    """Never rendered with a value; a password manager has no business with it."""
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label="Secret", max_length=MAX_SECRET, required=False, widget=widget, **options)


class ConnectionForm(forms.Form):
    """A new connection to a phone system; without a secret where we make it."""

    name = forms.CharField(
        label="Name", max_length=MAX_NAME, help_text="As people here call it, such as “Main line”. No phone number."
    )
    secret = _secret_field(
        help_text="The steps above say where it stands. It is never shown again. Leave it empty where it is known only"
        " once the address is in place: you can type it in then."
    )

    def __init__(self, data: Any = None, *, makes_secret: bool, taken: Collection[str] = ()) -> None:
        super().__init__(data)
        self.taken = taken
        if makes_secret:
            del self.fields["secret"]

    def clean_name(self) -> str:
        try:
            name = require_connection_name(self.cleaned_data["name"])
        except BadName as error:
            raise forms.ValidationError(str(error)) from error
        if name.lower() in self.taken:  # or a page that is loaded again would make a second one
            raise forms.ValidationError("There is a connection of that name already.")
        return name

    def clean_secret(self) -> str | None:
        """None where there is none yet."""
        secret: str = self.cleaned_data["secret"]
        return read_secret(self, secret) if secret else None


class SecretForm(forms.Form):
    """Another secret, of a phone system that makes its own."""

    secret = _secret_field(help_text="The new one, from your phone system. It is never shown again.")

    def clean_secret(self) -> str:
        return read_secret(self, self.cleaned_data["secret"])


def read_secret(form: forms.Form, text: str) -> str:
    """What was typed in; says at the field what is wrong with it."""
    if not text:
        form.add_error("secret", "This phone system makes the secret: copy it from there.")
    elif not text.isprintable() or not text.isascii() or " " in text:
        form.add_error("secret", "A secret is one word without spaces.")
    return text
