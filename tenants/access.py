"""The one gate of the pages: signed in, member of the clinic, may do this, clinic's scope open; else nothing runs.

Machines come through `tenants.api` instead. Nothing here says what a page shows.
"""

import contextlib
import functools
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tenants import audit, refusals, selectors
from tenants.domain import PLATFORM, ClinicFacts, Role
from tenants.events import Actor, ActorKind, Event
from tenants.language import in_language_of
from tenants.masks import shorten_address
from tenants.models import User
from tenants.permissions import NEEDS_TWO_FACTORS, ROLE_MAY, Permission
from tenants.scope import as_clinic

SESSION_CLINIC = "clinic"
SESSION_STARTED = "started_at"  # seconds since 1970, as is the next
SESSION_SEEN = "seen_at"
SESSION_WANTED = "wanted"  # the page that somebody was kept from until they have a second factor
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at which clinic; what a gated view gets instead of asking the request."""

    clinic: ClinicFacts
    role: Role
    user_id: uuid.UUID
    memberships: Sequence[selectors.MembershipFacts]
    actor: Actor

    @property
    def may(self) -> frozenset[Permission]:
        """What this person may do here; in a template: `{% if "see_audit" in request.visit.may %}`."""
        return ROLE_MAY[self.role]

    def clinics_with(self, permission: Permission) -> Sequence[selectors.MembershipFacts]:
        """The memberships of this person, here and elsewhere, that give them a permission."""
        return [one for one in self.memberships if permission in ROLE_MAY[one.role]]

    @property
    def has_group(self) -> bool:
        """Whether there are figures of several clinics to be seen."""
        return len(self.clinics_with(Permission.SEE_FIGURES)) > 1


ClinicView = Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]
PlainView = Callable[Concatenate[HttpRequest, P], HttpResponse]


def clinic_page(
    permission: Permission, *, recent: bool = False, scoped: bool = True
) -> Callable[[ClinicView[P]], PlainView[P]]:
    """Gates a page: the view runs inside the clinic's scope and zone, for those who have the permission.

    Without `scoped` no scope is open: for long work, which opens short ones of its own and commits them one by one.

    With `recent` they must have signed in or confirmed who they are within the last 15 minutes; who has not is asked
    to, and comes back to this page (after a POST: to the page that it came from, which has nothing of it done).
    """

    def gate(view: ClinicView[P]) -> PlainView[P]:
        @functools.wraps(view)
        def gated(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                # Nobody comes back to an address that only takes forms: what was sent is lost, and the list shows it.
                return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("dashboard"))
            visit = open_visit(request)
            if visit is None:
                return render(request, "tenants/no_clinic.html", status=403)
            if must_add_second_factor(visit):
                return _lead_to_second_factor(request)
            if permission not in visit.may:
                _refuse(request, visit, permission)
            if recent and not signed_in_recently(request):
                return _ask_again(request)
            try:
                scope = as_clinic(visit.clinic.id) if scoped else contextlib.nullcontext()
                with scope, timezone.override(visit.clinic.zone), in_language_of(visit.clinic):
                    return view(request, visit, *args, **kwargs)
            except Http404:
                refusals.count("not_here", clinic_id=visit.clinic.id)
                raise

        gated.permission = permission  # type: ignore[attr-defined]  # the matrix of doors is tested against it
        return cast(PlainView[P], gated)

    return gate


def open_visit(request: HttpRequest) -> Visit | None:
    """The visit of a signed-in person to their current clinic; None for somebody without one. Asks the database each
    time, so that a role that was taken away is gone with the very next request."""
    membership, memberships = _current_membership(request)
    if membership is None:
        return None
    clinic = selectors.get_clinic(membership.clinic_id)
    user = _user(request)
    visit = Visit(clinic, membership.role, user.id, memberships, actor_of(request))
    request.visit = visit  # type: ignore[attr-defined]  # what the frame around the page shows
    request.memberships = memberships  # type: ignore[attr-defined]
    request.clinic = clinic  # type: ignore[attr-defined]
    return visit


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, for the audit trail; the address as its network only."""
    address = shorten_address(request.META.get("REMOTE_ADDR", ""))
    user = request.user
    if not isinstance(user, User):
        return Actor(ActorKind.NOBODY, None, address)
    return Actor(ActorKind.STAFF if user.is_staff else ActorKind.PERSON, user.id, address)


def person_of(request: HttpRequest) -> uuid.UUID:
    """The id of who is signed in; raises `PermissionDenied` for nobody."""
    return _user(request).id


def signed_in_recently(request: HttpRequest) -> bool:
    """Whether the person signed in, or confirmed who they are, within `ACCOUNT_REAUTHENTICATION_TIMEOUT`."""
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def must_add_second_factor(visit: Visit) -> bool:
    """Whether this person must have a second factor here and has none."""
    return lacks_second_factor(visit.role, visit.clinic, visit.user_id)


def lacks_second_factor(role: Role, clinic: ClinicFacts, user_id: uuid.UUID) -> bool:
    """The same, for pages and API. What the clinic asks for counts anywhere; what a role asks for, where the
    installation does."""
    by_role = settings.TWO_FACTORS_REQUIRED and role in NEEDS_TWO_FACTORS
    return (by_role or clinic.require_two_factors) and not selectors.has_second_factor(user_id)


def remember_clinic(request: HttpRequest, slug: str) -> bool:
    """Makes this the session's clinic; False when the person is no member of it."""
    for membership in selectors.list_memberships(_user(request).id, timezone.now()):
        if membership.clinic_slug == slug:
            request.session[SESSION_CLINIC] = str(membership.clinic_id)
            return True
    refusals.count("not_here", clinic_id=PLATFORM)
    return False


def _refuse(request: HttpRequest, visit: Visit, permission: Permission) -> None:
    """Raises `PermissionDenied`, on record."""
    note_refused_role(visit.actor, visit.clinic.id, visit.role, permission)
    raise PermissionDenied


def note_refused_role(actor: Actor, clinic_id: uuid.UUID, role: Role, permission: Permission) -> None:
    """Puts on record that a role was not enough: once in a while for each person, or a loop would fill the trail."""
    if refusals.count("role", clinic_id=clinic_id, once_for=actor.id):
        audit.record(Event.ACCESS_REFUSED, actor=actor, clinic_id=clinic_id, target=permission.value, role=role.value)


def _lead_to_second_factor(request: HttpRequest) -> HttpResponse:
    """To the page where one is added, which leads on to the page that was wanted."""
    if request.method == "GET":
        request.session[SESSION_WANTED] = request.get_full_path()
    return redirect("mfa_index")


def _ask_again(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path()
    if request.method != "GET":
        back = request.POST.get("back") or reverse("dashboard")
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _current_membership(
    request: HttpRequest,
) -> tuple[selectors.MembershipFacts | None, Sequence[selectors.MembershipFacts]]:
    """The session's clinic if the person is still a member of it, else the first; asked of the database each time."""
    memberships = selectors.list_memberships(_user(request).id, timezone.now())
    chosen = request.session.get(SESSION_CLINIC)
    for membership in memberships:
        if str(membership.clinic_id) == chosen:
            return membership, memberships
    return (memberships[0] if memberships else None), memberships
