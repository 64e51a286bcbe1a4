"""What a clinic wants to reach, on a settings page."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from attribution import selectors, services
from attribution.forms.reports import GoalsForm
from tenants.access import Visit, clinic_page
from tenants.pages import say_and_go_to
from tenants.permissions import Permission


@require_GET
@clinic_page(Permission.SEE_SETTINGS)
def show_goals(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The goals, and the form for others; the auditor sees no form."""
    in_time, recovered = selectors.get_goals(visit.clinic.id)
    initial = {"in_time_percent": in_time, "recovered_per_month": recovered}
    return _show(request, visit, GoalsForm(initial=initial))


@require_POST
@clinic_page(Permission.CHANGE_SETTINGS)
def change_goals(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Sets both; what is empty is no goal."""
    form = GoalsForm(request.POST)
    if form.is_valid():
        try:
            is_new = services.set_goals(clinic_id=visit.clinic.id, **form.cleaned_data, actor=visit.actor)
        except services.BadGoal as problem:
            form.refuse(problem)
        else:
            return say_and_go_to(request, "settings_goals", "Saved." if is_new else "Nothing to change.")
    return _show(request, visit, form, HTTPStatus.BAD_REQUEST)


def _show(request: HttpRequest, visit: Visit, form: GoalsForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    in_time, recovered = selectors.get_goals(visit.clinic.id)
    context = {
        "section": "settings",
        "clinic": visit.clinic,
        "form": form,
        "in_time": in_time,
        "recovered": recovered,
        "may_change": Permission.CHANGE_SETTINGS in visit.may,
    }
    return render(request, "settings/goals.html", context, status=status)
