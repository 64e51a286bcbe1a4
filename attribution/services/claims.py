"""Who calls whom: a person takes a caller on, lets go, or takes over from a colleague; it refuses what is over.

A claim is a word among colleagues and no lock. It is not put on record: what was done about the caller is.
"""

import uuid
from datetime import datetime

from attribution.domain import OpportunityStatus
from attribution.models import Claim, Opportunity
from attribution.selectors.worklist import CLAIM_LASTS
from attribution.services.actions import OpportunityClosed, UnknownOpportunity
from tenants.scope import as_clinic

_WAITING = (OpportunityStatus.OPEN, OpportunityStatus.ATTEMPTED)


def claim_caller(*, clinic_id: uuid.UUID, opportunity_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> None:
    """Takes a caller on, also from a colleague. Raises `UnknownOpportunity`, `OpportunityClosed`."""
    with as_clinic(clinic_id):
        found = Opportunity.objects.filter(clinic_id=clinic_id, id=opportunity_id).first()
        if found is None:
            raise UnknownOpportunity(str(opportunity_id))
        if found.status not in _WAITING or found.deadline < now:
            raise OpportunityClosed("This opportunity is closed.")
        _forget_old(clinic_id, now)
        Claim.objects.bulk_create(
            [Claim(clinic_id=clinic_id, opportunity_id=opportunity_id, user_id=user_id, claimed_at=now)],
            update_conflicts=True,
            unique_fields=["clinic", "opportunity_id"],
            update_fields=["user", "claimed_at"],
        )


def claim_if_free(*, clinic_id: uuid.UUID, opportunity_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> None:
    """Whoever is shown a number is about to call; a colleague who has taken the caller on keeps them."""
    with as_clinic(clinic_id):
        _forget_old(clinic_id, now)
        claim = Claim(clinic_id=clinic_id, opportunity_id=opportunity_id, user_id=user_id, claimed_at=now)
        Claim.objects.bulk_create([claim], ignore_conflicts=True)


def release_caller(*, clinic_id: uuid.UUID, opportunity_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Lets go of a caller; what a colleague has taken on meanwhile stays theirs."""
    with as_clinic(clinic_id):
        Claim.objects.filter(clinic_id=clinic_id, opportunity_id=opportunity_id, user_id=user_id).delete()


def _forget_old(clinic_id: uuid.UUID, now: datetime) -> None:
    Claim.objects.filter(clinic_id=clinic_id, claimed_at__lt=now - CLAIM_LASTS).delete()
