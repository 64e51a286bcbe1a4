"""The log of what was deleted: counts and times, never whom; no behaviour."""

import uuid
from typing import ClassVar

from django.db import models


class PurgeRun(models.Model):
    """One run of the purge. A platform table: it says nothing about any clinic."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.started_at}"


class DeletionLog(models.Model):
    """What was deleted of a clinic, written in the transaction that deleted it. Append-only."""

    id = models.BigAutoField(primary_key=True)
    clinic_id = models.UUIDField()
    run_id = models.UUIDField()
    at = models.DateTimeField()
    what = models.CharField(max_length=40)  # calls, caller_hashes, appointments, keys, …
    before = models.DateTimeField()  # everything older than this went
    count = models.PositiveIntegerField()
    certificate = models.CharField(max_length=64, blank=True)  # of a destroyed key: its key check value

    class Meta:
        indexes: ClassVar = [models.Index(fields=["clinic_id", "-at"], name="deletions_by_time")]

    def __str__(self) -> str:
        return f"{self.at} {self.what} {self.count}"
