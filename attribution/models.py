"""Columns and constraints of appointments, opportunities, staff actions, rules and metrics; no behaviour.

A caller appears as a random id only. No foreign key points at calls: they are dropped by the week.
"""

import enum
import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from attribution.domain import (
    ActionKind,
    AppointmentStatus,
    ContactKind,
    DismissReason,
    OpportunityStatus,
    Reason,
    ValueSource,
    Verdict,
)
from tenants.models import Clinic, User


def choices(words: type[enum.StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value.replace("_", " ")) for word in words]


class RulesVersion(models.Model):
    """An immutable version of a clinic's rules, in force from a moment on. Durations in whole seconds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    in_force_from = models.DateTimeField()
    voicemail_is_missed = models.BooleanField(default=True)
    min_ring_seconds = models.PositiveSmallIntegerField(default=3)
    min_talk_seconds = models.PositiveSmallIntegerField(default=20)
    callback_window = models.DurationField()
    booking_window = models.DurationField()
    clock_tolerance = models.DurationField()
    caller_returned_counts = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "version"], name="one_rules_version")]

    def __str__(self) -> str:
        return f"rules {self.version}"


class TypeEstimate(models.Model):
    """What an appointment of a type is worth when it comes without a value."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    value = models.DecimalField(max_digits=9, decimal_places=2)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "code"], name="one_estimate_per_type"),
            models.CheckConstraint(condition=Q(value__gte=0), name="estimate_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code


class Appointment(models.Model):
    """A booking, as its system told us: when it was made, not when it takes place. `caller` is who it belongs to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=64)
    booked_at = models.DateTimeField()
    type = models.CharField(max_length=40, blank=True)
    value = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    status = models.CharField(max_length=10, choices=choices(AppointmentStatus))
    callers = ArrayField(models.UUIDField(), default=list)  # in the order of the numbers given
    caller = models.UUIDField(null=True)
    verdict = models.CharField(max_length=12, choices=choices(Verdict))
    reason = models.CharField(max_length=20, choices=choices(Reason))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "external_id"], name="one_appointment_per_external_id"),
            models.UniqueConstraint(fields=["clinic", "id"], name="appointment_of_clinic"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-booked_at", "-id"], name="appointments_by_time"),
            models.Index(fields=["clinic", "caller", "booked_at"], name="appointments_of_caller"),
        ]

    def __str__(self) -> str:
        return self.external_id


class AppointmentCaller(models.Model):
    """That an appointment with several numbers could belong to this caller, too: by it a late call finds the rest.

    An appointment with one number has none of these rows. They go with their appointment.
    """

    pk = models.CompositePrimaryKey("clinic_id", "caller", "appointment_id")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    caller = models.UUIDField()
    appointment_id = models.UUIDField()  # composite foreign key (clinic, appointment), made in the migration

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.caller}"


class StaffAction(models.Model):
    """What somebody at the desk did about a caller."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    caller = models.UUIDField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=choices(ActionKind))
    reached = models.BooleanField(null=True)
    reason = models.CharField(max_length=20, choices=choices(DismissReason), blank=True)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="action_of_clinic"),
            models.CheckConstraint(
                condition=Q(kind=ActionKind.CALLED_BACK, reached__isnull=False, reason="")
                | (Q(kind=ActionKind.DISMISSED, reached__isnull=True) & ~Q(reason="")),
                name="action_has_what_its_kind_needs",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["clinic", "caller", "at"], name="actions_of_caller")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"


