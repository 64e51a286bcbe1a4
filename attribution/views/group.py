"""Several clinics on one page, for people who may see the figures of more than one."""

import dataclasses
from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attribution import selectors
from attribution.forms.settings import GroupForm
from tenants.access import Visit, clinic_page, must_add_second_factor
from tenants.domain import ClinicFacts
from tenants.forms.errors import first_error
from tenants.pages import bad_request
from tenants.permissions import Permission
from tenants.selectors import get_clinic

FEWEST = 2


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_group(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?sort=-missed`. 404 for who may see the figures of one clinic or none: the page is not about the current one."""
    form = GroupForm(request.GET)
    if len(visit.clinics_with(Permission.SEE_FIGURES)) < FEWEST:
        raise Http404
    if not form.is_valid():
        return bad_request(request, first_error(form))
    shown, shut = _clinics(visit)
    context = {
        "group": selectors.get_group(shown, timezone.now(), form.wanted()),
        "shut": shut,
        "sort": form.wanted(),
        "clinic": visit.clinic,
    }
    return render(request, "attribution/group.html", context)


def _clinics(visit: Visit) -> tuple[Sequence[ClinicFacts], Sequence[ClinicFacts]]:
    """Those that are shown, and those whose own pages would first ask this person for a second factor."""
    shown: list[ClinicFacts] = []
    shut: list[ClinicFacts] = []
    for membership in visit.clinics_with(Permission.SEE_FIGURES):
        clinic = get_clinic(membership.clinic_id)
        there = dataclasses.replace(visit, clinic=clinic, role=membership.role)
        (shut if must_add_second_factor(there) else shown).append(clinic)
    return shown, shut
