"""What a clinic asks of its people's sign-ins, who still lacks a second factor, and who of the platform looked in."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tenants import selectors, services
from tenants.access import Visit, clinic_page
from tenants.forms.security import SecurityForm
from tenants.pages import say_and_go_to
from tenants.permissions import Permission


@require_GET
@clinic_page(Permission.SEE_SECURITY)
def show_security(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What is in force; the auditor's whole page."""
    context = {
        "section": "settings",
        "clinic": visit.clinic,
        "without_factor": selectors.list_without_second_factor(visit.clinic.id),
        "support_events": selectors.list_support_events(visit.clinic, timezone.now()),
        "support_days": selectors.SUPPORT_DAYS,
        "admins_need_factor": settings.TWO_FACTORS_REQUIRED,
        "may_change": Permission.MANAGE_SECURITY in visit.may,
    }
    return render(request, "settings/security.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_SECURITY, recent=True)
def change_security(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The form; 400 with the reasons beside the fields."""
    form = SecurityForm(request.POST) if request.method == "POST" else SecurityForm.of(visit.clinic)
    if not form.is_valid():
        status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
        return render(request, "settings/security_change.html", {"section": "settings", "form": form}, status=status)
    is_new = services.change_security(
        clinic_id=visit.clinic.id, wanted=form.wanted(), now=timezone.now(), actor=visit.actor
    )
    done = "Saved. It is in force now." if is_new else "Nothing was different."
    return say_and_go_to(request, "settings_security", done)


@require_POST
@clinic_page(Permission.MANAGE_SECURITY)
def end_support(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Puts the platform's support out, at once. Without asking who it is again: it takes away and gives nothing."""
    was_open = services.end_support(clinic_id=visit.clinic.id, now=timezone.now(), actor=visit.actor)
    done = "The support access has ended." if was_open else "It had ended already."
    return say_and_go_to(request, "settings_security", done)
