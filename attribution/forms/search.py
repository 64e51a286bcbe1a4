"""What the box takes: a few words, an appointment's id, or a number, which it keeps out of its repr and of the page."""

from django import forms

from calls.domain import CallerKind
from calls.hashing import looks_like_number
from calls.numbers import Number, read_number

LONGEST = 100


class SearchForm(forms.Form):
    """One field. Nothing that was sent is shown again where it could be a number."""

    words = forms.CharField(max_length=LONGEST, required=False, label="Search")

    def number(self, region: str) -> Number | None:
        """The number that was typed; None for other text, once the form is valid.

        It begins like one, with a plus, a nought or a bracket, or it can be called in the clinic's region. An id that
        is digits alone is told from it by "#".
        """
        text: str = self.cleaned_data["words"]
        if not looks_like_number(text) or text[0] == "#" or any(character.isalpha() for character in text):
            return None
        number = read_number(text, region)
        is_number = number.kind is CallerKind.CALLER or text[0] in ("+", "0", "(")
        return number if is_number else None
