"""A waiting caller's number for the person who asks: in the answer to a form and nowhere else.

It is in no address, no session, no message and no header; the answer is kept by nobody. Without a script it is a page
of its own, with one it takes the place of the button. The gate opens no scope: a phone system is waited for.
"""

import uuid
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from attribution import services
from tenants.access import Visit, clinic_page
from tenants.permissions import Permission


@require_POST
@clinic_page(Permission.SHOW_NUMBERS, scoped=False)
def show_number(request: HttpRequest, visit: Visit, opportunity_id: uuid.UUID) -> HttpResponse:
    """The number, or where to look it up. 404 for a caller of nobody's or another clinic's."""
    try:
        answer = services.show_number(
            clinic=visit.clinic,
            opportunity_id=opportunity_id,
            user_id=visit.user_id,
            now=timezone.now(),
            actor=visit.actor,
        )
    except services.UnknownOpportunity as error:
        raise Http404 from error
    except services.OpportunityClosed:
        return _answer(request, {"row": {"id": opportunity_id}, "closed": True})
    except services.TooManyNumbers as error:
        context = {"row": error.entry, "wait_minutes": max(1, round(error.seconds / 60))}
        return _answer(request, context, HTTPStatus.TOO_MANY_REQUESTS)
    return _answer(request, {"row": answer, "answer": answer})


def _answer(request: HttpRequest, context: dict[str, object], status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    is_part = bool(request.headers.get("HX-Request"))
    page = "attribution/_number.html" if is_part else "attribution/number.html"
    response = render(request, page, context, status=status)
    response["Cache-Control"] = "no-store"
    return response
