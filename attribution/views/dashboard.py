"""The dashboard of a month; who may not see figures is led to the worklist."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attribution import selectors
from attribution.forms.dashboard import MonthForm
from attribution.selectors.metrics import next_month
from tenants.access import Visit, clinic_page
from tenants.forms.errors import first_error
from tenants.pages import bad_request
from tenants.permissions import Permission


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_dashboard(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?month=2026-11`. Who may not see figures is sent on to the worklist: it is their first page."""
    if Permission.SEE_FIGURES not in visit.may:
        return redirect("worklist")
    now = timezone.now()
    today = now.astimezone(visit.clinic.zone).date()
    form = MonthForm(request.GET, today)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    month = form.cleaned_data["month"]
    context = {
        "dashboard": selectors.get_dashboard(visit.clinic, month, now),
        "clinic": visit.clinic,
        "month_label": f"{month:%B %Y}",
        "previous_month": f"{month - timedelta(days=1):%Y-%m}",
        "next_month": f"{next_month(month):%Y-%m}" if next_month(month) <= today else None,
    }
    return render(request, "attribution/dashboard.html", context)
