"""Invitations as a clinic's admins see them: inviting, sending again, withdrawing."""

import uuid
from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from tenants import services
from tenants.access import Visit, clinic_page
from tenants.forms.people import InviteForm, add_refusal, reason_of
from tenants.pages import go_to, next_page, say_and_go_to
from tenants.permissions import Permission


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_PEOPLE, recent=True)
def invite(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`email`, `role`. The answer is the same whether somebody has that address already or not."""
    form = InviteForm(request.POST) if request.method == "POST" else InviteForm()
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            services.invite_member(
                clinic_id=visit.clinic.id,
                email=email,
                role=form.chosen_role,
                now=timezone.now(),
                actor=visit.actor,
                if_unsent=_say_unsent(request),
            )
        except services.BadInput as error:
            add_refusal(form, error)
        else:
            return say_and_go_to(request, next_page(visit.clinic, "settings_people"), f"{email} is invited.")
    return render(request, "settings/invite.html", {"section": "settings", "form": form})


@require_POST
@clinic_page(Permission.MANAGE_PEOPLE, recent=True)
def send_again(request: HttpRequest, visit: Visit, invitation_id: uuid.UUID) -> HttpResponse:
    """404 for an invitation that is not open, or another clinic's."""
    try:
        email = services.send_invitation_again(
            clinic_id=visit.clinic.id,
            invitation_id=invitation_id,
            now=timezone.now(),
            actor=visit.actor,
            if_unsent=_say_unsent(request),
        )
    except services.UnknownInvitation as error:
        raise Http404 from error
    except services.TooManyInvitations as error:
        messages.error(request, reason_of(error))
        return go_to("settings_people")
    return say_and_go_to(request, "settings_people", f"{email} has a new link; the old one is worth nothing.")


@require_POST
@clinic_page(Permission.MANAGE_PEOPLE, recent=True)
def withdraw(request: HttpRequest, visit: Visit, invitation_id: uuid.UUID) -> HttpResponse:
    """404 for an invitation that is not open, or another clinic's."""
    try:
        email = services.withdraw_invitation(
            clinic_id=visit.clinic.id, invitation_id=invitation_id, now=timezone.now(), actor=visit.actor
        )
    except services.UnknownInvitation as error:
        raise Http404 from error
    return say_and_go_to(request, "settings_people", f"The invitation of {email} is withdrawn.")


def _say_unsent(request: HttpRequest) -> Callable[[], None]:
    """Called once all is stored: the invitation is there, its mail is not."""
    text = "But the mail did not go out. The invitation stands: send it again in a while."
    return partial(messages.error, request, text)
