"""Writes of clinics, people and keys, each in one transaction; checks what it is given and asks nobody."""

import dataclasses
import hashlib
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from tenants.domain import Role, Scope
from tenants.models import ApiKey, Clinic, Membership, User
from tenants.scope import as_clinic

_PREFIX_CHARACTERS = 12
API_KEY_MARK = "rbk"  # so that a leaked key is recognised for what it is


class BadInput(ValueError):
    """What was asked for can't be stored; the message says which field and why."""


@dataclass(frozen=True, slots=True)
class NewClinic:
    clinic_id: uuid.UUID
    owner_id: uuid.UUID
    owner_is_new: bool
    api_key: str  # shown once


@dataclass(frozen=True, slots=True)
class ClinicDetails:
    """What a new clinic is made from; anything left out has the default of the model."""

    name: str
    slug: str
    timezone: str = "Europe/London"
    region: str = "GB"
    currency: str = "GBP"
    default_value: Decimal = Decimal(85)


def create_clinic(*, details: ClinicDetails, owner_email: str, now: datetime) -> NewClinic:
    """A clinic, its owner as admin and an API key with every scope. Raises `BadInput`; makes all or nothing."""
    clinic = Clinic(**dataclasses.asdict(details))
    _require_valid(clinic)
    with transaction.atomic():
        if Clinic.objects.filter(slug=details.slug).exists():
            raise BadInput(f"slug: there is a clinic with the slug {details.slug!r} already.")
        clinic.save(force_insert=True)
        owner, is_new = _get_or_create_user(owner_email)
        with as_clinic(clinic.id):
            Membership.objects.create(clinic=clinic, user=owner, role=Role.ADMIN)
            key = create_api_key(clinic_id=clinic.id, name="First key", scopes=list(Scope), now=now)
    return NewClinic(clinic.id, owner.id, is_new, key)


def add_member(*, clinic_id: uuid.UUID, email: str, role: Role) -> uuid.UUID:
    """Makes the person a member, or changes the role of one; returns the person's id."""
    with as_clinic(clinic_id):
        user, _ = _get_or_create_user(email)
        Membership.objects.update_or_create(clinic_id=clinic_id, user=user, defaults={"role": role})
    return user.id


def add_platform_staff(*, email: str) -> uuid.UUID:
    """Makes the person one of the platform's own, who may use `/admin/`; returns the person's id."""
    user, _ = _get_or_create_user(email)
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    return user.id


def set_password(*, user_id: uuid.UUID, password: str) -> None:
    """Sets a person's password without asking for the old one; for demonstrations and commands."""
    user = User.objects.get(pk=user_id)
    user.set_password(password)
    user.save(update_fields=["password"])


def create_api_key(*, clinic_id: uuid.UUID, name: str, scopes: Iterable[Scope], now: datetime) -> str:
    """A new key, in clear for the only time: `rbk_<prefix>_<secret>`. Kept are the prefix and SHA-256 of the secret."""
    secret = secrets.token_urlsafe(32)
    prefix = secrets.token_hex(_PREFIX_CHARACTERS // 2)
    with as_clinic(clinic_id):
        ApiKey.objects.create(
            clinic_id=clinic_id,
            name=name,
            prefix=prefix,
            secret_hash=hash_secret(secret),
            scopes=sorted(scope.value for scope in scopes),
            created_at=now,
        )
    return f"{API_KEY_MARK}_{prefix}_{secret}"


def revoke_api_key(*, clinic_id: uuid.UUID, prefix: str, now: datetime) -> bool:
    """Ends a key at once; False when the clinic has no such key."""
    with as_clinic(clinic_id):
        return ApiKey.objects.filter(prefix=prefix, revoked_at=None).update(revoked_at=now) > 0


def hash_secret(secret: str) -> bytes:
    """SHA-256: the secret has 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).digest()


def _get_or_create_user(email: str) -> tuple[User, bool]:
    email = email.strip().lower()
    existing = User.objects.filter(email=email).first()
    if existing is not None:
        return existing, False
    user = User(email=email)
    user.set_unusable_password()
    _require_valid(user)
    user.save(force_insert=True)
    return user, True


def _require_valid(instance: Clinic | User) -> None:
    try:
        instance.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise BadInput(f"{field}: {messages[0]}") from error
