"""The lists of missed callers and of appointments, newest first, filtered and paged; each address can be kept."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attribution import selectors
from attribution.domain import Page
from attribution.forms.lists import AppointmentFilterForm, OpportunityFilterForm
from tenants.access import Visit, clinic_page
from tenants.cursors import BadCursor
from tenants.forms.errors import first_error
from tenants.pages import asked_position, bad_request, page_url
from tenants.permissions import Permission

PAGE_SIZE = 50


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_appointments(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?verdict&reason&from&to&cursor`; 400 with the reason for what cannot be read."""
    form = AppointmentFilterForm(request.GET)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    try:
        position, forwards = asked_position(request)
    except BadCursor as error:
        return bad_request(request, str(error))
    page = selectors.list_appointments(
        clinic=visit.clinic,
        wanted=form.wanted(visit.clinic.zone),
        now=timezone.now(),
        position=position,
        forwards=forwards,
        size=PAGE_SIZE,
    )
    return render(request, "attribution/appointments.html", _context(request, visit, form.cleaned_data, page))


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_opportunities(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?status&progress&from&to&cursor`; 400 with the reason for what cannot be read."""
    form = OpportunityFilterForm(request.GET)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    try:
        position, forwards = asked_position(request)
    except BadCursor as error:
        return bad_request(request, str(error))
    page = selectors.list_opportunities(
        clinic=visit.clinic,
        wanted=form.wanted(visit.clinic.zone),
        now=timezone.now(),
        position=position,
        forwards=forwards,
        size=PAGE_SIZE,
    )
    return render(request, "attribution/opportunities.html", _context(request, visit, form.cleaned_data, page))


def _context(request: HttpRequest, visit: Visit, filters: dict[str, object], page: Page[Any]) -> dict[str, object]:
    return {
        "rows": page.rows,
        "filters": filters,
        "is_filtered": any(filters.values()),
        "clinic": visit.clinic,
        "next_url": page_url(request, page.next, forwards=True),
        "previous_url": page_url(request, page.previous, forwards=False),
    }
