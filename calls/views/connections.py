"""The pages of a clinic's connections: which phone systems tell it about calls, are they heard, and making them stop.

A webhook's address and a secret of ours are shown once, in the answer that makes them, and are kept nowhere in clear.
"""

import uuid
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calls import services
from calls.forms.connections import ConnectionForm, SecretForm
from calls.selectors import ConnectionLine, find_line, list_connections, list_names
from tenants.access import Visit, clinic_page
from tenants.pages import say_and_go_to
from tenants.permissions import Permission

SECTION = {"section": "settings"}
LIST = "settings_connections"


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_connections(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them, and how they are."""
    context = {
        **SECTION,
        "connections": list_connections(visit.clinic, timezone.now()),
        "may_manage": Permission.MANAGE_CONNECTIONS in visit.may,
    }
    return render(request, "settings/connections.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def add_connection(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The form; then, once, the address and the secret if it is ours."""
    if request.method == "GET":
        return render(request, "settings/connection_add.html", {**SECTION, "form": ConnectionForm()})
    form = ConnectionForm(request.POST, taken=list_names(visit.clinic.id))
    if not form.is_valid():
        context = {**SECTION, "form": form}
        return render(request, "settings/connection_add.html", context, status=HTTPStatus.BAD_REQUEST)
    wanted = form.cleaned_data
    made = services.add_connection(
        clinic_id=visit.clinic.id,
        provider=wanted["provider"],
        name=wanted["name"],
        secret=wanted["secret"],
        now=timezone.now(),
        actor=visit.actor,
    )
    line = _find(visit, made.id)
    address = f"{settings.PUBLIC_URL}/hooks/{line.provider}/{made.token}"
    # A phone system that makes its secret later has one of ours until then, which nobody knows: nothing is let in.
    context = {
        **SECTION,
        "connection": line,
        "address": address,
        "secret": made.secret if line.makes_secret else "",
        "is_secret_missing": not line.makes_secret and not wanted["secret"],
    }
    return render(request, "settings/connection_made.html", context)


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def pause_connection(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """What the phone system sends is refused until it is resumed."""
    line = _find(visit, connection_id)
    services.pause_connection(clinic_id=visit.clinic.id, connection_id=line.id, now=timezone.now(), actor=visit.actor)
    return say_and_go_to(request, LIST, f"“{line.name}” is paused. What it sends meanwhile may be lost.")


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def resume_connection(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Takes the pause back."""
    line = _find(visit, connection_id)
    services.resume_connection(clinic_id=visit.clinic.id, connection_id=line.id, actor=visit.actor)
    return say_and_go_to(request, LIST, f"“{line.name}” is heard again.")


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def rotate_secret(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Asks for the new secret, or makes one and shows it once."""
    line = _find(visit, connection_id)
    form = None if line.makes_secret else SecretForm(request.POST if request.method == "POST" else None)
    context = {**SECTION, "connection": line, "form": form}
    if request.method == "GET":
        return render(request, "settings/connection_secret.html", context)
    if form is not None and not form.is_valid():
        return render(request, "settings/connection_secret.html", context, status=HTTPStatus.BAD_REQUEST)
    secret = services.rotate_secret(
        clinic_id=visit.clinic.id,
        connection_id=line.id,
        secret=form.cleaned_data["secret"] if form else None,
        actor=visit.actor,
    )
    if secret:
        return render(request, "settings/connection_made.html", {**context, "secret": secret})
    return say_and_go_to(request, LIST, f"“{line.name}” has its new secret. The old one is refused.")


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def remove_connection(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Says what will be gone and what stays; then does it."""
    line = _find(visit, connection_id)
    if request.method == "GET":
        return render(request, "settings/connection_remove.html", {**SECTION, "connection": line})
    services.remove_connection(clinic_id=visit.clinic.id, connection_id=line.id, actor=visit.actor)
    return say_and_go_to(request, LIST, f"“{line.name}” is removed. What it told us stays.")


def _find(visit: Visit, connection_id: uuid.UUID) -> ConnectionLine:
    line = find_line(visit.clinic, connection_id)
    if line is None:
        raise Http404
    return line
