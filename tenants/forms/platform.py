"""What platform staff type in: where to go on in the trail, and whose address is whose."""

from django import forms


class PlatformTrailForm(forms.Form):
    """Where to go on."""

    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    """An address is kept in small letters: said before it is compared, and not after."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        return email
