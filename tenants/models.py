"""Columns and constraints of clinics, people and keys; no behaviour."""

import uuid
import zoneinfo
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from tenants.domain import (
    DEFAULT_OPENING_HOURS,
    BadOpeningHours,
    Role,
    require_opening_hours,
)
from tenants.permissions import GRANTABLE


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


class UserManager(BaseUserManager["User"]):
    """What Django's own commands need: users are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in, of a clinic or of the platform."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email


class Membership(models.Model):
    """A person's role in a clinic. With `expires_at` it is the platform's support, and ends by the clock."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=20, choices=[(role.value, role.name.title()) for role in Role])
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "user"], name="one_membership_per_clinic"),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]),
                name="membership_role_known",
            ),
            models.CheckConstraint(
                condition=Q(role=Role.SUPPORT, expires_at__isnull=False) | (~Q(role=Role.SUPPORT) & Q(expires_at=None)),
                name="membership_of_support_expires",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


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


class Invitation(models.Model):
    """That somebody may become a member. The link works once and for two hours; as long as the invitation stands, a new
    link can be had at the invited address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=[(role.value, role.name.title()) for role in GRANTABLE])
    token_hash = models.BinaryField(max_length=32, unique=True)
    link_expires_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "email"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in GRANTABLE]),
                name="invitation_role_grantable",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


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


class Throttle(models.Model):
    """When somebody's bucket is full again. `name` is a keyed hash of who it is."""

    name = models.BinaryField(primary_key=True, max_length=32)
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.full_at)
