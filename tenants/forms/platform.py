"""What may be asked of the platform's audit trail by its address."""

from django import forms


class PlatformTrailForm(forms.Form):
    """Where to go on."""

    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
