"""A clinic's phone systems, and what of theirs was refused."""

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

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="connection_of_clinic"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.name}"


class RefusalCount(models.Model):
    """How many messages were refused, by day and reason; never what they said."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(db_column="day")  # UTC
    source = models.CharField(max_length=20)
    reason = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "on", "source", "reason"], name="one_refusal_count"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.source} {self.reason}"