class Opportunity(models.Model):
    """A missed call and what became of it, with its evidence. `opened_at` is its natural key within its caller."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No constraint and no index of its own: they cost a back-fill a look-up and an entry a row. The policy already says
    # whose row it is, and every index begins with the clinic.
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    caller = models.UUIDField()
    status = models.CharField(max_length=20, choices=choices(OpportunityStatus))
    opened_at = models.DateTimeField()
    last_missed_at = models.DateTimeField()
    deadline = models.DateTimeField()
    attempts = models.PositiveIntegerField()
    callbacks = models.PositiveIntegerField(default=0)
    called_back_at = models.DateTimeField(null=True)
    reached_at = models.DateTimeField(null=True)  # the first callback that was a contact
    contact_at = models.DateTimeField(null=True)
    contact_kind = models.CharField(max_length=20, choices=choices(ContactKind), blank=True)
    contact_talk_seconds = models.PositiveIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    appointment_id = models.UUIDField(null=True)  # composite foreign key (clinic, appointment), made in the migration
    booked_at = models.DateTimeField(null=True)
    value = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    value_source = models.CharField(max_length=20, choices=choices(ValueSource), blank=True)
    rule = models.CharField(max_length=20, choices=choices(ContactKind), blank=True)
    dismiss_reason = models.CharField(max_length=20, choices=choices(DismissReason), blank=True)
    rules_version = models.PositiveIntegerField()
    is_settled = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "caller", "opened_at"],
                name="one_opportunity_per_opening",
            ),
            # Deferred: a recomputation may move an appointment from one opportunity to another, in any order.
            models.UniqueConstraint(
                fields=["clinic", "appointment_id"],
                name="an_appointment_is_won_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-opened_at", "-id"], name="opportunities_by_time"),
            models.Index(
                fields=["clinic", "opened_at"],
                condition=Q(status__in=[OpportunityStatus.OPEN, OpportunityStatus.ATTEMPTED]),
                name="opportunities_waiting",
            ),
            models.Index(
                fields=["clinic", "deadline"],
                condition=Q(
                    status__in=[
                        OpportunityStatus.OPEN,
                        OpportunityStatus.ATTEMPTED,
                        OpportunityStatus.REACHED,
                    ]
                ),
                name="opportunities_to_lapse",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.opened_at}"


class CallerBooks(models.Model):
    """Up to when a caller's opportunities are settled; the walk starts after it."""

    pk = models.CompositePrimaryKey("clinic_id", "caller")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    caller = models.UUIDField()
    settled_until = models.DateTimeField()
    last_missed_at = models.DateTimeField()
    last_status = models.CharField(max_length=20, choices=choices(OpportunityStatus))

    def __str__(self) -> str:
        return f"{self.settled_until}"


class DayChange(models.Model):
    """A work row: this local day of the clinic must be rolled up again."""

    pk = models.CompositePrimaryKey("clinic_id", "on")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(db_column="day")

    def __str__(self) -> str:
        return f"{self.on}"


class DailyMetrics(models.Model):
    """Counts and sums of one local day; no id and no hash. The columns are those of attribution.md."""

    pk = models.CompositePrimaryKey("clinic_id", "on")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(db_column="day")
    # by the local date of the call
    inbound = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    voicemail = models.PositiveIntegerField(default=0)
    abandoned = models.PositiveIntegerField(default=0)
    withheld = models.PositiveIntegerField(default=0)
    outbound = models.PositiveIntegerField(default=0)
    missed_out_of_hours = models.PositiveIntegerField(default=0)
    # by the local date of opened_at
    opportunities = models.PositiveIntegerField(default=0)
    called_back = models.PositiveIntegerField(default=0)
    reached = models.PositiveIntegerField(default=0)
    recovered = models.PositiveIntegerField(default=0)
    lapsed = models.PositiveIntegerField(default=0)
    dismissed = models.PositiveIntegerField(default=0)
    delay_5m = models.PositiveIntegerField(default=0)
    delay_15m = models.PositiveIntegerField(default=0)
    delay_30m = models.PositiveIntegerField(default=0)
    delay_1h = models.PositiveIntegerField(default=0)
    delay_2h = models.PositiveIntegerField(default=0)
    delay_4h = models.PositiveIntegerField(default=0)
    delay_8h = models.PositiveIntegerField(default=0)
    delay_24h = models.PositiveIntegerField(default=0)
    delay_48h = models.PositiveIntegerField(default=0)
    delay_later = models.PositiveIntegerField(default=0)
    # by the local date of booked_at
    appointments = models.PositiveIntegerField(default=0)
    recovered_appointments = models.PositiveIntegerField(default=0)
    recovered_value = models.DecimalField(max_digits=12, decimal_places=2, null=True)  # null: moved into its month

    def __str__(self) -> str:
        return f"{self.on}"


class HourlyMetrics(models.Model):
    """Inbound and missed calls by local hour, for the heat map; the repeated hour of autumn is one hour of two."""

    pk = models.CompositePrimaryKey("clinic_id", "on", "hour")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(db_column="day")
    hour = models.PositiveSmallIntegerField()
    inbound = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.on} {self.hour}"


class MonthlyValue(models.Model):
    """Recovered value of days that are older than 90 days: a day with one recovery would be one person's bill."""

    pk = models.CompositePrimaryKey("clinic_id", "month")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()  # its first day
    recovered_value = models.DecimalField(max_digits=14, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.month}"
