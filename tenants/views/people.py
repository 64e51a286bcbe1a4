"""The people of a clinic: who they are, what they may do, and taking it away."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from tenants import selectors, services
from tenants.access import Visit, clinic_page
from tenants.forms.people import RoleForm, add_refusal, reason_of
from tenants.pages import go_to, say_and_go_to
from tenants.permissions import Permission


@require_GET
@clinic_page(Permission.SEE_PEOPLE)
def show_people(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Members and open invitations."""
    context = {
        "section": "settings",
        "members": selectors.list_members(visit.clinic.id),
        "invitations": selectors.list_invitations(visit.clinic.id, timezone.now()),
    }
    return render(request, "settings/people.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_PEOPLE, recent=True)
def change_role(request: HttpRequest, visit: Visit, user_id: uuid.UUID) -> HttpResponse:
    """`role`. 404 for somebody who is no member here."""
    member = _find_member(visit, user_id)
    form = RoleForm(request.POST) if request.method == "POST" else RoleForm(initial={"role": member.role.value})
    if request.method == "POST" and form.is_valid():
        try:
            is_changed = services.change_role(
                clinic_id=visit.clinic.id,
                user_id=user_id,
                role=form.chosen_role,
                now=timezone.now(),
                actor=visit.actor,
            )
        except services.BadInput as error:
            add_refusal(form, error)
        except services.UnknownMember as error:
            raise Http404 from error
        else:
            done = f"{member.called} is {form.chosen_role.value} now." if is_changed else "Nothing has been changed."
            return say_and_go_to(request, "settings_people", done)
    context = {"section": "settings", "member": member, "form": form, "is_self": user_id == visit.user_id}
    return render(request, "settings/change_role.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_PEOPLE, recent=True)
def remove_member(request: HttpRequest, visit: Visit, user_id: uuid.UUID) -> HttpResponse:
    """Asks first. 404 for somebody who is no member here; whoever means himself leaves instead."""
    if user_id == visit.user_id:
        return go_to("leave_clinic")
    member, problem = _find_member(visit, user_id), ""
    if request.method == "POST":
        problem = _take_out(visit, user_id)
        if not problem:
            return say_and_go_to(request, "settings_people", f"{member.called} has been removed.")
    context = {"section": "settings", "member": member, "problem": problem}
    return render(request, "settings/remove_member.html", context)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.SEE_WORK, recent=True)
def leave_clinic(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Asks first. Open to every member: nobody has to stay. Support access is no membership: 404."""
    _find_member(visit, visit.user_id)
    problem = ""
    if request.method == "POST":
        problem = _take_out(visit, visit.user_id, but_session=request.session.session_key)
        if not problem:
            return say_and_go_to(request, "worklist", f"You have left {visit.clinic.name}.")
    return render(request, "settings/leave_clinic.html", {"section": "settings", "problem": problem})


def _take_out(visit: Visit, user_id: uuid.UUID, but_session: str | None = None) -> str:
    """Why it was refused; empty when it is done."""
    try:
        services.remove_member(
            clinic_id=visit.clinic.id,
            user_id=user_id,
            now=timezone.now(),
            actor=visit.actor,
            but_session=but_session,
        )
    except services.LastAdmin as error:
        return reason_of(error)
    except services.UnknownMember as error:
        raise Http404 from error
    return ""


def _find_member(visit: Visit, user_id: uuid.UUID) -> selectors.MemberFacts:
    try:
        return selectors.find_member(visit.clinic.id, user_id)
    except selectors.UnknownMember as error:
        raise Http404 from error
