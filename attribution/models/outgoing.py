"""Where a clinic wants to be told what was found, and the messages that are on their way there or have been."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from attribution.deliveries import OutgoingEvent
from attribution.models.words import choices
from tenants.models import Clinic


class OutgoingTarget(models.Model):
    """A receiver. Its address and its secrets are wrapped by the vault; `shown_address` has no path."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    url = models.BinaryField()
    shown_address = models.CharField(max_length=300)
    secret = models.BinaryField()
    old_secret = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    events = ArrayField(models.CharField(max_length=40), default=list)
    created_at = models.DateTimeField()
    active_since = models.DateTimeField()  # what happened before is not told
    paused_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    switched_off_at = models.DateTimeField(null=True)
    digest_at = models.DateTimeField(null=True)  # when the next daily digest is due; null without that event

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="outgoing_target_of_clinic"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["digest_at"], condition=Q(digest_at__isnull=False), name="outgoing_digests_due"),
        ]

    def __str__(self) -> str:
        return self.name


class OutgoingMessage(models.Model):
    """A fact to be told to one target, once. `subject` tells facts of an event apart; `body` is written before the
    first try and is the same at every other."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    # The composite foreign key (clinic, target) is made in the migration.
    target = models.ForeignKey(OutgoingTarget, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    event = models.CharField(max_length=40, choices=choices(OutgoingEvent))
    subject = models.CharField(max_length=80)
    opportunity_id = models.UUIDField(null=True)
    caller = models.UUIDField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()  # also the end of the lease of whoever is sending it
    tries = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_problem = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "target", "event", "subject"], name="a_fact_is_told_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["target", "not_before"],
                condition=Q(delivered_at=None, given_up_at=None),
                name="outgoing_messages_to_send",
            ),
            models.Index(fields=["clinic", "created_at"], name="outgoing_messages_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.created_at}"
