"""Amounts of money as people type them: digits with at most two decimals; refuses what could be read in two ways."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

_AMOUNT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?", re.ASCII)
_NEGATIVE = re.compile(r"[-−]\s*[0-9]")


class MoneyField(forms.CharField):
    """A `Decimal` from 0 to 9,999,999.99. No thousands, no exponents, no currency: 1,000 may be one or a thousand."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=40, widget=widget, **options)

    def clean(self, value: Any) -> Decimal:
        text = super().clean(value)
        if _AMOUNT.fullmatch(text):
            return Decimal(text)
        if _NEGATIVE.match(text):
            raise ValidationError("An amount cannot be below nought.")
        if re.fullmatch(r"[0-9]{8,}(\.[0-9]*)?", text, re.ASCII):
            raise ValidationError("At most 9,999,999.99.")
        raise ValidationError("Write an amount like 85 or 85.50: digits, a point, at most two decimals, no commas.")
