"""Which summaries a person wants by e-mail from which clinic, and up to which days they have been sent."""

from typing import ClassVar

from django.db import models

from attribution.models.words import choices
from attribution.schedules import DigestKind
from tenants.models import Clinic, User


class DigestChoice(models.Model):
    """A row is a wish; no row, no mail. One row a person, clinic and kind, so what it says was sent was sent once."""

    pk = models.CompositePrimaryKey("clinic_id", "user_id", "kind")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=choices(DigestKind))
    chosen_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)  # somebody is sending it, or it failed and rests
    sent_of = models.DateField(null=True)  # the first day that the last one was about
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["due_at"], name="digests_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at}"
