"""The pages of outgoing webhooks: where a clinic's news is sent, what became of it, and making it stop.

A secret is shown once, in the answer that makes it; an address never with its path.
"""

import uuid
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attribution import services
from attribution.forms.outgoing import TargetForm
from attribution.selectors import TargetLine, find_target, list_messages, list_targets
from tenants.access import Visit, clinic_page
from tenants.pages import say_and_go_to
from tenants.permissions import Permission

SECTION = {"section": "settings"}
RESTING = "Resume it first: nothing is sent there now."


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_targets(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them, and how they are."""
    context = {**SECTION, "targets": list_targets(visit.clinic, timezone.now()), "may_manage": _may_manage(visit)}
    return render(request, "settings/webhooks.html", context)


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_target(request: HttpRequest, visit: Visit, target_id: uuid.UUID) -> HttpResponse:
    """One, with the log of its last messages."""
    target = _find(visit, target_id)
    context = {
        **SECTION,
        "target": target,
        "messages_sent": list_messages(visit.clinic, target_id),
        "may_manage": _may_manage(visit),
    }
    return render(request, "settings/webhook.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def add_target(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The form; then, once, the secret."""
    form = TargetForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.add_target(
                clinic_id=visit.clinic.id, details=form.wanted(), now=timezone.now(), actor=visit.actor
            )
        except services.BadOutgoing as problem:
            form.refuse(problem)
        else:
            return _show_secret(request, visit, made)
    return _show_form(request, form, "settings/webhook_add.html", {})


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def change_target(request: HttpRequest, visit: Visit, target_id: uuid.UUID) -> HttpResponse:
    """Another name, address or choice of events."""
    target = _find(visit, target_id)
    known = {"name": target.name, "events": [event.value for event in target.events]}
    form = TargetForm(request.POST if request.method == "POST" else None, is_new=False, initial=known)
    if form.is_valid():
        try:
            services.change_target(
                clinic_id=visit.clinic.id, target_id=target_id, details=form.wanted(), now=timezone.now(),
                actor=visit.actor,
            )  # fmt: skip
        except services.BadOutgoing as problem:
            form.refuse(problem)
        else:
            return say_and_go_to(request, _page(target_id), "Saved.")
    return _show_form(request, form, "settings/webhook_change.html", {"target": target})


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def pause_target(request: HttpRequest, visit: Visit, target_id: uuid.UUID) -> HttpResponse:
    """Nothing is sent there until it is resumed."""
    target = _find(visit, target_id)
    services.pause_target(clinic_id=visit.clinic.id, target_id=target_id, now=timezone.now(), actor=visit.actor)
    return say_and_go_to(request, _page(target_id), f"“{target.name}” is paused. What happens meanwhile is not told.")


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def resume_target(request: HttpRequest, visit: Visit, target_id: uuid.UUID) -> HttpResponse:
    """After a pause, or after it was switched off."""
    target = _find(visit, target_id)
    services.resume_target(clinic_id=visit.clinic.id, target_id=target_id, now=timezone.now(), actor=visit.actor)
    return say_and_go_to(request, _page(target_id), f"“{target.name}” is told again.")


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def send_test(request: HttpRequest, visit: Visit, target_id: uuid.UUID) -> HttpResponse:
    """A message that means nothing; what came of it is in the log within seconds."""
    _find(visit, target_id)
    done = "The test is on its way. Load this page again in some seconds to see what came of it."
    try:
        services.send_test(clinic_id=visit.clinic.id, target_id=target_id, now=timezone.now(), actor=visit.actor)
    except services.TargetResting:
        done = RESTING
    return say_and_go_to(request, _page(target_id), done)


@require_POST
@clinic_page(Permission.MANAGE_CONNECTIONS)
def send_message_again(request: HttpRequest, visit: Visit, target_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """The same message under the same id."""
    _find(visit, target_id)
    done = "It is on its way again, under the same id."
    try:
        services.send_message_again(
            clinic_id=visit.clinic.id, target_id=target_id, message_id=message_id, now=timezone.now(),
            actor=visit.actor,
        )  # fmt: skip
    except services.UnknownTarget as error:
        raise Http404 from error
    except services.TargetResting:
        done = RESTING
    return say_and_go_to(request, _page(target_id), done)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def rotate_target_secret(request: HttpRequest, visit: Visit, target_id: uuid.UUID) -> HttpResponse:
    """Says what it means; then makes one and shows it once."""
    target = _find(visit, target_id)
    if request.method == "GET":
        return render(request, "settings/webhook_secret.html", {**SECTION, "target": target})
    made = services.rotate_target_secret(
        clinic_id=visit.clinic.id, target_id=target_id, now=timezone.now(), actor=visit.actor
    )
    return _show_secret(request, visit, made)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_CONNECTIONS, recent=True)
def remove_target(request: HttpRequest, visit: Visit, target_id: uuid.UUID) -> HttpResponse:
    """Asks first."""
    target = _find(visit, target_id)
    if request.method == "GET":
        return render(request, "settings/webhook_remove.html", {**SECTION, "target": target})
    services.remove_target(clinic_id=visit.clinic.id, target_id=target_id, actor=visit.actor)
    return say_and_go_to(request, "settings_webhooks", f"“{target.name}” is removed.")


def _show_form(request: HttpRequest, form: TargetForm, page: str, context: dict[str, object]) -> HttpResponse:
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, page, {**SECTION, "form": form, **context}, status=status)


def _show_secret(request: HttpRequest, visit: Visit, made: services.NewTarget) -> HttpResponse:
    context = {**SECTION, "target": _find(visit, made.id), "secret": made.secret}
    return render(request, "settings/webhook_made.html", context)


def _find(visit: Visit, target_id: uuid.UUID) -> TargetLine:
    target = find_target(visit.clinic, target_id, timezone.now())
    if target is None:
        raise Http404
    return target


def _may_manage(visit: Visit) -> bool:
    return Permission.MANAGE_CONNECTIONS in visit.may


def _page(target_id: uuid.UUID) -> str:
    return reverse("settings_webhook", args=[target_id])
