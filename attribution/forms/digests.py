"""What the page of e-mail summaries takes in: which kinds somebody wants."""

from django import forms

from attribution.schedules import KIND_WORDS, DigestKind


class DigestsForm(forms.Form):
    """Any of them, or none."""

    kinds = forms.MultipleChoiceField(
        label="Send me a summary",
        choices=[(kind.value, words) for kind, words in KIND_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, data: object, *, sees_figures: bool, initial: dict[str, object]) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        kinds = self.fields["kinds"]
        if isinstance(kinds, forms.MultipleChoiceField) and not sees_figures:
            kinds.choices = [(kind.value, words) for kind, words in KIND_WORDS.items() if kind is not DigestKind.REPORT]
