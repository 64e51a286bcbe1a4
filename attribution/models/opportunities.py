"""Missed calls and what became of them, and what staff did about them."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from attribution.domain import ActionKind, ContactKind, DismissReason, OpportunityStatus, ValueSource
from attribution.models.words import choices
from tenants.models import Clinic, User


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
            models.Index(fields=["clinic", "status", "-opened_at", "-id"], name="opportunities_by_status"),
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
