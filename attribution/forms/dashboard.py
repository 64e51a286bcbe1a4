"""What the dashboard may be asked; anything else is an error that names the field."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from attribution.spans import LONGEST, Compared, Days, Span, SpanKind, span_of

FIRST_YEAR = 2000


class SpanForm(forms.Form):
    """`period` with a day in it (`on`), or `month` as 2026-11, or `from` and `to`; without any, this month."""

    month = forms.CharField(required=False)
    period = forms.ChoiceField(choices=[(kind.value, kind.value) for kind in SpanKind], required=False)
    on = forms.DateField(required=False)
    to = forms.DateField(required=False)
    compare = forms.ChoiceField(choices=[(how.value, how.value) for how in Compared], required=False)

    def __init__(self, data: object, today: date) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.today = today

    @property
    def span(self) -> Span:
        """Once the form is valid."""
        made: Span = self.cleaned_data["span"]
        return made

    @property
    def compared(self) -> Compared:
        return Compared(self.cleaned_data["compare"] or Compared.BEFORE)

    def clean_month(self) -> date | None:
        text = self.cleaned_data["month"]
        if not text:
            return None
        try:
            return date.fromisoformat(f"{text}-01")
        except ValueError as error:
            raise ValidationError("Not a month like 2026-11.") from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        for on in filter(None, (data.get("month"), data.get("on"), data.get("from"))):
            if on.year < FIRST_YEAR or on > self.today:  # also what no calendar can count on from
                raise ValidationError("Those days have not begun, or are too long ago.")
        data["span"] = self._read()
        return data

    def _read(self) -> Span:
        data = self.cleaned_data
        first, last = data.get("from"), data.get("to")
        if data["period"] == SpanKind.CUSTOM or first or last:
            return self._custom(first, last)
        if data.get("month"):
            return span_of(SpanKind.MONTH, data["month"])
        return span_of(SpanKind(data["period"] or SpanKind.MONTH), data.get("on") or self.today)

    def _custom(self, first: date | None, last: date | None) -> Span:
        if first is None or last is None:
            raise ValidationError("A first and a last day are needed.")
        if last < first:
            raise ValidationError("The last day is before the first.")
        days = Days(first, last)
        if days.count > LONGEST:
            raise ValidationError(f"At most {LONGEST} days.")
        return Span(SpanKind.CUSTOM, days)


# `from` is a word of Python's and cannot be the name of an attribute.
SpanForm.base_fields["from"] = forms.DateField(required=False)
