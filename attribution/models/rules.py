"""A clinic's rules in their versions, and what its appointments are worth."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenants.models import Clinic


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
