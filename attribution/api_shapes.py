"""What the API takes and shows of appointments, opportunities and figures, field by field; it decides nothing."""

import dataclasses
from datetime import date, timedelta
from typing import Any, Final

from rest_framework import serializers

from attribution.domain import (
    ActionKind,
    AppointmentStatus,
    ContactKind,
    DismissReason,
    Figures,
    OpportunityStatus,
    Reason,
    ValueSource,
    Verdict,
)
from calls.api_shapes import MAX_EXTERNAL_ID, MAX_LINE, NumberField
from tenants.api_fields import (
    DayField,
    FlagField,
    MoneyField,
    NameField,
    QuerySerializer,
    StrictSerializer,
    TimeField,
    WordField,
    edge_fields,
)
from tenants.api_pages import PageQuery
from tenants.api_schema import ItemOut, PageOut
from tenants.problems import invalid_fields

MAX_NUMBERS: Final = 5
MAX_DAYS: Final = 400
DEFAULT_DAYS: Final = 30


class AppointmentIn(StrictSerializer):
    """An appointment as its booking system knows it."""

    external_id = NameField(max_length=MAX_EXTERNAL_ID, help_text="Your id of it. A repeat changes status and value.")
    booked_at = TimeField(help_text="When it was made, not when it takes place.")
    numbers = serializers.ListField(
        child=NumberField(allow_blank=True), min_length=1, max_length=MAX_NUMBERS, write_only=True
    )
    type = NameField(required=False, allow_null=True, allow_blank=True, max_length=MAX_LINE, help_text="A code.")
    value = MoneyField(required=False, allow_null=True)
    status = WordField(AppointmentStatus, required=False, default=AppointmentStatus.BOOKED.value)


class AppointmentPatch(StrictSerializer):
    """What can change of an appointment."""

    status = WordField(AppointmentStatus, required=False)
    value = MoneyField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Send status, value or both.")
        return attrs


class AppointmentReceiptOut(serializers.Serializer[Any]):
    """What became of one appointment."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    created = serializers.BooleanField(help_text="False when it was known already.")


class AppointmentItemOut(ItemOut):
    """One item's answer: `id`, `external_id` and `created` where it was stored, `problem` where not."""

    id = serializers.UUIDField(required=False)
    external_id = serializers.CharField(required=False)


class AppointmentOut(serializers.Serializer[Any]):
    """An appointment and whether it was won back. The verdict follows a change within seconds."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    booked_at = TimeField()
    type = serializers.CharField(source="type_code")
    status = WordField(AppointmentStatus)
    value = MoneyField(source="given_value", allow_null=True, help_text="The appointment's own.")
    caller = serializers.UUIDField(allow_null=True)
    verdict = WordField(Verdict)
    reason = WordField(Reason)
    recovered_value = MoneyField(source="value", allow_null=True, help_text="What the recovery counts for.")
    value_source = WordField(ValueSource, allow_null=True)
    explanation = serializers.CharField()


class AppointmentPageOut(PageOut):
    results = AppointmentOut(many=True)


class AppointmentQuery(PageQuery):
    status = WordField(AppointmentStatus, required=False)
    verdict = WordField(Verdict, required=False)
    reason = WordField(Reason, required=False)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **edge_fields("booked_at")}


class OpportunityOut(serializers.Serializer[Any]):
    """A missed call and what became of it, with the evidence."""

    id = serializers.UUIDField()
    caller = serializers.UUIDField()
    status = WordField(OpportunityStatus)
    opened_at = TimeField()
    last_missed_at = TimeField()
    attempts = serializers.IntegerField()
    callbacks = serializers.IntegerField()
    called_back_at = TimeField(allow_null=True)
    contact_at = TimeField(allow_null=True)
    contact_kind = WordField(ContactKind, allow_null=True)
    booked_at = TimeField(allow_null=True)
    value = MoneyField(allow_null=True)
    value_source = WordField(ValueSource, allow_null=True)
    rule = WordField(ContactKind, allow_null=True)
    rules_version = serializers.IntegerField()
    appointment = serializers.CharField(allow_null=True, help_text="Its external_id.")
    explanation = serializers.CharField()


class OpportunityPageOut(PageOut):
    results = OpportunityOut(many=True)


class OpportunityQuery(PageQuery):
    status = WordField(OpportunityStatus, required=False)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **edge_fields("opened_at")}


class ActionIn(StrictSerializer):
    """What was done about a caller."""

    kind = WordField(ActionKind)
    reached = FlagField(required=False, help_text="Of called_back, and needed there.")
    reason = WordField(DismissReason, required=False, help_text="Of dismissed, and needed there.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed, other = ("reached", "reason") if attrs["kind"] == ActionKind.CALLED_BACK else ("reason", "reached")
        errors: dict[str, list[str]] = {}
        if needed not in attrs:
            errors[needed] = [f"{attrs['kind']} needs it."]
        if other in attrs:
            errors[other] = [f"{attrs['kind']} has none."]
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


class ActionOut(serializers.Serializer[Any]):
    """The action as it was recorded."""

    id = serializers.UUIDField()
    opportunity = serializers.UUIDField()
    kind = WordField(ActionKind)
    reached = serializers.BooleanField(allow_null=True)
    reason = WordField(DismissReason, allow_null=True)


class MetricsQuery(QuerySerializer):
    """Local days, both included; without them the last 30."""

    def get_fields(self) -> dict[str, Any]:
        return {
            "from": DayField(required=False, help_text=f"By default {DEFAULT_DAYS} days up to `to`."),
            "to": DayField(required=False, help_text=f"By default today. At most {MAX_DAYS} days after `from`."),
        }

    def read_days(self, data: Any, today: date) -> tuple[date, date]:
        """The first and the last day. Raises `ApiProblem`."""
        asked = self.read(data)
        last: date = asked.get("to", today)
        first: date = asked.get("from", last - timedelta(days=DEFAULT_DAYS - 1))
        if not 0 <= (last - first).days < MAX_DAYS:
            wrong = {"from": [f"Not after `to`, and at most {MAX_DAYS} days with it."]}
            raise invalid_fields(serializers.ValidationError(wrong), in_body=False)
        return first, last


class _FiguresOut(serializers.Serializer[Any]):
    """The columns of attribution, counts and one sum."""

    def get_fields(self) -> dict[str, Any]:
        names = [column.name for column in dataclasses.fields(Figures)]
        figures: dict[str, Any] = {name: serializers.IntegerField(source=f"figures.{name}") for name in names}
        figures["recovered_value"] = MoneyField(
            max_digits=16, source="figures.recovered_value", allow_null=True, help_text="Null: only in its month's."
        )
        return {**super().get_fields(), **figures}


class DayOut(_FiguresOut):
    day = serializers.DateField(source="on")


class MonthOut(_FiguresOut):
    month = serializers.DateField(help_text="Its first day.")


class HourOut(serializers.Serializer[Any]):
    day = serializers.DateField(source="on")
    hour = serializers.IntegerField(help_text="Local, 0 to 23.")
    inbound = serializers.IntegerField()
    missed = serializers.IntegerField()


class DaysOut(serializers.Serializer[Any]):
    results = DayOut(many=True)


class MonthsOut(serializers.Serializer[Any]):
    results = MonthOut(many=True)


class HoursOut(serializers.Serializer[Any]):
    results = HourOut(many=True)
