"""What a clinic says of itself: its details and opening hours, to look at and to change."""

from datetime import time
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from tenants import services
from tenants.access import Visit, clinic_page
from tenants.domain import WEEKDAYS
from tenants.forms.hours import DAY_NAMES, HoursForm
from tenants.forms.settings import ClinicForm
from tenants.pages import next_page, say_and_go_to
from tenants.permissions import Permission
from tenants.places import CURRENCIES, REGIONS
from tenants.selectors import get_clinic

SAVED, SAME = "Saved. It is in force now.", "Nothing to change: it was like this already."


@require_GET
@clinic_page(Permission.SEE_SETTINGS)
def show_clinic(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The details; the auditor's whole page."""
    context = {
        "section": "settings",
        "clinic": visit.clinic,
        "region": REGIONS.get(visit.clinic.region, visit.clinic.region),
        "currency": CURRENCIES.get(visit.clinic.currency, ""),
        "may_change": Permission.CHANGE_SETTINGS in visit.may,
    }
    return render(request, "settings/clinic.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.CHANGE_SETTINGS)
def change_clinic(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The form; 400 with the reasons beside the fields, 409 when somebody else was quicker."""
    form = ClinicForm(visit.clinic, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _show(request, "settings/clinic_change.html", form)
    try:
        is_new = services.change_details(
            clinic_id=visit.clinic.id, wanted=form.wanted(), seen=form.cleaned_data["seen"], now=timezone.now(),
            actor=visit.actor,
        )  # fmt: skip
    except services.SettingsConflict:
        now_form = ClinicForm(get_clinic(visit.clinic.id), _seen_anew(request, visit, "details"))
        return _show(request, "settings/clinic_change.html", now_form, in_force=get_clinic(visit.clinic.id))
    return say_and_go_to(request, next_page(visit.clinic, "settings_clinic"), SAVED if is_new else SAME)


@require_GET
@clinic_page(Permission.SEE_SETTINGS)
def show_hours(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The week."""
    context = {
        "section": "settings",
        "days": _week(visit),
        "may_change": Permission.CHANGE_SETTINGS in visit.may,
    }
    return render(request, "settings/hours.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.CHANGE_SETTINGS)
def change_hours(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The form; 400 with the reasons beside the days, 409 when somebody else was quicker."""
    form = HoursForm(visit.clinic, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _show(request, "settings/hours_change.html", form)
    try:
        is_new = services.change_hours(
            clinic_id=visit.clinic.id, hours=form.wanted(), seen=form.cleaned_data["seen"], actor=visit.actor
        )
    except services.SettingsConflict:
        return _show(
            request, "settings/hours_change.html", HoursForm(visit.clinic, _seen_anew(request, visit, "hours")),
            in_force=_week(visit),
        )  # fmt: skip
    return say_and_go_to(request, next_page(visit.clinic, "settings_hours"), SAVED if is_new else SAME)


def _week(visit: Visit) -> list[tuple[str, list[str]]]:
    hours = get_clinic(visit.clinic.id).opening_hours
    return [
        (name, [_span_words(visit, opens, closes) for opens, closes in hours.get(day, ())])
        for day, name in zip(WEEKDAYS, DAY_NAMES, strict=True)
    ]


def _span_words(visit: Visit, *span: str) -> str:
    """'08:30 to 17:30', '8:30 AM to 5:30 PM'."""
    english = visit.clinic.english
    return " to ".join(english.clock(time.fromisoformat(clock)) for clock in span)


def _seen_anew(request: HttpRequest, visit: Visit, what: str) -> dict[str, str]:
    """What was sent, as if by somebody who has seen what is in force now: the page shows it beside."""
    clinic = get_clinic(visit.clinic.id)
    seen = services.seen_details(clinic) if what == "details" else services.seen_hours(clinic)
    return {**request.POST.dict(), "seen": seen}


def _show(request: HttpRequest, template: str, form: ClinicForm | HoursForm, in_force: object = None) -> HttpResponse:
    """The form again. `in_force` is what somebody else has put there meanwhile."""
    refused = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    status = HTTPStatus.CONFLICT if in_force else refused
    return render(request, template, {"section": "settings", "form": form, "in_force": in_force}, status=status)
