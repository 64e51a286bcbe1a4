"""Columns and constraints of what the API keeps: keys, sign-ins, answers, uses; no behaviour."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.models.clinics import Clinic
from tenants.models.people import User


class ApiKey(models.Model):
    """A machine's key to one clinic: a public prefix and the SHA-256 of a 256-bit secret."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=32))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the hour: a use is no reason to write each time

    def __str__(self) -> str:
        return f"{self.prefix}…"


class TokenFamily(models.Model):
    """A person's sign-in to the API: all refresh tokens that came from one. Ended as a whole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class RefreshToken(models.Model):
    """SHA-256 of a refresh token, which can be used once."""

    id = models.BigAutoField(primary_key=True)
    family = models.ForeignKey(TokenFamily, on_delete=models.CASCADE, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class IdempotentAnswer(models.Model):
    """The answer to an API request that named an `Idempotency-Key`, for a day. Without `status` it is being made.

    Both hashes are keyed with something that only the client has: a body holds numbers, and numbers can be tried.
    """

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    key_hash = models.BinaryField(max_length=32)
    body_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)  # JSON as it was sent; answers hold no number
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "key_hash"], name="one_answer_per_key"),
        ]
        indexes: ClassVar = [models.Index(fields=["clinic", "created_at"], name="answers_by_time")]

    def __str__(self) -> str:
        return f"{self.status} {self.created_at}"


class RareUse(models.Model):
    """That a key or a person did something that each may do a few times an hour; never with what or about whom."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    api_key_id = models.UUIDField()  # or the person's id
    what = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["clinic", "api_key_id", "what", "at"], name="rare_uses_by_time")]

    def __str__(self) -> str:
        return f"{self.what} {self.at}"


class Throttle(models.Model):
    """When somebody's bucket is full again. `name` is a keyed hash of who it is."""

    name = models.BinaryField(primary_key=True, max_length=32)
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.full_at)
