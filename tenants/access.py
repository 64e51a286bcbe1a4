"""The one gate of the pages: signed in, member of the clinic, right role, clinic's scope open; else nothing runs.

Machines come through `tenants.api` instead. Nothing here says what a page shows.
"""

import functools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenants import selectors
from tenants.domain import ClinicFacts, Role
from tenants.models import User
from tenants.scope import as_clinic

SESSION_CLINIC = "clinic"
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at which clinic; what a gated view gets instead of asking the request."""

    clinic: ClinicFacts
    role: Role
    user_id: uuid.UUID
    memberships: Sequence[selectors.MembershipFacts]


ClinicView = Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]
PlainView = Callable[Concatenate[HttpRequest, P], HttpResponse]


def clinic_page(*roles: Role) -> Callable[[ClinicView[P]], PlainView[P]]:
    """Gates a page: the view runs inside the clinic's scope and zone, for these roles (none named: any member)."""

    def gate(view: ClinicView[P]) -> PlainView[P]:
        @functools.wraps(view)
        def gated(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            membership, memberships = _current_membership(request)
            if membership is None:
                return render(request, "tenants/no_clinic.html", status=403)
            if roles and membership.role not in roles:
                raise PermissionDenied
            clinic = selectors.get_clinic(membership.clinic_id)
            visit = Visit(clinic, membership.role, _user(request).id, memberships)
            request.memberships = memberships  # type: ignore[attr-defined]  # the frame's clinic switcher
            request.clinic = clinic  # type: ignore[attr-defined]
            with as_clinic(clinic.id), timezone.override(clinic.zone):
                return view(request, visit, *args, **kwargs)

        return cast(PlainView[P], login_required(gated))

    return gate


def remember_clinic(request: HttpRequest, slug: str) -> bool:
    """Makes this the session's clinic; False when the person is no member of it."""
    for membership in selectors.list_memberships(_user(request).id):
        if membership.clinic_slug == slug:
            request.session[SESSION_CLINIC] = str(membership.clinic_id)
            return True
    return False


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _current_membership(
    request: HttpRequest,
) -> tuple[selectors.MembershipFacts | None, Sequence[selectors.MembershipFacts]]:
    """The session's clinic if the person is still a member of it, else the first; asked of the database each time."""
    memberships = selectors.list_memberships(_user(request).id)
    chosen = request.session.get(SESSION_CLINIC)
    for membership in memberships:
        if str(membership.clinic_id) == chosen:
            return membership, memberships
    return (memberships[0] if memberships else None), memberships
