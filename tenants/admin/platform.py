"""The gate of the admin pages: from the right place, platform staff, with two factors, not away for half an hour.

Searching never takes a phone number, because an address ends up in logs.
"""

import functools
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar, cast

from allauth.account.adapter import get_adapter
from allauth.account.decorators import secure_admin_login
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotAllowed
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode

from tenants import selectors
from tenants.forms.platform import PlatformTrailForm
from tenants.models import User
from tenants.networks import is_within
from tenants.selectors import list_platform_events

TELLING_DIGITS = 7  # so many digits may be somebody's number
SEARCH_PARAMETERS = ("q", "term")
SESSION_ADMIN_SEEN = "admin_seen"
SEE_TRAIL = "tenants.view_auditevent"
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class PlatformAdmin(admin.AdminSite):
    """Only what is registered here is to be seen; people sign in where everybody does."""

    site_header = site_title = "Ringback platform"
    index_title = "Clinics and people"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """People sign in where everybody does: Django's own form knows no limit, no second factor and no record."""
        require_place(request)
        response: HttpResponse = secure_admin_login(lambda request: redirect("admin:index"))(request)
        return response

    def password_change(  # type: ignore[override]  # redirects, instead of a page of its own
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Where everybody changes theirs: it ends other sign-ins and is on record."""
        return redirect("account_change_password")

    def logout(  # type: ignore[override]  # redirects, instead of a page of its own
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As everywhere, on record."""
        if request.method == "POST":
            get_adapter(request).logout(request)
        return redirect("account_login" if request.method == "POST" else "admin:index")

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner = super().admin_view(view, cacheable)

        @functools.wraps(inner)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require_place(request)
            if any("\x00" in text for values in request.GET.lists() for text in values[1]):
                return HttpResponseBadRequest("That is no address of ours.", content_type="text/plain")
            searches = [text for name in SEARCH_PARAMETERS for text in request.GET.getlist(name)]
            if any(may_be_number(text) for text in searches):
                return HttpResponseBadRequest("Phone numbers are not searched for here.", content_type="text/plain")
            wanting = self._ask_for_more(request) if self.has_permission(request) else None
            return wanting or inner(request, *args, **kwargs)

        return cast(View, gated)

    def _ask_for_more(self, request: HttpRequest) -> HttpResponse | None:
        """Where a member of staff is sent first: to add a second factor, or to confirm who they are."""
        if settings.TWO_FACTORS_REQUIRED and not selectors.has_second_factor(staff_id(request)):
            messages.warning(request, "The admin pages need a second factor. Add one, then come back.")
            return redirect("mfa_index")
        now = int(time.time())
        if now - _last_seen(request) > settings.ADMIN_IDLE_SECONDS:
            back = request.get_full_path() if request.method == "GET" else reverse("admin:index")
            return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")
        request.session[SESSION_ADMIN_SEEN] = now
        return None

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("trail/", self.admin_view(self.show_trail), name="trail"), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps: list[Any] = super().get_app_list(request, app_label)
        if app_label is None and may_see_trail(request):
            trail = {
                "name": "Audit trail",
                "object_name": "Trail",
                "admin_url": reverse("admin:trail"),
                "add_url": None,
                "perms": {"view": True},
                "view_only": True,
            }
            apps.append({
                "name": "Platform", "app_label": "platform", "app_url": reverse("admin:trail"),
                "has_module_perms": True, "models": [trail],
            })  # fmt: skip
        return apps

    def show_trail(self, request: HttpRequest) -> HttpResponse:
        """What happened to the platform, newest first; `?before=` goes on from a row."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not may_see_trail(request):
            raise PermissionDenied
        form = PlatformTrailForm(request.GET)
        if not form.is_valid():
            return HttpResponseBadRequest("before is the number of a row.", content_type="text/plain")
        page = list_platform_events(before=form.cleaned_data["before"])
        context = {**self.each_context(request), "title": "Audit trail of the platform", "page": page}
        return render(request, "admin/trail.html", context)


def require_place(request: HttpRequest) -> None:
    """404, as if there were no such page, for another host name than the admin pages' or another network."""
    host, _ = split_domain_port(request.get_host())
    is_elsewhere = bool(settings.ADMIN_HOST) and host != settings.ADMIN_HOST
    networks = settings.ADMIN_NETWORKS
    if is_elsewhere or (networks and not is_within(request.META.get("REMOTE_ADDR", ""), networks)):
        raise Http404


def staff_id(request: HttpRequest) -> uuid.UUID:
    """Who uses the admin pages; nobody else gets this far."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user.id


def may_see_trail(request: HttpRequest) -> bool:
    """Whether this member of staff may read the platform’s own trail."""
    return bool(request.user.has_perm(SEE_TRAIL))


def may_be_number(text: str) -> bool:
    """Whether what was searched for has enough digits to be somebody’s number."""
    return sum(character.isdecimal() for character in text) >= TELLING_DIGITS


def _last_seen(request: HttpRequest) -> float:
    """When this person last opened an admin page, or showed who they are."""
    records = get_authentication_records(request, request.user)
    confirmed_at: float = records[-1]["at"] if records else 0
    opened_at: float = request.session.get(SESSION_ADMIN_SEEN, 0)
    return max(confirmed_at, opened_at)


site = PlatformAdmin(name="admin")
