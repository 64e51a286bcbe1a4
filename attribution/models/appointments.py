"""Bookings, as their systems told us, and whom they could belong to."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from attribution.domain import AppointmentStatus, Reason, Verdict
from attribution.models.words import choices
from tenants.models import Clinic


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
