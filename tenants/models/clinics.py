"""Columns and constraints of clinics; no behaviour."""

import uuid
import zoneinfo
from datetime import timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from tenants.domain import (
    DEFAULT_OPENING_HOURS,
    BadOpeningHours,
    require_opening_hours,
)


def validate_timezone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError("Not a time zone of the IANA database.")


def validate_opening_hours(value: Any) -> None:
    try:
        require_opening_hours(value)
    except (BadOpeningHours, AttributeError) as error:
        raise ValidationError(str(error)) from error


def default_opening_hours() -> dict[str, list[list[str]]]:
    return {day: [list(span) for span in spans] for day, spans in DEFAULT_OPENING_HOURS.items()}


class Clinic(models.Model):
    """A customer. Not a tenant table itself: it says which tenants there are, and nothing about a caller."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    timezone = models.CharField(max_length=64, default="Europe/London", validators=[validate_timezone])
    region = models.CharField(
        max_length=2,
        default="GB",
        validators=[RegexValidator(r"^[A-Z]{2}$", "Two capital letters, like GB.")],
    )
    currency = models.CharField(
        max_length=3,
        default="GBP",
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, like GBP.")],
    )
    opening_hours = models.JSONField(default=default_opening_hours, validators=[validate_opening_hours])
    retention_days = models.PositiveSmallIntegerField(
        default=90, validators=[MinValueValidator(30), MaxValueValidator(90)]
    )
    default_value = models.DecimalField(max_digits=9, decimal_places=2, default=85, validators=[MinValueValidator(0)])
    callback_goal = models.DurationField(default=timedelta(hours=1))
    min_password_length = models.PositiveSmallIntegerField(
        default=12, validators=[MinValueValidator(12), MaxValueValidator(64)]
    )
    require_two_factors = models.BooleanField(default=False)  # of everybody; admins always need them
    support_allowed = models.BooleanField(default=True)
    # The open support access, if any: here, so that every page can say so without asking for it.
    support_until = models.DateTimeField(null=True, blank=True)
    support_reason = models.CharField(max_length=200, blank=True)
    # Getting started: whether its checklist is still shown, and which steps somebody has said yes to. Here, so that a
    # clinic that has put it away pays for no question more.
    guide_open = models.BooleanField(default=False)
    guide_settled = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(retention_days__range=(30, 90)),
                name="clinic_retention_30_to_90",
            ),
            models.CheckConstraint(
                condition=Q(default_value__gte=0),
                name="clinic_default_value_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(min_password_length__range=(12, 64)),
                name="clinic_password_length_12_to_64",
            ),
        ]
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name
