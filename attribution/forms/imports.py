"""What the pages of imports take in: a file and how it is read. An error never says what stands in the file."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from calls.domain import ImportKind
from calls.formats import APPOINTMENT_FORMATS, CALL_FORMATS, BadOption, Options, make_options
from tenants.domain import ClinicFacts
from tenants.places import REGIONS, zones_by_area

MAPPED = "mapped"  # a CSV file whose columns are shown and chosen first; then it is read as our own format
OURS = "csv"
_TITLES = {
    OURS: "CSV with Ringback’s own columns",
    MAPPED: "Another CSV file: choose its columns next",
}
OPTION = "option_"


def format_title(kind: ImportKind, name: str) -> str:
    """As people call it."""
    known: Mapping[str, Any] = CALL_FORMATS if kind is ImportKind.CALLS else APPOINTMENT_FORMATS
    return _TITLES.get(name) or (known[name].TITLE if name in known else name)


class FileForm(forms.Form):
    """A file, and how it is read. `run` is the id under which it will be imported: a form that is sent twice, once."""

    run = forms.UUIDField(widget=forms.HiddenInput)
    format = forms.ChoiceField(label="What kind of file is it?")
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        error_messages={"required": "Choose the file."},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
    )
    timezone = forms.ChoiceField(
        label="Time zone of the file", help_text="Of times that stand in it without an offset."
    )
    region = forms.ChoiceField(
        label="Country of the file", help_text="Where phone numbers without a country code are from."
    )

    def __init__(
        self,
        clinic: ClinicFacts,
        kind: ImportKind,
        data: Any = None,
        files: MultiValueDict[str, Any] | None = None,
    ) -> None:
        super().__init__(
            data,
            files,
            initial={"run": uuid.uuid4(), "timezone": clinic.timezone, "region": clinic.region, "format": OURS},
        )
        self.clinic, self.kind = clinic, kind
        known: Mapping[str, Any] = CALL_FORMATS if kind is ImportKind.CALLS else APPOINTMENT_FORMATS
        names = [OURS, MAPPED, *sorted(set(known) - {OURS})] if kind is ImportKind.CALLS else list(known)
        self._choose("format", [(name, format_title(kind, name)) for name in names])
        self._choose("timezone", [(clinic.timezone, clinic.timezone.replace("_", " ")), *_zones()])
        self._choose(
            "region", [*({} if clinic.region in REGIONS else {clinic.region: clinic.region}).items(), *REGIONS.items()]
        )
        self.options_of = {name: _options_of(one) for name, one in known.items()}
        for title, help_text in {key: text for of in self.options_of.values() for key, text in of.items()}.items():
            self.fields[OPTION + title] = forms.CharField(
                label=title.replace("_", " ").capitalize(),
                help_text=_sentence(help_text),
                required=False,
                max_length=200,
            )

    @property
    def option_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(OPTION)]

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if not field.name.startswith(OPTION)]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file.size:
            raise forms.ValidationError("The file is empty.")
        return file

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "format" in data and "timezone" in data and "region" in data:
            try:
                data["options"] = self._make_options(data)
            except BadOption as error:
                raise forms.ValidationError(f"{str(error).capitalize()}.") from error
        return data

    def _make_options(self, data: Mapping[str, Any]) -> Options:
        own = self.options_of.get(data["format"], {})
        pairs = [f"{name}={data[OPTION + name]}" for name in own if data.get(OPTION + name)]
        pairs.append(f"region={data['region']}")
        if data["timezone"] != self.clinic.timezone:
            pairs.append(f"timezone={data['timezone']}")
        return make_options(own, pairs, self.clinic.zone, self.clinic.region)

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


def _options_of(format_: Any) -> dict[str, str]:
    """Without the mapping, which has a page of its own."""
    return {name: text for name, text in format_.OPTIONS.items() if name != "mapping"}


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _zones() -> list[tuple[str, Any]]:
    return [
        (area, [(zone, zone.partition("/")[2].replace("_", " ").replace("/", ", ") or zone) for zone in zones])
        for area, zones in zones_by_area().items()
    ]
