"""The pages of a clinic's booking systems: which there are, how they are, and making them start, stop and answer.

Credentials are typed in and never shown. An address and a key of ours are shown once, in the answer that makes them.
"""

import uuid
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attribution import services
from attribution.forms.bookings import KINDS, CredentialsForm, SystemForm
from attribution.selectors import SystemLine, find_system, list_system_names, list_systems, steps_of, trouble_of
from tenants.access import Visit, clinic_page
from tenants.pages import go_to, say_and_go_to
from tenants.permissions import Permission

SECTION = {"section": "settings"}
LIST = "settings_bookings"


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_systems(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them, and how they are."""
    may_manage = Permission.MANAGE_CONNECTIONS in visit.may
    context = {**SECTION, "systems": list_systems(visit.clinic), "may_manage": may_manage}
    return render(request, "settings/bookings.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def add_system(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The kinds; the form of one; then, for one that sends messages, its address and key, once."""
    kind = (request.POST if request.method == "POST" else request.GET).get("kind", "")
    if kind not in dict(KINDS):
        status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
        return render(request, "settings/booking_add.html", {**SECTION, "kinds": KINDS}, status=status)
    if request.method == "GET":
        return _show_form(request, kind, SystemForm(kind))
    form = SystemForm(kind, request.POST, taken=list_system_names(visit.clinic.id))
    if not form.is_valid():
        return _show_form(request, kind, form, status=HTTPStatus.BAD_REQUEST)
    try:
        made = services.add_booking_system(
            clinic_id=visit.clinic.id,
            kind=kind,
            name=form.cleaned_data["name"],
            credentials=form.credentials(),
            now=timezone.now(),
            actor=visit.actor,
        )
    except services.BadSystem as error:
        form.add_error(error.field, str(error))
        return _show_form(request, kind, form, status=HTTPStatus.BAD_REQUEST)
    line = _find(visit, made.id)
    if line.is_heard:
        return _show_once(request, line, made.secret, address=f"{settings.PUBLIC_URL}/hooks/{kind}/{made.token}")
    return say_and_go_to(request, LIST, f"“{line.name}” is added. It is read within a minute.")


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS, scoped=False)
def check_system(request: HttpRequest, visit: Visit, system_id: uuid.UUID) -> HttpResponse:
    """Asks it now, for some seconds at most, and says what came."""
    line = _find(visit, system_id)
    report = services.read_booking_system(
        clinic_id=visit.clinic.id, system_id=line.id, now=timezone.now(), limits=services.BY_HAND
    )
    if report is None:
        messages.info(request, f"“{line.name}” is not asked now: it is paused, or being read already.")
    elif report.problem:
        messages.error(request, f"“{line.name}”: {trouble_of(report.problem)}")
    else:
        messages.success(request, _say(line.name, report))
    return go_to(LIST)


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def pause_system(request: HttpRequest, visit: Visit, system_id: uuid.UUID) -> HttpResponse:
    """It is neither asked nor heard until it is resumed."""
    line = _find(visit, system_id)
    services.pause_booking_system(
        clinic_id=visit.clinic.id, system_id=line.id, now=timezone.now(), actor=visit.actor
    )  # fmt: skip
    lost = (
        " What it sends meanwhile may be lost." if line.is_heard else " What it books meanwhile is fetched afterwards."
    )
    return say_and_go_to(request, LIST, f"“{line.name}” is paused.{lost}")


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def resume_system(request: HttpRequest, visit: Visit, system_id: uuid.UUID) -> HttpResponse:
    """Takes the pause back."""
    line = _find(visit, system_id)
    services.resume_booking_system(
        clinic_id=visit.clinic.id, system_id=line.id, now=timezone.now(), actor=visit.actor
    )  # fmt: skip
    return say_and_go_to(request, LIST, f"“{line.name}” is {'heard' if line.is_heard else 'read'} again.")


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def change_credentials(request: HttpRequest, visit: Visit, system_id: uuid.UUID) -> HttpResponse:
    """Asks for other ones, or makes a key and shows it once."""
    line = _find(visit, system_id)
    form = CredentialsForm(line.kind, request.POST if request.method == "POST" else None)
    context = {**SECTION, "system": line, "form": form}
    if request.method == "GET":
        return render(request, "settings/booking_credentials.html", context)
    if not form.is_valid():
        return render(request, "settings/booking_credentials.html", context, status=HTTPStatus.BAD_REQUEST)
    secret = services.change_credentials(
        clinic_id=visit.clinic.id,
        system_id=line.id,
        credentials=form.credentials(),
        now=timezone.now(),
        actor=visit.actor,
    )
    if secret:
        return _show_once(request, line, secret)
    return say_and_go_to(
        request, LIST, f"“{line.name}” has its new credentials. It is asked with them within a minute."
    )


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def remove_system(request: HttpRequest, visit: Visit, system_id: uuid.UUID) -> HttpResponse:
    """Says what will be gone and what stays; then does it."""
    line = _find(visit, system_id)
    if request.method == "GET":
        return render(request, "settings/booking_remove.html", {**SECTION, "system": line})
    services.remove_booking_system(clinic_id=visit.clinic.id, system_id=line.id, actor=visit.actor)
    return say_and_go_to(request, LIST, f"“{line.name}” is removed. The appointments that it told us of stay.")


def _find(visit: Visit, system_id: uuid.UUID) -> SystemLine:
    line = find_system(visit.clinic, system_id)
    if line is None:
        raise Http404
    return line


def _show_form(request: HttpRequest, kind: str, form: SystemForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    context = {**SECTION, "kind": kind, "title": dict(KINDS)[kind], "steps": steps_of(kind), "form": form}
    return render(request, "settings/booking_add.html", context, status=status)


def _show_once(request: HttpRequest, line: SystemLine, secret: str, address: str = "") -> HttpResponse:
    context = {**SECTION, "system": line, "secret": secret, "address": address}
    return render(request, "settings/booking_made.html", context)


def _say(name: str, report: services.ReadReport) -> str:
    def bookings(count: int) -> str:
        return f"{count} booking{'' if count == 1 else 's'}"

    parts = [f"{report.new} new", f"{report.changed} changed"]
    parts += [f"{report.left_out} older than this clinic keeps"] if report.left_out else []
    parts += [f"{report.refused} that could not be taken"] if report.refused else []
    more = "" if report.is_complete else " There are more: they are read in the background."
    return f"“{name}” answered: {bookings(report.seen)}, of which {', '.join(parts)}.{more}"
