"""Choosing the clinic to look at, for people who belong to several."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenants.access import remember_clinic


@require_POST
@login_required
def switch_clinic(request: HttpRequest) -> HttpResponse:
    """404 for a clinic that the person is no member of, as for one that there is not."""
    if not remember_clinic(request, request.POST.get("clinic", "")):
        raise Http404
    return redirect("dashboard")
