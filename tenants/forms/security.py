"""What a clinic may ask of its people's sign-ins; refuses what is laxer than the product."""

from django import forms

from tenants.domain import ClinicFacts
from tenants.services import security


class SecurityForm(forms.Form):
    """The clinic's own strictness."""

    min_password_length = forms.IntegerField(
        label="Shortest password",
        min_value=security.MIN_LENGTH,
        max_value=security.MAX_LENGTH,
        help_text=f"{security.MIN_LENGTH} to {security.MAX_LENGTH} characters. It counts when somebody next sets one.",
    )
    require_two_factors = forms.BooleanField(label="Everybody needs a second factor", required=False)
    support_allowed = forms.BooleanField(label="Ringback’s support may look at this clinic", required=False)

    @classmethod
    def of(cls, clinic: ClinicFacts) -> "SecurityForm":
        """Filled in with what is in force."""
        return cls(initial={name: getattr(clinic, name) for name in cls.base_fields})

    def wanted(self) -> security.SecuritySettings:
        """The settings, once the form is valid."""
        return security.SecuritySettings(**self.cleaned_data)
