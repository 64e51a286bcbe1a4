"""The worklist: who waits, and what staff do about it; works without a script.

Every view stands behind the one gate and asks one selector or tells one service; none decides anything itself.
"""

import uuid
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from attribution import selectors, services
from attribution.domain import ActionKind
from attribution.forms.worklist import ActForm, ClaimForm
from tenants.access import Visit, clinic_page
from tenants.forms.errors import first_error
from tenants.pages import bad_request, go_to
from tenants.permissions import Permission

SESSION_UNDO = "undo"  # what the page after a redirect offers to take back


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_worklist(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who waits."""
    guide = services.follow_guide(clinic=visit.clinic, may=visit.may)
    return render(request, "attribution/worklist.html", {**_worklist_context(request, visit), "guide": guide})


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_rows(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The list alone, for a page that is open; 204 when it shows this `?version=` already."""
    worklist = selectors.get_worklist(visit.clinic, timezone.now(), viewer=visit.user_id)
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
            seen_at=form.cleaned_data["seen_at"],
            actor=visit.actor,
        )
    except services.BadAction as error:
        return bad_request(request, str(error))
    except services.UnknownOpportunity as error:
        raise Http404 from error
    except (services.OpportunityClosed, services.TakenCareOf):
        return _answer(request, visit, "Somebody has taken care of this caller already.")
    request.session[SESSION_UNDO] = {"id": str(action_id), "text": _done(form)}
    return _answer(request, visit)


@require_POST
@clinic_page(Permission.WORK_CALLERS)
def claim(request: HttpRequest, visit: Visit, opportunity_id: uuid.UUID) -> HttpResponse:
    """`take`: yes to take a caller on, also from a colleague; no to let go. 404 for a caller of nobody's."""
    form = ClaimForm(request.POST)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    if form.cleaned_data["take"] == "no":
        services.release_caller(clinic_id=visit.clinic.id, opportunity_id=opportunity_id, user_id=visit.user_id)
        return _answer(request, visit)
    try:
        services.claim_caller(
            clinic_id=visit.clinic.id, opportunity_id=opportunity_id, user_id=visit.user_id, now=timezone.now()
        )
    except services.UnknownOpportunity as error:
        raise Http404 from error
    except services.OpportunityClosed:
        return _answer(request, visit, "Somebody has taken care of this caller already.")
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


def _worklist_context(request: HttpRequest, visit: Visit) -> dict[str, object]:
    return {
        "worklist": selectors.get_worklist(visit.clinic, timezone.now(), viewer=visit.user_id),
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
