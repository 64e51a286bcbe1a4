"""The list of appointments with their verdicts, newest first, filtered and paged."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attribution import selectors
from attribution.forms.appointments import AppointmentFilterForm
from tenants.access import Visit, clinic_page
from tenants.cursors import BadCursor
from tenants.forms.errors import first_error
from tenants.pages import asked_position, bad_request, page_url
from tenants.permissions import Permission

PAGE_SIZE = 50


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_appointments(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?verdict&cursor`; 400 with the reason for what cannot be read."""
    form = AppointmentFilterForm(request.GET)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    try:
        position, forwards = asked_position(request)
    except BadCursor as error:
        return bad_request(request, str(error))
    now = timezone.now()
    page = selectors.list_appointments(
        clinic=visit.clinic, wanted=form.wanted(), now=now, position=position, forwards=forwards, size=PAGE_SIZE
    )
    context = {
        "rows": page.rows,
        "filters": form.cleaned_data,
        "clinic": visit.clinic,
        "next_url": page_url(request, page.next, forwards=True),
        "previous_url": page_url(request, page.previous, forwards=False),
    }
    return render(request, "attribution/appointments.html", context)
