"""Choosing the clinic to look at, for people who belong to several."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, resolve, reverse
from django.views.decorators.http import require_POST

from tenants.access import open_visit, remember_clinic

# Pages that need no id. Whoever stands on a page behind one of them is led to the one in front.
PAGES = (
    "dashboard", "worklist", "calls", "appointments", "group", "settings_clinic", "settings_hours", "settings_rules",
    "settings_values", "settings_connections", "settings_people", "settings_keys", "settings_security",
    "settings_audit",
)  # fmt: skip


@require_POST
@login_required
def switch_clinic(request: HttpRequest) -> HttpResponse:
    """To `page` of the other clinic, if the person may see it there, else to the dashboard. 404 for a clinic that the
    person is no member of, as for one that there is not."""
    if not remember_clinic(request, request.POST.get("clinic", "")):
        raise Http404
    return redirect(_page_there(request, request.POST.get("page", "")))


def _page_there(request: HttpRequest, here: str) -> str:
    """The same kind of page in the clinic that was just chosen."""
    name = next((page for page in PAGES if here == page or here.startswith(f"{page}_")), "")
    try:
        door = resolve(reverse(name)).func
    except NoReverseMatch:
        return "dashboard"
    visit = open_visit(request)
    may_see = visit is not None and getattr(door, "permission", None) in visit.may
    return name if may_see else "dashboard"
