"""Reads of clinics; any floor may ask."""

import uuid

from tenants.domain import ClinicFacts
from tenants.models import Clinic


class UnknownClinic(LookupError):
    """There is no clinic of that name."""


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
        guide_open=clinic.guide_open,
        guide_settled=tuple(clinic.guide_settled),
    )
