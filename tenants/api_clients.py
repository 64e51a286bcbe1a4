"""Who asks the API: a machine by its key, a person by an access token. What they may is asked anew each time.

It knows no door. What is wrong with a key or a token is told to nobody: one answer for all of it, and a limit.
"""

import hmac
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NoReturn

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.request import Request

from tenants import refusals, throttles
from tenants.access import lacks_second_factor
from tenants.domain import ClinicFacts, Role
from tenants.events import Actor, ActorKind
from tenants.masks import shorten_address
from tenants.permissions import Permission, may
from tenants.problems import ApiProblem
from tenants.selectors import ApiKeyFacts, MembershipFacts, find_api_key, find_sign_in, get_clinic, list_memberships
from tenants.services import API_KEY_MARK, hash_secret, note_key_use
from tenants.tokens import BadToken, read_access_token

KEY_SCHEME: Final = "Api-Key"
TOKEN_SCHEME: Final = "Bearer"  # noqa: S105 - a name
CLINIC_HEADER: Final = "X-Clinic"
_CHALLENGE: Final = f'{KEY_SCHEME} realm="api", {TOKEN_SCHEME} realm="api"'
_KEY = re.compile(rf"{API_KEY_MARK}_([0-9a-z]{{1,16}})_([A-Za-z0-9_-]{{16,128}})")
_NOBODYS_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, in which clinic: `request.auth` of each request that is let in. A key has scopes, a person a role."""

    clinic: ClinicFacts
    actor: Actor
    id: uuid.UUID  # the key's or the person's
    scopes: frozenset[str] = frozenset()
    role: Role | None = None

    @property
    def user_id(self) -> uuid.UUID | None:
        return self.id if self.role else None

    def may(self, scope: str | None, permission: Permission | None) -> bool:
        """Whether the key has the scope, or the person's role the permission; neither, when a door names none."""
        if self.role is not None:
            return permission is not None and may(self.role, permission)
        return scope is not None and scope in self.scopes


Admitted = tuple[AnonymousUser, Client]  # there is no user to ask anything of: doors ask `request.auth`


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key rbk_<prefix>_<secret>`."""

    def authenticate(self, request: Request) -> Admitted | None:
        """None when the header names another scheme or is not there. A wrong key costs the same whatever is wrong."""
        key = _credentials(request, KEY_SCHEME)
        if key is None:
            return None
        spelt = _KEY.fullmatch(key)
        prefix, secret = spelt.groups() if spelt else ("", "")
        facts = find_api_key(prefix, timezone.now())
        is_right = hmac.compare_digest(hash_secret(secret), facts.secret_hash if facts else _NOBODYS_HASH)
        if facts is None or not is_right:
            _refuse(request, "api_key")
        _note_use(facts)
        actor = Actor(ActorKind.KEY, facts.id, address_of(request))
        return AnonymousUser(), Client(get_clinic(facts.clinic_id), actor, facts.id, scopes=facts.scopes)

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`, and `X-Clinic: <slug>` from people with several clinics."""

    def authenticate(self, request: Request) -> Admitted | None:
        """None when the header names another scheme or is not there."""
        token = _credentials(request, TOKEN_SCHEME)
        if token is None:
            return None
        now = timezone.now()
        try:
            claims = read_access_token(token)
        except BadToken:
            _refuse(request, "token")
        person = find_sign_in(claims.family_id, claims.user_id, now)
        if person is None:
            _refuse(request, "token")
        membership = _choose(list_memberships(person.user_id, now), request.headers.get(CLINIC_HEADER))
        clinic = get_clinic(membership.clinic_id)
        if lacks_second_factor(membership.role, clinic, person.user_id):
            detail = "Your role or your clinic asks for a second factor. Add one on the pages, then sign in again."
            raise ApiProblem(HTTPStatus.FORBIDDEN, detail, kind="second_factor_needed")
        kind = ActorKind.STAFF if person.is_staff else ActorKind.PERSON
        actor = Actor(kind, person.user_id, address_of(request))
        return AnonymousUser(), Client(clinic, actor, person.user_id, role=membership.role)

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE


def client_of(request: Request) -> Client:
    """Who asks; raises where nobody has signed in."""
    if not isinstance(request.auth, Client):
        raise NotAuthenticated
    return request.auth


def address_of(request: Request) -> str:
    """The network that asks, never a whole address."""
    return shorten_address(request.META.get("REMOTE_ADDR", ""))


def _credentials(request: Request, scheme: str) -> str | None:
    named, _, rest = request.headers.get("Authorization", "").partition(" ")
    return rest.strip() if named.lower() == scheme.lower() else None


def _refuse(request: Request, what: str) -> NoReturn:
    """Counted, and limited by network: who is right is let in all the same, who is wrong gets 429 after a while."""
    refusals.count(what)
    wait = throttles.FAILURES.take(address_of(request))
    raise Throttled(wait) if wait else AuthenticationFailed


def _note_use(facts: ApiKeyFacts) -> None:
    now = timezone.now()
    if facts.last_used_at is None or facts.last_used_at < now.replace(minute=0, second=0, microsecond=0):
        note_key_use(clinic_id=facts.clinic_id, key_id=facts.id, now=now)


def _choose(memberships: Sequence[MembershipFacts], slug: str | None) -> MembershipFacts:
    """The clinic that the header names; without a header the only one there is."""
    if slug is None and len(memberships) == 1:
        return memberships[0]
    if slug is None:
        status = HTTPStatus.BAD_REQUEST if memberships else HTTPStatus.FORBIDDEN
        kind = "clinic_needed" if memberships else "no_clinic"
        detail = f"Name one of your clinics in the header {CLINIC_HEADER}." if memberships else "You have no clinic."
        raise ApiProblem(status, detail, kind=kind)
    for membership in memberships:
        if membership.clinic_slug == slug:
            return membership
    refusals.count("not_here")
    raise ApiProblem(HTTPStatus.NOT_FOUND, "You have no clinic of this name.", kind="unknown_clinic")
