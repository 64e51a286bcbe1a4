"""Several clinics on one page, for people who may see the figures of more than one; also as CSV and PDF."""

import dataclasses
from collections.abc import Sequence
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attribution import selectors
from attribution.facts import Group
from attribution.forms.reports import MonthForm
from attribution.forms.settings import GroupForm
from attribution.reports import group_lines, group_pdf
from attribution.spans import DAY, month_of, next_month
from attribution.views.reports import attachment
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
    """`?sort=-missed&month=2026-10`. 404 for who may see the figures of one clinic or none: the page is not about the
    current one."""
    form, months = GroupForm(request.GET), _months(request, visit)
    if not (form.is_valid() and months.is_valid()):
        return bad_request(request, first_error(months if form.is_valid() else form))
    shown, shut = _clinics(visit)
    month, today = months.cleaned_data["month"], months.today
    context = {
        "group": selectors.get_group(shown, timezone.now(), form.wanted(), month),
        "shut": shut,
        "sort": form.wanted(),
        "clinic": visit.clinic,
        "month": month,
        "kept": f"month={month:%Y-%m}&" if request.GET.get("month") else "",
        "is_now": month == month_of(today),
        "month_before": month_of(month - DAY),
        "month_after": next_month(month),
    }
    return render(request, "attribution/group.html", context)


@require_GET
@clinic_page(Permission.SEE_WORK)
def download_csv(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?month`: a line for each clinic, and one for each currency."""
    form = _months(request, visit)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    month = form.cleaned_data["month"]
    lines = "".join(group_lines(_group(visit, month), month))
    return attachment(lines, "text/csv; charset=utf-8", f"clinics-{month:%Y-%m}.csv")


@require_GET
@clinic_page(Permission.SEE_WORK)
def download_pdf(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?month`: the same on paper."""
    form = _months(request, visit)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    month = form.cleaned_data["month"]
    made_at = timezone.now().astimezone(visit.clinic.zone)
    pdf = group_pdf(_group(visit, month), month, made_at, reader=visit.clinic)
    return attachment(pdf, "application/pdf", f"clinics-{month:%Y-%m}.pdf")


def _months(request: HttpRequest, visit: Visit) -> MonthForm:
    """Raises `Http404` for who has no group."""
    if len(visit.clinics_with(Permission.SEE_FIGURES)) < FEWEST:
        raise Http404
    return MonthForm(request.GET, timezone.now().astimezone(visit.clinic.zone).date())


def _group(visit: Visit, month: date) -> Group:
    shown, _ = _clinics(visit)
    return selectors.get_group(shown, timezone.now(), month=month)


def _clinics(visit: Visit) -> tuple[Sequence[ClinicFacts], Sequence[ClinicFacts]]:
    """Those that are shown, and those whose own pages would first ask this person for a second factor."""
    shown: list[ClinicFacts] = []
    shut: list[ClinicFacts] = []
    for membership in visit.clinics_with(Permission.SEE_FIGURES):
        clinic = get_clinic(membership.clinic_id)
        there = dataclasses.replace(visit, clinic=clinic, role=membership.role)
        (shut if must_add_second_factor(there) else shown).append(clinic)
    return shown, shut
