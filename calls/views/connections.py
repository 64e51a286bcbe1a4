"""The pages of a clinic's connections: which phone systems tell it about calls, are they heard, and making them stop.

A webhook's address and a secret of ours are shown once, in the answer that makes them, and are kept nowhere in clear.
"""

import uuid
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calls import services
from calls.forms.connections import ConnectionForm, SecretForm
from calls.selectors import (
    ConnectionLine,
    find_details,
    find_line,
    find_provider,
    find_waiting,
    list_connections,
    list_names,
    list_providers,
)
from tenants.access import Visit, clinic_page
from tenants.pages import go_to, say_and_go_to
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


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_connection(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """One of them: its health, what it sends, what was refused and what to do about it."""
    now = timezone.now()
    details = find_details(visit.clinic, connection_id, now)
    if details is None:
        raise Http404
    context = {
        **SECTION,
        "details": details,
        "connection": details.line,
        "snippets": [snippet.fill("", "") for snippet in details.line.snippets],
        "waiting": find_waiting(visit.clinic, connection_id, now) if details.line.state == "never" else None,
        "may_manage": Permission.MANAGE_CONNECTIONS in visit.may,
        "clinic": visit.clinic,
    }
    return render(request, "settings/connection.html", context)


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_waiting(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Whether the first call has come, for a page that is open; 204 when it says this `?seen=` already. Who comes
    without a script is led to the connection."""
    waiting = find_waiting(visit.clinic, connection_id, timezone.now())
    if waiting is None:
        raise Http404
    if not request.headers.get("HX-Request"):
        return go_to(_address_of(connection_id))
    if request.GET.get("seen") == waiting.version:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, "settings/_connection_waiting.html", {"waiting": waiting})


@require_GET
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def choose_provider(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Which phone systems there are, and what each can."""
    return render(request, "settings/connection_choose.html", {**SECTION, "providers": list_providers()})


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def add_connection(request: HttpRequest, visit: Visit, provider: str) -> HttpResponse:
    """What to do and the form; then, once, the address and the secret if it is ours."""
    chosen = find_provider(provider)
    if chosen is None:
        raise Http404
    data = request.POST if request.method == "POST" else None
    taken = list_names(visit.clinic.id) if data else ()
    form = ConnectionForm(data, makes_secret=chosen.makes_secret, taken=taken)
    if not form.is_valid():
        context = {**SECTION, "form": form, "provider": chosen}
        status = HTTPStatus.BAD_REQUEST if data is not None else HTTPStatus.OK
        return render(request, "settings/connection_add.html", context, status=status)
    secret = form.cleaned_data.get("secret")
    made = services.add_connection(
        clinic_id=visit.clinic.id,
        provider=chosen.name,
        name=form.cleaned_data["name"],
        secret=secret,
        now=timezone.now(),
        actor=visit.actor,
    )
    return _show_made(request, visit, made, is_secret_missing=not chosen.makes_secret and not secret)


def _show_made(
    request: HttpRequest, visit: Visit, made: services.NewConnection, *, is_secret_missing: bool
) -> HttpResponse:
    line = _find(visit, made.id)
    address = f"{settings.PUBLIC_URL}/hooks/{line.provider}/{made.token}"
    # A phone system that makes its secret later has one of ours until then, which nobody knows: nothing is let in.
    secret = made.secret if line.makes_secret else ""
    context = {
        **SECTION,
        "connection": line,
        "address": address,
        "secret": secret,
        "snippets": [snippet.fill(address, secret) for snippet in line.snippets],
        "is_secret_missing": is_secret_missing,
        "waiting": find_waiting(visit.clinic, line.id, timezone.now()),
    }
    return render(request, "settings/connection_made.html", context)


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def pause_connection(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """What the phone system sends is refused until it is resumed."""
    line = _find(visit, connection_id)
    services.pause_connection(clinic_id=visit.clinic.id, connection_id=line.id, now=timezone.now(), actor=visit.actor)
    return say_and_go_to(
        request, _back(request, line), f"“{line.name}” is paused. What it sends meanwhile may be lost."
    )


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def resume_connection(request: HttpRequest, visit: Visit, connection_id: uuid.UUID) -> HttpResponse:
    """Takes the pause back."""
    line = _find(visit, connection_id)
    services.resume_connection(clinic_id=visit.clinic.id, connection_id=line.id, now=timezone.now(), actor=visit.actor)
    return say_and_go_to(request, _back(request, line), f"“{line.name}” is heard again.")


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


def _back(request: HttpRequest, line: ConnectionLine) -> str:
    """To the page that the button was on."""
    return _address_of(line.id) if request.POST.get("on") == "its page" else LIST


def _address_of(connection_id: uuid.UUID) -> str:
    return reverse("settings_connection", args=[connection_id])
