"""Reads of clinics, people and keys; returns frozen facts, never models."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Q

from tenants.domain import ClinicFacts, Role
from tenants.models import ApiKey, Clinic, Membership, TokenFamily
from tenants.scope import as_holder_of

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class UnknownClinic(LookupError):
    """There is no clinic of that name."""


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    clinic_id: uuid.UUID
    clinic_name: str
    clinic_slug: str
    role: Role


@dataclass(frozen=True, slots=True)
class ApiKeyFacts:
    id: uuid.UUID
    clinic_id: uuid.UUID
    secret_hash: bytes
    scopes: frozenset[str]
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """A person's sign-in to the API that is open."""

    user_id: uuid.UUID
    is_staff: bool


def _facts(clinic: Clinic) -> ClinicFacts:
    return ClinicFacts(
        id=clinic.id,
        name=clinic.name,
        slug=clinic.slug,
        timezone=clinic.timezone,
        region=clinic.region,
        currency=clinic.currency,
        opening_hours=clinic.opening_hours,
        retention_days=clinic.retention_days,
        default_value=clinic.default_value,
        callback_goal=clinic.callback_goal,
        min_password_length=clinic.min_password_length,
        require_two_factors=clinic.require_two_factors,
        support_allowed=clinic.support_allowed,
        support_until=clinic.support_until,
        support_reason=clinic.support_reason,
    )


def get_clinic(clinic_id: uuid.UUID) -> ClinicFacts:
    """Raises `UnknownClinic`."""
    try:
        return _facts(Clinic.objects.get(pk=clinic_id))
    except Clinic.DoesNotExist as error:
        raise UnknownClinic(str(clinic_id)) from error


def get_clinic_by_slug(slug: str) -> ClinicFacts:
    """Raises `UnknownClinic`."""
    try:
        return _facts(Clinic.objects.get(slug=slug))
    except Clinic.DoesNotExist as error:
        raise UnknownClinic(f"There is no clinic with the slug {slug!r}.") from error


def list_clinics() -> list[ClinicFacts]:
    """All clinics, by name."""
    return [_facts(clinic) for clinic in Clinic.objects.order_by("name", "id")]


def list_memberships(user_id: uuid.UUID, now: datetime) -> Sequence[MembershipFacts]:
    """The clinics of a person, by name, support access that has not ended included; found before any clinic's scope
    is open."""
    with as_holder_of(f"user:{user_id}"):
        rows = (
            Membership.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), user_id=user_id)
            .select_related("clinic")
            .order_by("clinic__name")
        )
        return [MembershipFacts(row.clinic_id, row.clinic.name, row.clinic.slug, Role(row.role)) for row in rows]


def has_second_factor(user_id: uuid.UUID) -> bool:
    """Whether the person has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user_id=user_id, type__in=SECOND_FACTORS).exists())


def find_api_key(prefix: str, now: datetime) -> ApiKeyFacts | None:
    """The key with this prefix unless it is revoked or expired; the caller compares the secret's hash."""
    with as_holder_of(f"key:{prefix}"):
        key = ApiKey.objects.filter(prefix=prefix, revoked_at=None).first()
    if key is None or (key.expires_at is not None and key.expires_at <= now):
        return None
    return ApiKeyFacts(key.id, key.clinic_id, bytes(key.secret_hash), frozenset(key.scopes), key.last_used_at)


def find_sign_in(family_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> SignInFacts | None:
    """The person's sign-in to the API, unless it or the person's account has ended."""
    families = TokenFamily.objects.filter(
        pk=family_id, user_id=user_id, ended_at=None, expires_at__gt=now, user__is_active=True
    )
    found = families.values_list("user_id", "user__is_staff").first()
    return SignInFacts(*found) if found else None
