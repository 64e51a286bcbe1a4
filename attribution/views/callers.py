"""The story of one caller: what happened, in order, and why it was counted or not."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attribution import selectors
from tenants.access import Visit, clinic_page
from tenants.permissions import Permission


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_caller(request: HttpRequest, visit: Visit, caller: uuid.UUID) -> HttpResponse:
    """404 for a caller of whom nothing is held: another clinic's, one that was erased, or nobody's."""
    story = selectors.get_caller_story(visit.clinic, caller, timezone.now())
    if story is None:
        raise Http404
    return render(request, "attribution/caller.html", {"story": story, "clinic": visit.clinic})
