"""Files that people imported in the browser, as counts, and how a clinic's own files are read; no line of a file.

A file's name is not kept: people name files after callers.
"""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from calls.domain import ImportKind, ImportState
from tenants.models import Clinic


class ImportRun(models.Model):
    """One file, from its arrival to its report. `updated_at` moves with every batch: one that stands still is dead."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # the form's, so that it counts once
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.name) for kind in ImportKind])
    format = models.CharField(max_length=20)
    is_dry_run = models.BooleanField()
    state = models.CharField(max_length=10, choices=[(state.value, state.name) for state in ImportState])
    started_by = models.UUIDField()
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    stop_asked_at = models.DateTimeField(null=True)
    bytes_total = models.PositiveBigIntegerField()
    bytes_done = models.PositiveBigIntegerField(default=0)
    report = models.JSONField(default=dict)  # counts, reasons and line numbers, as `calls.reports` caps them

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic"], condition=Q(state="running"), name="one_import_at_a_time"),
        ]
        indexes: ClassVar = [models.Index(fields=["clinic", "-started_at"], name="runs_of_clinic")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class SavedMapping(models.Model):
    """Which column of a clinic's file is which; found again by the key of the file's header."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    header_key = models.CharField(max_length=64)
    mapping = models.JSONField()
    made_by = models.UUIDField()
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "header_key"], name="one_mapping_of_a_header"),
        ]

    def __str__(self) -> str:
        return self.name
