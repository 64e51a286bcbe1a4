"""The rules and the values of a clinic as forms; refuses what is out of range, beside the field."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms

from attribution.rule_words import RULES
from attribution.rules import ALLOWED, RuleSet
from attribution.selectors.group import SORT_KEYS
from attribution.services.values import LONGEST_CODE, LONGEST_NAME, BadValue
from tenants.forms.money import MoneyField

_SECOND, _MINUTE, _HOUR, _DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_UNIT_WORDS = {_SECOND: "seconds", _MINUTE: "minutes", _HOUR: "hours"}
_BOOKING_UNITS = {"hours": _HOUR, "days": _DAY}


def _yes_or_no(name: str) -> forms.BooleanField:
    return forms.BooleanField(required=False, label=RULES[name].label, help_text=RULES[name].meaning)


def _count(name: str, unit: timedelta) -> forms.IntegerField:
    lowest, highest = (edge // unit for edge in ALLOWED[name])
    text, word = RULES[name], _UNIT_WORDS[unit]
    return forms.IntegerField(
        label=f"{text.label}, in {word}",
        min_value=lowest,
        max_value=highest,
        help_text=f"{text.meaning} From {lowest} to {highest} {word}.",
    )


class RulesForm(forms.Form):
    """A version of the rules that could be. `version` is the one that the person looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    voicemail_is_missed = _yes_or_no("voicemail_is_missed")
    min_ring_seconds = _count("min_ring_seconds", _SECOND)
    min_talk_seconds = _count("min_talk_seconds", _SECOND)
    callback_window = _count("callback_window", _HOUR)
    booking_window = forms.IntegerField(
        label=RULES["booking_window"].label,
        min_value=1,
        max_value=ALLOWED["booking_window"].highest // _HOUR,
        help_text=f"{RULES['booking_window'].meaning} From 1 hour to {ALLOWED['booking_window'].highest // _DAY} days.",
    )
    booking_unit = forms.ChoiceField(
        label="The booking window is in", choices=[(unit, unit) for unit in _BOOKING_UNITS]
    )
    clock_tolerance = _count("clock_tolerance", _MINUTE)
    caller_returned_counts = _yes_or_no("caller_returned_counts")

    def __init__(self, current: RuleSet, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=_initial(current))
        self.current = current

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if {"booking_window", "booking_unit"} <= data.keys():
            lowest, highest = ALLOWED["booking_window"]
            window = data["booking_window"] * _BOOKING_UNITS[data["booking_unit"]]
            if not lowest <= window <= highest:
                self.add_error("booking_window", f"From 1 hour to {highest // _DAY} days.")
        return data

    def wanted(self) -> RuleSet:
        """The rules, once the form is valid."""
        data = self.cleaned_data
        return dataclasses.replace(
            self.current,
            voicemail_is_missed=data["voicemail_is_missed"],
            min_ring_seconds=data["min_ring_seconds"],
            min_talk_seconds=data["min_talk_seconds"],
            callback_window=data["callback_window"] * _HOUR,
            booking_window=data["booking_window"] * _BOOKING_UNITS[data["booking_unit"]],
            clock_tolerance=data["clock_tolerance"] * _MINUTE,
            caller_returned_counts=data["caller_returned_counts"],
        )


def _initial(rules: RuleSet) -> dict[str, Any]:
    unit = "hours" if rules.booking_window % _DAY else "days"
    return {
        **{name: getattr(rules, name) for name in RULES},
        "version": rules.version,
        "callback_window": rules.callback_window // _HOUR,
        "booking_window": rules.booking_window // _BOOKING_UNITS[unit],
        "booking_unit": unit,
        "clock_tolerance": rules.clock_tolerance // _MINUTE,
    }


class ValueForm(forms.Form):
    """What a type is worth. Its code stays what the booking system calls it, so it is asked for once."""

    code = forms.CharField(
        label="Type",
        max_length=LONGEST_CODE,
        help_text="Exactly as your booking system sends it, capital letters included. It cannot be changed later.",
    )
    name = forms.CharField(max_length=LONGEST_NAME, help_text="What people here call it.")
    value = MoneyField()

    def __init__(
        self, currency: str, data: Mapping[str, Any] | None = None, *, is_new: bool, initial: Mapping[str, Any]
    ) -> None:
        super().__init__(data, initial=dict(initial))
        self.fields["value"].label = f"Value, in {currency}"
        if not is_new:
            del self.fields["code"]

    def refuse(self, problem: BadValue) -> None:
        """What the service says of a field, beside it."""
        self.add_error(problem.field, str(problem))


class GroupForm(forms.Form):
    """By which column the clinics are sorted, the other way round with a minus."""

    sort = forms.ChoiceField(choices=[(way + key, key) for key in SORT_KEYS for way in ("", "-")], required=False)

    def wanted(self) -> str:
        """The column, once the form is valid."""
        return self.cleaned_data["sort"] or "name"
