"""What a clinic may say of itself, with what follows from it beside each field; refuses what cannot be."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms

from tenants.domain import ClinicFacts
from tenants.forms.money import MoneyField
from tenants.places import CURRENCIES, REGIONS, zones_by_area
from tenants.services import settings

_MINUTE = timedelta(minutes=1)


class ClinicForm(forms.Form):
    """The clinic's details, with what follows from each beside it."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=16, required=False)
    name = forms.CharField(max_length=120, help_text="As everybody here reads it. A new name changes nothing else.")
    timezone = forms.ChoiceField(
        label="Time zone",
        help_text="Says when a day begins. With another zone the days that are still open, about the last 60, are"
        " counted again by it within minutes; older days are closed and stay as they are.",
    )
    region = forms.ChoiceField(
        label="Country",
        help_text="From now on, phone numbers without a country code are read as numbers of this country.",
    )
    currency = forms.ChoiceField(
        help_text="Amounts are not converted: 85 stays 85, in reports of the past, too.",
    )
    confirm_currency = forms.BooleanField(
        label="Yes, another currency: all amounts keep their figures",
        error_messages={"required": "Amounts are not converted. Tick this if that is what you want, and save again."},
    )
    callback_goal = forms.IntegerField(
        label="Callback goal, in minutes",
        min_value=settings.SHORTEST_GOAL // _MINUTE,
        max_value=settings.LONGEST_GOAL // _MINUTE,
        help_text="After this time a waiting caller turns amber. The dashboard counts callbacks in steps (5, 15 and 30"
        " minutes; 1, 2, 4, 8, 24 and 48 hours) and takes those within the goal, for past months, too.",
    )
    default_value = MoneyField(
        label="Value of an appointment",
        help_text="What a recovered appointment counts for if it came without a price and its type has no value. Holds"
        " for recoveries from now on; what is in reports stays.",
    )

    def __init__(self, clinic: ClinicFacts, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=_initial(clinic))
        currencies = {code: f"{code}, {name}" for code, name in CURRENCIES.items()}
        self._choose("timezone", _zone_choices(clinic.timezone))
        self._choose("region", _with_own(clinic.region, REGIONS))
        self._choose("currency", _with_own(clinic.currency, currencies))
        self.fields["default_value"].label = f"Value of an appointment, in {clinic.currency}"
        if data is None or data.get("currency", clinic.currency) == clinic.currency:
            del self.fields["confirm_currency"]  # asked only of somebody who wants another one

    def wanted(self) -> settings.ClinicSettings:
        """The details, once the form is valid."""
        data = self.cleaned_data
        return settings.ClinicSettings(
            name=data["name"],
            timezone=data["timezone"],
            region=data["region"],
            currency=data["currency"],
            callback_goal=data["callback_goal"] * _MINUTE,
            default_value=data["default_value"],
        )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise forms.ValidationError("A name is one line of letters, digits and signs.")
        return name

    def _choose(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


def _initial(clinic: ClinicFacts) -> dict[str, Any]:
    return {
        "seen": settings.seen_details(clinic),
        "name": clinic.name,
        "timezone": clinic.timezone,
        "region": clinic.region,
        "currency": clinic.currency,
        "callback_goal": clinic.callback_goal // _MINUTE,
        "default_value": clinic.default_value,
    }


def _with_own(own: str, listed: Mapping[str, str]) -> list[tuple[str, str]]:
    """What the clinic has stays possible, whatever the list says."""
    return [*({} if own in listed else {own: own}).items(), *listed.items()]


def _zone_choices(current: str) -> list[tuple[str, Any]]:
    """By area, and above them the one that the clinic has."""
    areas = [
        (area, [(zone, zone.partition("/")[2].replace("_", " ").replace("/", ", ") or zone) for zone in zones])
        for area, zones in zones_by_area().items()
    ]
    return [(current, current.replace("_", " ")), *areas]
