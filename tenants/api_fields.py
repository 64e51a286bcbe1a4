"""Fields and serializers of the API, which take the type that they ask for and no other; they know no resource.

The REST framework's own would take 7 for "7" and true for 1, and leave out what it does not know.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final

from django.http import QueryDict
from django.utils import timezone
from rest_framework import serializers

from tenants.domain import day_bounds
from tenants.problems import invalid_fields, is_harmless_name

MAX_SECONDS: Final = 7 * 86_400
_EARLIEST_YEAR, _LATEST_YEAR = 2000, 2099
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|z|[+-][0-9]{2}:?[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONEY = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")  # a plus that was not escaped in an address


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know, by name."""

    def to_internal_value(self, data: Any) -> Any:
        errors: dict[str, Any] = self._unknown(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            errors = {**error.detail, **errors}
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _unknown(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        names = [str(name) for name in data if name not in self.fields]
        errors: dict[str, Any] = {name: ["There is no such field."] for name in names if is_harmless_name(name)}
        if len(errors) < len(names):
            errors["non_field_errors"] = ["There are fields that are not known."]
        return errors

    def read(self, data: Any) -> dict[str, Any]:
        """The values. Raises `ApiProblem` with all that is wrong."""
        try:
            values: dict[str, Any] = self.run_validation(data)
        except serializers.ValidationError as error:
            raise invalid_fields(error) from None
        return values


class QuerySerializer(StrictSerializer):
    """Of an address's query: each name once, and none that is not known."""

    def read(self, data: QueryDict) -> dict[str, Any]:
        twice = {
            name: ["Given more than once."] for name in data if name in self.fields and len(data.getlist(name)) > 1
        }
        try:
            if twice:
                raise serializers.ValidationError(twice)
            values: dict[str, Any] = self.run_validation(data.dict())
        except serializers.ValidationError as error:
            raise invalid_fields(error, in_body=False) from None
        return values


class TextField(serializers.CharField):
    """Text as it is: nothing is trimmed, and a number is no text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class NameField(TextField):
    """A short printable text without spaces at its ends."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text.isprintable() or text != text.strip():
            raise serializers.ValidationError("Only printable characters, and no spaces at the ends.")
        return text


class WordField(serializers.ChoiceField):
    """One of a few words."""

    def __init__(self, words: type[StrEnum] | tuple[str, ...], **options: Any) -> None:
        self._words = tuple(str(word) for word in words)
        super().__init__(choices=[(word, word) for word in self._words], **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self._words:
            raise serializers.ValidationError(f"One of {', '.join(self._words)}.")
        return data

    def to_representation(self, value: Any) -> Any:
        return value.name.lower() if isinstance(value, Enum) else value


class SecondsField(serializers.IntegerField):
    """A whole number of seconds, up to a week."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_SECONDS, **options)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:  # a bool is an int to Python
            raise serializers.ValidationError("A whole number of seconds.")
        return data


class FlagField(serializers.BooleanField):
    """true or false, and neither "yes" nor 1."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("true or false.")
        return data


class IdField(serializers.UUIDField):
    """A UUID as text."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or len(data) != 36:
            raise serializers.ValidationError("A UUID like 01234567-89ab-4cde-8f01-23456789abcd.")
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError:
            pass
        raise serializers.ValidationError("A UUID like 01234567-89ab-4cde-8f01-23456789abcd.")


class TimeField(serializers.DateTimeField):
    """An instant of RFC 3339, with its offset; shown in the current zone."""

    def to_internal_value(self, value: Any) -> datetime:
        at = read_time(value)
        if at is None:
            raise serializers.ValidationError("A time with its offset, like 2026-01-31T10:00:00+00:00.")
        return at

    def to_representation(self, value: Any) -> str:
        return timezone.localtime(value).isoformat()


class EdgeField(serializers.DateTimeField):
    """Where a list begins or ends: an instant, or a local day, of which `is_end` takes the end."""

    def __init__(self, *, is_end: bool, **options: Any) -> None:
        self._is_end = is_end
        super().__init__(**options)

    def to_internal_value(self, value: Any) -> datetime:
        on = read_day(value)
        if on is not None:
            return day_bounds(on, timezone.get_current_timezone())[self._is_end]
        at = read_time(_LOST_PLUS.sub("+", value) if isinstance(value, str) else value)
        if at is None:
            raise serializers.ValidationError("A time with its offset, or a day like 2026-01-31.")
        return at


def edge_fields(column: str) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """`from` and `to`; the first is a word of Python's and cannot be the name of an attribute."""
    begins = f"{column} is not before this time, or this local day."
    ends = f"{column} is before this time, or before the end of this local day."
    return {
        "from": EdgeField(is_end=False, required=False, help_text=begins),
        "to": EdgeField(is_end=True, required=False, help_text=ends),
    }


class DayField(serializers.DateField):
    """A local day."""

    def to_internal_value(self, value: Any) -> date:
        on = read_day(value)
        if on is None:
            raise serializers.ValidationError("A day like 2026-01-31.")
        return on


class MoneyField(serializers.DecimalField):
    """An amount in the clinic's currency: text like "85.00"; a JSON number is read exactly, too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=options.pop("max_digits", 9), decimal_places=2, **options)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return serializers.Field.validate_empty_values(self, data)  # a decimal field's own takes "" for null

    def to_internal_value(self, data: Any) -> Decimal:
        is_number = isinstance(data, (str, Decimal, int)) and not isinstance(data, bool)
        if not is_number or _MONEY.fullmatch(str(data)) is None:
            raise serializers.ValidationError('An amount like "85.00": at least 0, less than 1,000,000.')
        return Decimal(data)


def read_time(value: Any) -> datetime | None:
    """An aware time of our century, or None."""
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        return None
    try:
        at = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return at if _EARLIEST_YEAR <= at.year <= _LATEST_YEAR else None


def read_day(value: Any) -> date | None:
    """A calendar day like 2026-11-23; None for anything else."""
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        return None
    try:
        on = date.fromisoformat(value)
    except ValueError:
        return None
    return on if _EARLIEST_YEAR <= on.year <= _LATEST_YEAR else None
