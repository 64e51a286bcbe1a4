"""Typical values as one form: each can be left out, called by another code, or worth something else."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BoundField

from attribution.services import BadValue, NewValue
from attribution.services.values import LONGEST_CODE
from attribution.typical_values import OfferedValue
from tenants.forms.money import MoneyField

_FIELDS = ("use", "code", "value")


class TypicalValuesForm(forms.Form):
    """Three fields for each value that is offered. What is not ticked is not looked at."""

    def __init__(self, offered: Sequence[OfferedValue], currency: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.offered = offered
        for one in offered:
            is_used = data is None or f"use_{one.code}" in data
            self.fields[f"use_{one.code}"] = forms.BooleanField(required=False, initial=True, label=one.name)
            self.fields[f"code_{one.code}"] = forms.CharField(
                label=f"Type of {one.name}", max_length=LONGEST_CODE, initial=one.code, required=is_used
            )
            self.fields[f"value_{one.code}"] = MoneyField(
                label=f"Value of {one.name}, in {currency}", initial=one.value, required=is_used
            )

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, str] = {}
        for one in self.offered:
            if not self.cleaned_data.get(f"use_{one.code}"):
                for name in _FIELDS:
                    self.errors.pop(f"{name}_{one.code}", None)
            elif (code := self.cleaned_data.get(f"code_{one.code}")) and chosen.setdefault(code, one.code) != one.code:
                self.add_error(f"code_{one.code}", "Two types cannot have the same code.")
        return self.cleaned_data

    def wanted(self) -> Sequence[NewValue]:
        """Those that are ticked, once the form is valid."""
        data = self.cleaned_data
        return [NewValue(data[f"code_{one.code}"], one.name, data[f"value_{one.code}"]) for one in self._used()]

    def refuse(self, problem: BadValue) -> None:
        """What the service says of one of `wanted`, beside it."""
        name, _, place = problem.field.rpartition("_")
        self.add_error(f"{name if name in _FIELDS else 'use'}_{self._used()[int(place)].code}", str(problem))

    @property
    def rows(self) -> Iterator[Sequence[BoundField]]:
        for one in self.offered:
            yield [self[f"{name}_{one.code}"] for name in _FIELDS]

    def _used(self) -> Sequence[OfferedValue]:
        return [one for one in self.offered if self.cleaned_data.get(f"use_{one.code}")]
