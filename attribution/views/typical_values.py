"""The page that offers typical values; nothing is set that somebody has not looked at and saved."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from attribution import selectors, services
from attribution.forms.typical_values import TypicalValuesForm
from attribution.typical_values import typical_values
from tenants.access import Visit, clinic_page
from tenants.pages import next_page, say_and_go_to
from tenants.permissions import Permission


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.CHANGE_SETTINGS)
def add_typical_values(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them in one form; 400 with the reasons beside the fields."""
    known = {one.code for one in selectors.list_values(visit.clinic.id)}
    offered = typical_values(visit.clinic.currency, known)
    form = TypicalValuesForm(offered, visit.clinic.currency, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            count = services.add_values(clinic_id=visit.clinic.id, values=form.wanted(), actor=visit.actor)
        except services.BadValue as problem:
            form.refuse(problem)
        else:
            said = f"{count} value{'' if count == 1 else 's'} saved." if count else "Nothing was chosen."
            return say_and_go_to(request, next_page(visit.clinic, "settings_values"), said)
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    context = {"section": "settings", "form": form, "clinic": visit.clinic}
    return render(request, "settings/values_typical.html", context, status=status)
