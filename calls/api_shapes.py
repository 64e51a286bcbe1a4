"""What the API takes and shows of calls, field by field; it knows shapes and decides nothing else."""

from typing import Any, Final

from rest_framework import serializers

from calls.domain import CallerKind, Direction, Outcome
from tenants.api_fields import (
    IdField,
    NameField,
    SecondsField,
    StrictSerializer,
    TextField,
    TimeField,
    WordField,
    edge_fields,
)
from tenants.api_pages import PageQuery
from tenants.api_schema import ItemOut, PageOut

MAX_EXTERNAL_ID: Final = 64
MAX_NUMBER: Final = 255  # a SIP address with a display name may be long
MAX_LINE: Final = 40
DIRECTIONS: Final = tuple(way.name.lower() for way in Direction)
OUTCOMES: Final = tuple(outcome.name.lower() for outcome in Outcome)
FINAL_OUTCOMES: Final = ("answered", "missed", "voicemail")
KINDS: Final = tuple(kind.name.lower() for kind in CallerKind)


class NumberField(TextField):
    """A phone number in any spelling; goes in and never comes out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(write_only=True, max_length=MAX_NUMBER, **options)


class CallIn(StrictSerializer):
    external_id = NameField(max_length=MAX_EXTERNAL_ID, help_text="Your id of the call. A repeat changes no count.")
    direction = WordField(DIRECTIONS)
    outcome = WordField(FINAL_OUTCOMES)
    started_at = TimeField()
    number = NumberField(allow_null=True, allow_blank=True, help_text='The other party; null or "anonymous": withheld.')
    line = NameField(
        required=False, allow_null=True, allow_blank=True, max_length=MAX_LINE, help_text="A label, never a number."
    )
    ring_seconds = SecondsField(required=False, allow_null=True)
    talk_seconds = SecondsField(required=False, allow_null=True, help_text="Of an answered call.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("talk_seconds") and attrs["outcome"] != "answered":
            raise serializers.ValidationError({"talk_seconds": ["Only an answered call has any."]})
        return attrs


class CallReceiptOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    caller = serializers.UUIDField(allow_null=True)
    created = serializers.BooleanField(help_text="False when the call was known already.")


class CallItemOut(ItemOut):
    """One item's answer. `id`, `caller` and `created` where it was stored, `problem` where not."""

    id = serializers.UUIDField(required=False)
    caller = serializers.UUIDField(required=False, allow_null=True)


class CallOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    started_at = TimeField()
    direction = WordField(DIRECTIONS)
    outcome = WordField(OUTCOMES)
    caller = serializers.UUIDField(allow_null=True)
    caller_kind = WordField(KINDS, source="kind")
    ring_seconds = serializers.IntegerField(allow_null=True)
    talk_seconds = serializers.IntegerField()
    line = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # taken out of the class


class CallPageOut(PageOut):
    results = CallOut(many=True)


class CallQuery(PageQuery):
    direction = WordField(DIRECTIONS, required=False)
    outcome = WordField(OUTCOMES, required=False)
    caller = IdField(required=False)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **edge_fields("started_at")}


class LookupIn(StrictSerializer):
    number = NumberField()


class LookupOut(serializers.Serializer[Any]):
    caller = serializers.UUIDField(allow_null=True)
