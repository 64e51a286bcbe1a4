"""What people say about an API key that they want."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from django import forms
from django.core import signing

from tenants.domain import Scope
from tenants.services.keys import NewKey

_SALT = "tenants.forms.keys"
_FORM_LASTS = timedelta(hours=8)
LASTS: Mapping[str, timedelta | None] = {
    "90": timedelta(days=90),
    "365": timedelta(days=365),
    "730": timedelta(days=730),
    "never": None,
}
_WORDS = {"90": "90 days", "365": "1 year", "730": "2 years", "never": "Never"}


class KeyForm(forms.Form):
    """`once` is the key's id, signed by us for this clinic: a form that comes twice is known by it."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="What it is for, such as “Booking system”. No e-mail addresses and no long numbers.",
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the list.", "required": "Choose what the key may do."},
    )
    lasts = forms.ChoiceField(
        label="It expires after",
        choices=list(_WORDS.items()),
        initial="365",
        error_messages={"invalid_choice": "Choose from the list."},
    )
    once = forms.CharField(widget=forms.HiddenInput)

    @classmethod
    def blank(cls, clinic_id: uuid.UUID) -> "KeyForm":
        return cls(initial={"once": _sign(clinic_id)})

    @classmethod
    def read(cls, data: Mapping[str, str], clinic_id: uuid.UUID) -> "KeyForm":
        form = cls(data)
        form.clinic_id = clinic_id
        return form

    clinic_id: uuid.UUID

    def clean_once(self) -> uuid.UUID:
        try:
            clinic, key = signing.loads(self.cleaned_data["once"], salt=_SALT, max_age=_FORM_LASTS)
        except signing.BadSignature as error:
            raise forms.ValidationError("This form is too old. Open it again.") from error
        if clinic != str(self.clinic_id):
            raise forms.ValidationError("This form was made for another clinic. Open it again.")
        return uuid.UUID(key)

    def wanted(self) -> NewKey:
        """The key, once the form is valid."""
        said = self.cleaned_data
        return NewKey(
            id=said["once"],
            name=said["name"],
            scopes=[Scope(word) for word in said["scopes"]],
            lasts=LASTS[said["lasts"]],
        )


def _sign(clinic_id: uuid.UUID) -> str:
    return signing.dumps([str(clinic_id), str(uuid.uuid4())], salt=_SALT)
