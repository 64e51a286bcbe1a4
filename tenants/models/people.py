"""Columns and constraints of people: accounts, memberships, invitations; no behaviour."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q

from tenants.domain import (
    Role,
)
from tenants.models.clinics import Clinic
from tenants.permissions import GRANTABLE


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
