"""How the words of a pure room become the choices of a column."""

import enum


def choices(words: type[enum.StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value.replace("_", " ")) for word in words]
