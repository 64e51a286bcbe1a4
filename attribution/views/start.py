"""Getting started: the checklist of a new clinic, what a person says of its steps, and putting it away."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from attribution import selectors, services
from attribution.forms.start import SettleForm
from attribution.guide import week_words
from tenants.access import Visit, clinic_page
from tenants.forms.errors import first_error
from tenants.pages import bad_request, go_to, say_and_go_to
from tenants.permissions import Permission
from tenants.places import REGIONS
from tenants.services import end_guide, settle_step, show_guide

AWAY = "The checklist is put away. It can be had again in Settings, Clinic."


@require_GET
@clinic_page(Permission.CHANGE_SETTINGS)
def show_start(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The steps, and which is next. Who has put the checklist away can still look."""
    guide = services.follow_guide(clinic=visit.clinic, may=visit.may) or selectors.get_guide(visit.clinic)
    context = {
        "guide": guide,
        "clinic": visit.clinic,
        "country": REGIONS.get(visit.clinic.region, visit.clinic.region),
        "week": week_words(visit.clinic.opening_hours, visit.clinic.english),
        "may": visit.may,
    }
    return render(request, "start.html", context)


@require_POST
@clinic_page(Permission.CHANGE_SETTINGS)
def settle(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`step`: details and hours are right, history is not needed."""
    form = SettleForm(request.POST)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    settle_step(clinic_id=visit.clinic.id, step=form.chosen, actor=visit.actor)
    return go_to("start")


@require_POST
@clinic_page(Permission.CHANGE_SETTINGS)
def hide(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Away, for everybody of the clinic."""
    end_guide(clinic_id=visit.clinic.id, is_done=False, actor=visit.actor)
    return say_and_go_to(request, "worklist", AWAY)


@require_POST
@clinic_page(Permission.CHANGE_SETTINGS)
def show_again(request: HttpRequest, visit: Visit) -> HttpResponse:
    """There again, on worklist and dashboard too."""
    show_guide(clinic_id=visit.clinic.id, actor=visit.actor)
    return go_to("start")
