"""What holds for every page: no whole address is seen, sessions end in time, and no cache keeps a signed-in page.

Decides nothing about who may do what.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tenants import services
from tenants.access import SESSION_SEEN, SESSION_STARTED, actor_of, person_of
from tenants.browsers import name_browser
from tenants.masks import shorten_address

Answer = Callable[[HttpRequest], HttpResponse]
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - stands for an address that nobody told us, such as behind a Unix socket
_TOLD_BY_PROXIES = ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_CF_CONNECTING_IP")


class ShortAddresses:
    """Replaces the address by its network and the browser's text by its name, before anybody can note them.

    Limits of sign-in, the list of sessions, mails, the audit trail and logs see what is left.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["REMOTE_ADDR"] = shorten_address(_client_address(request)) or NO_ADDRESS
        for name in _TOLD_BY_PROXIES:
            request.META.pop(name, None)
        request.META["HTTP_USER_AGENT"] = name_browser(request.META.get("HTTP_USER_AGENT", ""))
        return self.get_response(request)


def _client_address(request: HttpRequest) -> str:
    """Behind our proxy the last address of the header, which the proxy has written; all before it anybody could."""
    direct: str = request.META.get("REMOTE_ADDR", "")
    if not settings.BEHIND_PROXY:
        return direct
    return str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip() or direct


class SessionLimits:
    """Ends a session seven days after the sign-in; after 24 hours without a request it is gone by itself.

    Each request counts as a sign of life, but writing one down each time would cost more than the page: so it is done
    at most every ten minutes, and a session can end these ten minutes early, never late.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            _keep_or_end(request, int(time.time()))
        return self.get_response(request)


def _keep_or_end(request: HttpRequest, now: int) -> None:
    started = request.session.setdefault(SESSION_STARTED, now)
    if now - started >= settings.SESSION_LONGEST:
        services.note_ended_session(user_id=person_of(request), actor=actor_of(request), now=timezone.now())
        logout(request)
    elif now - request.session.get(SESSION_SEEN, 0) >= settings.SESSION_BEAT:
        request.session[SESSION_SEEN] = now  # saved with the answer, for another 24 hours
        services.see_session(key=str(request.session.session_key), now=timezone.now())


class NoStoreWhenSignedIn:
    """A shared practice PC must not show the worklist after sign-out by its back button."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response
