"""A clinic's booking systems, how far each was read, and which bookings were moved. No patient stands here."""

import uuid
from typing import ClassVar

from django.db import models

from tenants.models import Clinic


class BookingSystem(models.Model):
    """One that is asked by the clock, or (Calendly) that sends messages to an address with a token of its own.

    The credentials, or the key that messages are signed with, are wrapped by the vault, all fields in one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    credentials = models.BinaryField()
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True)
    cursor = models.DateTimeField(null=True, blank=True)  # what changed before is stored; null: nothing was read
    next_poll_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)  # somebody reads it
    tries = models.PositiveSmallIntegerField(default=0)  # that failed, one after the other
    checked_at = models.DateTimeField(null=True, blank=True)  # when it was last asked, or last sent something
    last_read_at = models.DateTimeField(null=True, blank=True)  # when that last went well
    problem = models.CharField(max_length=20, blank=True)  # one word of ours; empty while it answers
    last_seen = models.PositiveIntegerField(default=0)  # bookings of the last run, and what became of them
    last_new = models.PositiveIntegerField(default=0)
    last_changed = models.PositiveIntegerField(default=0)
    last_left_out = models.PositiveIntegerField(default=0)
    last_refused = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="booking_system_of_clinic"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class BookingLink(models.Model):
    """That a booking is an earlier one, moved. `first` is the external id under which the appointment is stored."""

    pk = models.CompositePrimaryKey("clinic_id", "moved")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    moved = models.CharField(max_length=64)
    first = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["clinic", "first"], name="booking_links_of_first")]

    def __str__(self) -> str:
        return f"{self.moved} {self.first}"
