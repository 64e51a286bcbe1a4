"""The call log: what the phone system told us, newest first, filtered and paged; it has no number to show."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from calls.forms.calls import CallFilterForm
from calls.selectors import list_calls
from tenants.access import Visit, clinic_page
from tenants.cursors import BadCursor
from tenants.pages import asked_position, bad_request, page_url
from tenants.permissions import Permission

PAGE_SIZE = 50


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_calls(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?direction&outcome&from&to&cursor`; 400 with the reason for what cannot be read."""
    form = CallFilterForm(request.GET)
    if not form.is_valid():
        return render(request, "calls/calls.html", {"rows": [], "filters": {}, "errors": form.errors}, status=400)
    try:
        position, forwards = asked_position(request)
    except BadCursor as error:
        return bad_request(request, str(error))
    page = list_calls(
        clinic=visit.clinic,
        wanted=form.wanted(visit.clinic.zone),
        now=timezone.now(),
        position=position,
        forwards=forwards,
        size=PAGE_SIZE,
    )
    context = {
        "rows": page.rows,
        "filters": form.cleaned_data,
        "next_url": page_url(request, page.next, forwards=True),
        "previous_url": page_url(request, page.previous, forwards=False),
    }
    return render(request, "calls/calls.html", context, status=HTTPStatus.OK)
