"""How a phone system is asked for its own list of calls, and each time that it was. No call stands here.

A pull remembers how far it came by time, never by a page of the phone system's: a run that was killed goes on from
there.
"""

import uuid
from typing import ClassVar

from django.db import models

from tenants.models import Clinic

UNFINISHED = ("waiting", "running")


class Account(models.Model):
    """What a connection's phone system is asked with. The credentials are wrapped by the vault, all fields in one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    connection_id = models.UUIDField()  # with `clinic` a key of the database's: goes with its connection
    credentials = models.BinaryField()
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)  # when it last answered, or refused to
    problem = models.CharField(max_length=20, blank=True)  # one word of ours; empty while it answers

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "connection_id"], name="one_account")]

    def __str__(self) -> str:
        return f"account of {self.connection_id}"


class Pull(models.Model):
    """One run over a phone system's list of calls: what is asked for, how far it came, and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    connection_id = models.UUIDField()  # with `clinic` a key of the database's: goes with its connection
    kind = models.CharField(max_length=10)  # backfill or reconcile
    state = models.CharField(max_length=10, default="waiting")  # waiting, running, done, stopped or failed
    since = models.DateTimeField()
    until = models.DateTimeField()
    reached = models.DateTimeField()  # all that began before this is stored
    not_before = models.DateTimeField(null=True, blank=True)  # the phone system asked us to wait
    failing_since = models.DateTimeField(null=True, blank=True)  # no answer since then; empty once one came
    read = models.PositiveIntegerField(default=0)  # calls, or legs of calls, that were listed
    added = models.PositiveIntegerField(default=0)  # calls that nobody had told us of
    left_out = models.PositiveIntegerField(default=0)  # older than the clinic keeps
    refused = models.PositiveIntegerField(default=0)  # could not be read or must not be kept
    started_by = models.UUIDField(null=True, blank=True)  # nobody: the clock, or a command
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "connection_id", "kind"],
                condition=models.Q(state__in=UNFINISHED),
                name="one_pull_at_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "connection_id", "-started_at"], name="pulls_of_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.connection_id}"
