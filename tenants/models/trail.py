"""Columns and constraints of the audit trail and of what was refused; no behaviour."""

from typing import ClassVar

from django.db import models


class AuditEvent(models.Model):
    """A link of a clinic's audit trail (of the platform's: the clinic of zeros). Written by a function of the database
    and never changed. Without a foreign key: what somebody did stays when the account is gone."""

    pk = models.CompositePrimaryKey("clinic_id", "seq")
    clinic_id = models.UUIDField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=80)
    details_hash = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class AuditDetail(models.Model):
    """What a link says about people, apart from the chain, so that it can be erased."""

    pk = models.CompositePrimaryKey("clinic_id", "seq")
    clinic_id = models.UUIDField()
    seq = models.BigIntegerField()  # composite foreign key (clinic, seq), made in the migration
    salt = models.BinaryField(max_length=16)
    details = models.TextField()  # JSON as it was hashed

    def __str__(self) -> str:
        return str(self.seq)


class AuditCheckpoint(models.Model):
    """A signed root over the heads of all trails at an hour. Says nothing about anybody; never changed."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)  # the checkpoint's hash before
    trails = models.PositiveIntegerField()
    signature = models.BinaryField(max_length=64)
    key = models.CharField(max_length=16)  # the first characters of the public key's hash

    def __str__(self) -> str:
        return f"{self.id} {self.at}"


class AuditAnchor(models.Model):
    """Where a trail ended at a checkpoint, with the path from there to its root. Never changed."""

    id = models.BigAutoField(primary_key=True)
    clinic_id = models.UUIDField()
    checkpoint = models.ForeignKey(AuditCheckpoint, on_delete=models.PROTECT, related_name="+")
    seq = models.BigIntegerField()
    head = models.BinaryField(max_length=32)
    path = models.JSONField()  # [[side, hex], …] from the leaf up

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic_id", "checkpoint"], name="one_anchor_per_checkpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint_id} {self.seq}"


class RefusedCount(models.Model):
    """How often something was refused on a day (UTC); never who or what it was."""

    id = models.BigAutoField(primary_key=True)
    clinic_id = models.UUIDField()
    on = models.DateField(db_column="day")
    what = models.CharField(max_length=30)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic_id", "on", "what"], name="one_refused_count"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.what}"
