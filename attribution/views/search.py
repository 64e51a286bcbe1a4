"""One box for everything: pages, callers by their short name, appointments by their id, a caller by number.

What is looked for comes in the body of a form and goes into no address, session, message or log: it may be a number.
A number is not looked for among texts either; it becomes a keyed hash, which is on record and for few.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from attribution import selectors
from attribution.forms.search import SearchForm
from attribution.signposts import find_signposts
from calls.finding import LOOKUPS_AN_HOUR, look_up_caller
from calls.numbers import Number
from tenants.access import Visit, clinic_page
from tenants.idempotency import TooOften
from tenants.pages import go_to
from tenants.permissions import Permission


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.SEE_WORK)
def search(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The box alone, or what was found; a number leads to the caller's story."""
    form = SearchForm(request.POST)
    if request.method == "GET" or not form.is_valid():
        refused = HTTPStatus.OK if request.method == "GET" else HTTPStatus.BAD_REQUEST
        return _show(request, {"is_too_long": request.method == "POST"}, refused)
    number = form.number(visit.clinic.region)
    if number is not None:
        return _look_up(request, visit, number)
    words: str = form.cleaned_data["words"]
    now = timezone.now()
    callers = selectors.find_callers_named(visit.clinic, words, now)
    has_more = len(callers) > selectors.MOST_FOUND
    wanted = selectors.AppointmentFilter(external_id=words.removeprefix("#").strip())
    found = {
        "pages": find_signposts(words, visit.may),
        "callers": callers[: selectors.MOST_FOUND],
        "appointments": selectors.list_appointments(clinic=visit.clinic, wanted=wanted, now=now).rows if words else [],
    }
    return _show(request, {"words": words, "found": found, "is_empty": not any(found.values()), "has_more": has_more})


def _look_up(request: HttpRequest, visit: Visit, number: Number) -> HttpResponse:
    """Nothing of the number is in what is answered."""
    if Permission.LOOK_UP_CALLER not in visit.may:
        return _show(request, {"number": "not_yours"}, HTTPStatus.FORBIDDEN)
    try:
        caller = look_up_caller(
            clinic=visit.clinic,
            number=number,
            client_id=visit.user_id,
            is_key=False,
            now=timezone.now(),
            actor=visit.actor,
        )
    except TooOften as error:
        minutes = int(error.wait.total_seconds()) // 60 + 1
        context = {"number": "too_often", "minutes": minutes, "limit": LOOKUPS_AN_HOUR}
        return _show(request, context, HTTPStatus.TOO_MANY_REQUESTS)
    is_held = caller is not None and selectors.get_caller_story(visit.clinic, caller, timezone.now()) is not None
    return go_to(f"/callers/{caller}/") if is_held else _show(request, {"number": "unknown"})


def _show(request: HttpRequest, context: dict[str, object], status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return render(request, "attribution/search.html", context, status=status)
