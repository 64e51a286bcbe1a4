"""Which column of a clinic's own call file is which, as a form; a name that could hold a number is shown as its place.

What the form shows of the file are names of columns and short words; never a cell of a number.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from django import forms

from calls.formats.mapping import (
    DATES,
    DELIMITERS,
    DIRECTION_FROM,
    DIRECTION_WORDS,
    DURATIONS,
    FIELDS,
    OUTCOME_WORDS,
    BadMapping,
    ColumnMapping,
    Sample,
    find_faults,
    from_json,
    to_json,
)
from calls.hashing import looks_like_number
from calls.services import MAX_NAME

COLUMN, WORD = "column_", "word_"
_MEANINGS = {
    "inbound": "came in", "outbound": "went out", "internal": "between colleagues: left out",
    "answered": "answered by a person", "missed": "missed", "voicemail": "voicemail",
    "talked": "answered if somebody talked, else missed", "unknown": "not known",
}  # fmt: skip
_TRANSLATED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "direction": ("directions", DIRECTION_WORDS),
    "outcome": ("outcomes", OUTCOME_WORDS),
}


class ColumnsForm(forms.Form):
    """The columns of a sample. `mapping` is what is proposed, or what was saved."""

    dates = forms.ChoiceField(label="Dates are written", choices=list(DATES.items()))
    durations = forms.ChoiceField(label="Lengths are written in", choices=list(DURATIONS.items()))
    direction_from = forms.ChoiceField(label="Which way a call went", choices=list(DIRECTION_FROM.items()))
    save_as = forms.CharField(
        label="Remember this as",
        max_length=MAX_NAME,
        required=False,
        help_text="For the next file with the same columns. Leave it empty to be asked again.",
    )

    def __init__(self, sample: Sample, mapping: ColumnMapping, data: Any = None, *, name: str = "") -> None:
        self.sample, self.mapping = sample, mapping
        values = to_json(mapping)
        initial = {key: values[key] for key in ("dates", "durations", "direction_from")}
        super().__init__(data, initial={**initial, "save_as": name})
        self._add_columns(values["columns"])
        self.translated = {field: self._add_words(field) for field in _TRANSLATED}

    @property
    def column_fields(self) -> list[forms.BoundField]:
        return [self[COLUMN + name] for name in FIELDS]

    @property
    def way_fields(self) -> list[forms.BoundField]:
        return [self["direction_from"], self["dates"], self["durations"]]

    @property
    def word_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(WORD)]

    @property
    def delimiter(self) -> str:
        return DELIMITERS[self.sample.delimiter]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return data
        try:
            mapping = from_json(self._as_json(data))
        except BadMapping:
            raise forms.ValidationError(
                "The name of a column that you chose is too long or could hold a number. Rename it in the file."
            ) from None
        for field, fault in find_faults(mapping).items():
            self.add_error(COLUMN + field if COLUMN + field in self.fields else None, fault)
        return {**data, "mapping": mapping}

    def _as_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        header = self.sample.header
        places = {name: int(data[COLUMN + name]) for name in FIELDS if data.get(COLUMN + name)}
        words = {of: dict(self._translations(field, data)) for field, (of, _) in _TRANSLATED.items()}
        return {
            "columns": {name: header[place] if header else place for name, place in places.items()},
            "delimiter": self.sample.delimiter,
            **{name: data[name] for name in ("dates", "durations", "direction_from")},
            **words,
        }

    def _translations(self, field: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for word in self.translated[field]:
            meaning = data.get(_word_field(field, word))
            if meaning:
                yield word, meaning

    def _add_columns(self, columns: Mapping[str, Any]) -> None:
        header = self.sample.header
        choices = [("", "not in this file"), *((str(place), name) for place, name in enumerate(self._names()))]
        for name, label in FIELDS.items():
            column = columns.get(name)
            place = header.index(column) if isinstance(column, str) and column in header else column
            self.fields[COLUMN + name] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial="" if not isinstance(place, int) else str(place)
            )

    def _names(self) -> list[str]:
        width = len(self.sample.key_header)
        header = self.sample.header or ("",) * width
        return [_shown(name) or f"column {place}" for place, name in enumerate(header, 1)]

    def _words_of(self, field: str) -> tuple[str, ...]:
        """The words of the column that is chosen now; of the mapping's where the form was not sent."""
        if not self.is_bound:
            return self.sample.words(self.mapping.columns[field]) if field in self.mapping.columns else ()
        place = self.data.get(COLUMN + field, "")
        # Looked up as a text: a number of thousands of digits is none that Python reads.
        places = {str(known): known for known in range(len(self.sample.key_header))}
        return self.sample.words(places[place]) if place in places else ()

    def _add_words(self, field: str) -> tuple[str, ...]:
        """A field for each word that stands in the column of directions, or of outcomes; the words."""
        of, meanings = _TRANSLATED[field]
        words = self._words_of(field)
        known = getattr(self.mapping, of)
        for word in words:
            self.fields[_word_field(field, word)] = forms.ChoiceField(
                label=f"“{word}” means",
                choices=[("", "as the word says"), *((meaning, _MEANINGS[meaning]) for meaning in meanings)],
                required=False,
                initial=known.get(word, ""),
            )
        return words


def _word_field(field: str, word: str) -> str:
    """By the word and not by its place: another column has other words, and an answer must not go to one of those."""
    return f"{WORD}{field}_{blake2b(word.encode(), digest_size=6).hexdigest()}"


def _shown(name: str) -> str:
    """The name of a column; nothing where it could hold a number."""
    return "" if looks_like_number(name) or len(name) > MAX_NAME else name.strip()
