"""Reads how far a new clinic is with its first steps, in three questions, which are asked no more when it is away."""

from attribution.guide import Guide, StepKey, lay_out
from attribution.models import TypeEstimate
from calls.selectors import find_firsts
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tenants.selectors import has_company


def get_guide(clinic: ClinicFacts) -> Guide:
    """The checklist as the facts have it."""
    facts = set(clinic.guide_settled)
    with as_clinic(clinic.id):
        facts.update(find_firsts(clinic.id))
        if TypeEstimate.objects.filter(clinic_id=clinic.id).exists():
            facts.add(StepKey.VALUES.value)
        if has_company(clinic.id):
            facts.add(StepKey.DESK.value)
    return lay_out(facts)
