"""Reads of the clinics that a person belongs to: the only way in before a clinic's scope is open."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from tenants.domain import Role
from tenants.models import Membership
from tenants.scope import as_holder_of


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    clinic_id: uuid.UUID
    clinic_name: str
    clinic_slug: str
    role: Role


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
