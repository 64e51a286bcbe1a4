"""A clinic's phone systems, what came from each of them by the hour, and what of theirs was refused; never a value."""

import uuid
from typing import ClassVar

from django.db import models

from tenants.models import Clinic


class Connection(models.Model):
    """A clinic's phone system that sends us messages. The token in its address is kept as SHA-256 only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    token_hash = models.BinaryField(max_length=32, unique=True)
    secret = models.BinaryField()  # wrapped by the vault
    created_at = models.DateTimeField(auto_now_add=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    resumed_at = models.DateTimeField(null=True, blank=True)
    # When the last message came before it fell silent; null while it speaks. `calls.silence` says what silence is.
    silent_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="connection_of_clinic"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.name}"


class ConnectionHour(models.Model):
    """How much came by a connection in an hour. Hours are instants: a clinic's days are made of them in its zone."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    connection_id = models.UUIDField()  # with `clinic` a key of the database's: goes with its connection
    hour = models.DateTimeField()
    messages = models.PositiveIntegerField(default=0)  # that were taken
    calls = models.PositiveIntegerField(default=0)  # that nobody had told us of before
    refused = models.PositiveIntegerField(default=0)
    first_message_at = models.DateTimeField(null=True)  # of those that were taken
    last_message_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "connection_id", "hour"], name="one_connection_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.hour:%F %H}"


class ReceivedField(models.Model):
    """The name of a field that messages of a connection had, and how many did; never what stood in it."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    connection_id = models.UUIDField()  # with `clinic` a key of the database's: goes with its connection
    name = models.CharField(max_length=64)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "connection_id", "name"], name="one_received_field"),
        ]

    def __str__(self) -> str:
        return self.name


class RefusalCount(models.Model):
    """How many messages were refused, by day and reason; never what they said. The API has no connection."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(db_column="day")  # UTC
    source = models.CharField(max_length=20)
    connection_id = models.UUIDField(null=True, blank=True)  # goes with its connection
    reason = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "on", "source", "reason", "connection_id"],
                name="one_refusal_count",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.source} {self.reason}"
