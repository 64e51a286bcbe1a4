"""What people see of their own sign-in: second factors, recovery codes, sessions. Of nobody else's.

The pages for factors are allauth's; here is what is to be known or put on record around them.
"""

import time
import uuid
from datetime import UTC, datetime
from typing import TypedDict

from allauth.core import ratelimit
from allauth.mfa.base.views import index
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.webauthn import views as passkeys
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from tenants import selectors, services
from tenants.access import SESSION_WANTED, actor_of, must_add_second_factor, open_visit, person_of
from tenants.events import Actor, Event
from tenants.pages import say_and_go_to


class Owner(TypedDict):
    """Whose sessions, and which one asks."""

    user_id: uuid.UUID
    but_session: str
    actor: Actor
    now: datetime


@require_safe
@login_required
def show_two_factors(request: HttpRequest) -> HttpResponse:
    """The factors of this person, and why one has to be added if so."""
    visit = open_visit(request)
    response: HttpResponse = index(request)
    response.context_data |= {  # type: ignore[attr-defined]  # not rendered yet
        "must_add": visit is not None and must_add_second_factor(visit),
        "wanted": request.session.get(SESSION_WANTED, "/"),
        "roles_are_asked": settings.TWO_FACTORS_REQUIRED,
    }
    return response


@require_safe
@login_required
def show_recovery_codes(request: HttpRequest) -> HttpResponse:
    """The codes that are left; that they were looked at is on record."""
    response: HttpResponse = codes.view_recovery_codes(request)
    response.context_data["wanted"] = request.session.get(SESSION_WANTED, "/")  # type: ignore[attr-defined]
    _record_seen(request, "page")
    return response


@require_safe
@login_required
def download_recovery_codes(request: HttpRequest) -> HttpResponse:
    """The same as a file."""
    response: HttpResponse = codes.download_recovery_codes(request)
    _record_seen(request, "file")
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """The person's sessions; a POST ends the one of this number, or all others."""
    if request.method == "POST":
        return _end_sessions(request)
    key = request.session.session_key or ""
    listed = selectors.list_sessions(person_of(request), key, timezone.now())
    visit = open_visit(request)
    with timezone.override(visit.clinic.zone if visit else UTC):
        return render(request, "usersessions/usersession_list.html", {"sessions": listed})


def _end_sessions(request: HttpRequest) -> HttpResponse:
    number = request.POST.get("session", "")
    who: Owner = {
        "user_id": person_of(request),
        "but_session": request.session.session_key or "",
        "actor": actor_of(request),
        "now": timezone.now(),
    }
    if number == "others":
        services.end_other_sessions(**who)
        done = "All other sessions are ended."
    elif number.isascii() and number.isdigit():
        _end_one(who, int(number))
        done = "The session is ended."
    else:
        raise Http404
    return say_and_go_to(request, "usersessions_list", done)


def _end_one(who: Owner, session_id: int) -> None:
    try:
        services.end_session(session_id=session_id, **who)
    except services.UnknownSession as error:
        raise Http404 from error


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_passkey(request: HttpRequest) -> HttpResponse:
    """Each question costs a session, which nobody else limits."""
    refused: HttpResponse | None = ratelimit.consume_or_429(request, action="passkey_asked", limit_get=True)
    return refused or passkeys.login_webauthn(request)


def _record_seen(request: HttpRequest, where: str) -> None:
    """Both pages have answered: had the person to confirm first, or were there no codes, they had raised. Once in a
    quarter of an hour: the trail is kept for ever, and loading a page again is nothing new."""
    now, name = int(time.time()), f"codes_seen_{where}"
    if now - request.session.get(name, 0) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return
    request.session[name] = now
    services.record_for_person(
        Event.RECOVERY_CODES_SEEN, user_id=person_of(request), actor=actor_of(request), now=timezone.now(), where=where
    )
