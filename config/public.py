"""The pages for everybody: privacy, cookies, security, sub-processors, status, security.txt. They ask no database.

What they say about the operator comes from the settings, what they say about cookies from `config.cookies`. A text that
changes gets a new date here.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.cookies import list_cookies

# When each text last changed in substance.
PRIVACY_ON = COOKIES_ON = SECURITY_ON = SUB_PROCESSORS_ON = date(2026, 11, 23)
SECURITY_TXT_DAYS = 180  # RFC 9116 recommends less than a year


@require_safe
def show_privacy(request: HttpRequest) -> HttpResponse:
    return _show(request, "privacy", PRIVACY_ON)


@require_safe
def show_cookies(request: HttpRequest) -> HttpResponse:
    return _show(request, "cookies", COOKIES_ON, cookies=list_cookies())


@require_safe
def show_security(request: HttpRequest) -> HttpResponse:
    return _show(request, "security", SECURITY_ON)


@require_safe
def show_sub_processors(request: HttpRequest) -> HttpResponse:
    return _show(request, "sub_processors", SUB_PROCESSORS_ON)


@require_safe
def show_status(request: HttpRequest) -> HttpResponse:
    """That it answers, and which version does; what is behind it is for `/readyz`."""
    response = render(request, "public/status.html", {"version": settings.VERSION, "at": timezone.now()})
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def show_security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116. The day of expiry is counted from the day of the question: it never passes while this is served."""
    midnight = datetime.combine(timezone.now().date(), datetime.min.time(), UTC)
    lines = [
        f"Contact: mailto:{settings.SECURITY_EMAIL}",
        f"Expires: {midnight + timedelta(days=SECURITY_TXT_DAYS):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.PUBLIC_URL}/.well-known/security.txt",
        f"Policy: {settings.PUBLIC_URL}/security",
    ]
    return HttpResponse("\r\n".join(lines) + "\r\n", content_type="text/plain; charset=utf-8")


def _show(request: HttpRequest, name: str, updated_on: date, **more: Any) -> HttpResponse:
    operator = {
        "name": settings.LEGAL_NAME,
        "address": settings.LEGAL_ADDRESS,
        "ico_registration": settings.ICO_REGISTRATION,
        "support": settings.SUPPORT_EMAIL,
        "privacy": settings.PRIVACY_EMAIL,
        "security": settings.SECURITY_EMAIL,
    }
    return render(request, f"public/{name}.html", {"operator": operator, "updated_on": updated_on, **more})
