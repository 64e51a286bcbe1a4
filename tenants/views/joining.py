"""Invitations as those see them who are invited. Every link that is worth nothing gets the same plain answer."""

import uuid
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tenants import joining, refusals, services
from tenants.access import actor_of
from tenants.forms.people import JoinForm, add_refusal
from tenants.pages import go_to, say_and_go_to
from tenants.selectors import HeldInvitation, InvitationState


@never_cache
@require_GET
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the token out of the address: it is not to be read over a shoulder, nor sent on as a referrer."""
    if not joining.hold(request, token):
        return _worth_nothing(request)
    response = redirect("invitation")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def show_invitation(request: HttpRequest) -> HttpResponse:
    """What the visitor has to do to join; with POST it is done."""
    invitation = joining.find_held(request)
    if invitation is None or invitation.state is InvitationState.GONE:
        return _worth_nothing(request)
    is_invited = request.user.is_authenticated and request.user.email == invitation.email
    if invitation.state is InvitationState.ACCEPTED:
        # A second click, or a second tab: it is done, and no reason to frighten anybody.
        return go_to("worklist") if is_invited and request.method == "POST" else _worth_nothing(request)
    if invitation.state is InvitationState.LINK_EXPIRED:
        return render(request, "tenants/invitation_expired.html")
    if request.user.is_authenticated:
        if is_invited:
            return _join(request, invitation, request.user.pk)
        return render(request, "tenants/invitation_for_another.html", {"invitation": invitation})
    return _sign_in_first() if invitation.must_sign_in else _register(request, invitation)


@never_cache
@require_POST
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """The answer is the same whatever came of it."""
    credential = joining.held_credential(request)
    if credential:
        services.send_fresh_link(credential=credential, now=timezone.now(), actor=actor_of(request))
    return go_to("invitation_sent")


@never_cache
@require_GET
def show_sent(request: HttpRequest) -> HttpResponse:
    """That a fresh link is on its way, whoever asked."""
    return render(request, "tenants/invitation_sent.html")


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """For whoever finds somebody else signed in."""
    joining.sign_out(request)
    return go_to("invitation")


def _join(request: HttpRequest, invitation: HeldInvitation, user_id: uuid.UUID) -> HttpResponse:
    if request.method == "GET":
        return render(request, "tenants/invitation_join.html", {"invitation": invitation})
    try:
        joined = services.join_clinic(
            credential=joining.held_credential(request) or "",
            user_id=user_id,
            now=timezone.now(),
            actor=actor_of(request),
        )
    except services.UnknownInvitation:
        return _worth_nothing(request)
    joining.remember(request, joined.clinic_id)
    return say_and_go_to(request, "worklist", f"Welcome to {joined.clinic_name}.")


def _register(request: HttpRequest, invitation: HeldInvitation) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = JoinForm(data, min_length=invitation.min_password_length)
    if form.is_valid():
        try:
            joined = services.register_and_join(
                credential=joining.held_credential(request) or "",
                **form.cleaned_data,
                now=timezone.now(),
                actor=actor_of(request),
            )
        except services.BadPassword as error:
            form.add_error("password", error.reasons)
        except services.BadInput as error:
            add_refusal(form, error)
        except services.MustSignIn:
            return _sign_in_first()
        except services.UnknownInvitation:
            return _worth_nothing(request)
        else:
            joining.remember(request, joined.clinic_id)
            messages.success(request, f"Welcome to {joined.clinic_name}.")
            return joining.sign_in(request, joined.user_id, reverse("worklist"))
    return render(request, "tenants/invitation_register.html", {"invitation": invitation, "form": form})


def _sign_in_first() -> HttpResponse:
    return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('invitation')})}")


def _worth_nothing(request: HttpRequest) -> HttpResponse:
    """Used, withdrawn, too old, replaced by a newer link, made up: nobody learns which."""
    refusals.count("invitation")
    return render(request, "tenants/invitation_gone.html", status=HTTPStatus.NOT_FOUND)
