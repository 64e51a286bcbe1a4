"""The pages of attribution: worklist, what staff do on it, dashboard, appointments; each works without a script.

Every view stands behind the one gate and asks one selector or tells one service; none decides anything itself.
"""

import uuid
from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from attribution import selectors, services
from attribution.domain import ActionKind
from attribution.forms import ActForm, AppointmentFilterForm, MonthForm, first_error
from attribution.selectors.metrics import next_month
from tenants.access import Visit, clinic_page
from tenants.cursors import BadCursor
from tenants.pages import asked_position, bad_request, go_to, page_url
from tenants.permissions import Permission

PAGE_SIZE = 50
SESSION_UNDO = "undo"  # what the page after a redirect offers to take back


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_worklist(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who waits."""
    return render(request, "attribution/worklist.html", _worklist_context(request, visit))


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_rows(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The list alone, for a page that is open; 204 when it shows this `?version=` already."""
    worklist = selectors.get_worklist(visit.clinic, timezone.now())
    if request.GET.get("version") == worklist.version:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, "attribution/_worklist.html", {"worklist": worklist, "clinic": visit.clinic})


@require_POST
@clinic_page(Permission.WORK_CALLERS)
def act(request: HttpRequest, visit: Visit, opportunity_id: uuid.UUID) -> HttpResponse:
    """`kind`, with `reached` (yes, no) or `reason`. 404 for a caller of nobody's or another clinic's."""
    form = ActForm(request.POST)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    try:
        action_id = services.record_action(
            clinic_id=visit.clinic.id,
            opportunity_id=opportunity_id,
            kind=form.kind_done,
            reached=form.was_reached,
            reason=form.dismissed_because,
            user_id=visit.user_id,
            now=timezone.now(),
            actor=visit.actor,
        )
    except services.BadAction as error:
        return bad_request(request, str(error))
    except services.UnknownOpportunity as error:
        raise Http404 from error
    except services.OpportunityClosed:
        return _answer(request, visit, "Somebody has taken care of this caller already.")
    request.session[SESSION_UNDO] = {"id": str(action_id), "text": _done(form)}
    return _answer(request, visit)


@require_POST
@clinic_page(Permission.WORK_CALLERS)
def undo(request: HttpRequest, visit: Visit, action_id: uuid.UUID) -> HttpResponse:
    """Takes back what the same person has just done."""
    try:
        services.undo_action(
            clinic_id=visit.clinic.id, action_id=action_id, user_id=visit.user_id, now=timezone.now(), actor=visit.actor
        )
    except services.UnknownAction as error:
        raise Http404 from error
    except services.NotUndoable as error:
        return _answer(request, visit, str(error))
    return _answer(request, visit)


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


def _worklist_context(request: HttpRequest, visit: Visit) -> dict[str, object]:
    return {
        "worklist": selectors.get_worklist(visit.clinic, timezone.now()),
        "clinic": visit.clinic,
        "undo": request.session.pop(SESSION_UNDO, None),
    }


def _answer(request: HttpRequest, visit: Visit, problem: str = "") -> HttpResponse:
    """The list as it is now for a script, else back to the page."""
    if problem:
        messages.error(request, problem)
    if request.headers.get("HX-Request"):
        return render(request, "attribution/_worklist.html", _worklist_context(request, visit))
    return go_to("worklist")


def _done(form: ActForm) -> str:
    if form.kind_done is ActionKind.DISMISSED:
        return "Dismissed."
    return "Marked as reached." if form.was_reached else "Marked as tried, no answer."
