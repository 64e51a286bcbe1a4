"""Who at the desk has taken which caller on, for some minutes; and what a clinic wants to reach in a month."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from tenants.models import Clinic, User


class Claim(models.Model):
    """A word to colleagues: "I am calling this one". It locks nothing, and is worth nothing after some minutes."""

    pk = models.CompositePrimaryKey("clinic_id", "opportunity_id")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    opportunity_id = models.UUIDField()  # without a foreign key: an opportunity may be recomputed away under a claim
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    claimed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.opportunity_id} {self.claimed_at}"


class Goals(models.Model):
    """What a clinic wants to reach; null is no goal. How soon callers are called back is `Clinic.callback_goal`."""

    clinic = models.OneToOneField(Clinic, on_delete=models.CASCADE, primary_key=True, related_name="+")
    in_time_percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )  # of those who rang in vain, called back within the goal
    recovered_per_month = models.PositiveIntegerField(null=True, blank=True)  # appointments

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(in_time_percent=None) | Q(in_time_percent__range=(1, 100)), name="in_time_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.in_time_percent} {self.recovered_per_month}"
