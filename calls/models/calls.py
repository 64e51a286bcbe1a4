"""Calls, the hashes by which callers are found again, and work rows; the first two are partitioned by week."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from calls.domain import CallerKind, Direction, Outcome
from tenants.models import Clinic


class Call(models.Model):
    """One call of a clinic. `caller` is a random id; withheld callers have none."""

    pk = models.CompositePrimaryKey("clinic_id", "started_at", "id")
    clinic_id = models.UUIDField()
    started_at = models.DateTimeField()
    id = models.UUIDField()
    caller = models.UUIDField(null=True)
    kind = models.PositiveSmallIntegerField(choices=[(kind.value, kind.name) for kind in CallerKind])
    direction = models.PositiveSmallIntegerField(choices=[(way.value, way.name) for way in Direction])
    outcome = models.PositiveSmallIntegerField(choices=[(outcome.value, outcome.name) for outcome in Outcome])
    ring_seconds = models.PositiveIntegerField(null=True)
    talk_seconds = models.PositiveIntegerField(default=0)
    line = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=20)
    connection_id = models.UUIDField(null=True)  # no foreign key: a call may outlive its connection
    provider_call_id = models.CharField(max_length=64, null=True)  # noqa: DJ001 - none is not empty, and free of charge

    def __str__(self) -> str:
        return str(self.id)


class CallerHash(models.Model):
    """A keyed hash by which a caller is found again; `week` names the key (clinic and ISO week)."""

    pk = models.CompositePrimaryKey("clinic_id", "week", "caller_hash")
    clinic_id = models.UUIDField()
    week = models.DateField()
    caller_hash = models.BinaryField(max_length=32)
    caller = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.week} {self.caller}"


class CallerKey(models.Model):
    """A clinic's hashing key of one ISO week, wrapped; in the keystore database, so without a foreign key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic_id = models.UUIDField()
    week = models.DateField()
    wrapped = models.BinaryField()
    active_from = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic_id", "week"], name="one_key_per_clinic_week")]

    def __str__(self) -> str:
        return f"{self.clinic_id} {self.week}"


class Change(models.Model):
    """A work row: something about this caller (or, without one, on this day) changed and is not attributed yet.

    Whoever works it off deletes it in the same transaction. After too many tries it is set aside and seen.
    """

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    caller = models.UUIDField(null=True)
    on = models.DateField(db_column="day", null=True)  # the clinic's local date of a call without a caller
    created_at = models.DateTimeField(auto_now_add=True)
    not_before = models.DateTimeField(null=True)  # held back: an import is still running, or a try failed
    tries = models.PositiveSmallIntegerField(default=0)
    set_aside_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=80, blank=True)  # the exception's type, never its text

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(caller__isnull=False) | Q(on__isnull=False),
                name="change_of_caller_or_day",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["clinic", "id"],
                condition=Q(set_aside_at=None),
                name="changes_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.caller or self.on}"
