"""Writes of people's sign-ins to the API: a family of refresh tokens each, of which only hashes are kept.

A refresh token can be used once. When one comes a second time, somebody has a copy: the whole family ends.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from tenants.events import Actor, ActorKind, Event
from tenants.models import RefreshToken, TokenFamily, User
from tenants.services.keys import hash_secret
from tenants.services.sign_ins import record_for_person
from tenants.tokens import Claims, make_access_token

FAMILY_LIFE: Final = timedelta(days=14)
_REFRESH_BYTES: Final = 32


class TokenRefused(Exception):
    """The refresh token is none, or it was used, or its sign-in has ended."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """In clear for the only time."""

    access: str
    refresh: str


def issue_tokens(*, user_id: uuid.UUID, password_hash: str, now: datetime, actor: Actor, **details: Any) -> TokenPair:
    """The first pair of a new family. `password_hash` is what the person signed in with: whoever changes it meanwhile
    ends this sign-in, too. Raises `TokenRefused`."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        if not user.is_active or user.password != password_hash:
            raise TokenRefused
        TokenFamily.objects.filter(user_id=user_id, expires_at__lte=now).delete()
        family = TokenFamily.objects.create(user_id=user_id, created_at=now, expires_at=now + FAMILY_LIFE)
        pair = _next_pair(family, now)
        record_for_person(Event.TOKENS_ISSUED, user_id=user_id, actor=actor, now=now, target=user_id, **details)
    return pair


def refresh_tokens(*, refresh: str, now: datetime, address: str) -> TokenPair:
    """The next pair for a refresh token that was not used yet. Raises `TokenRefused`.

    `address` is the network that asks. Of several uses at once one succeeds; the others are second uses, and end the
    family with what the one was given.
    """
    with transaction.atomic():
        token = _find_locked(refresh)
        if token is None or not _is_open(token.family, now):
            pair = None
        elif token.used_at is not None:
            pair = None
            # Whether the person or a thief came second is not known.
            _end(token.family, Event.TOKENS_REUSED, "reused", now, Actor(ActorKind.NOBODY, None, address))
        else:
            token.used_at = now
            token.save(update_fields=["used_at"])
            pair = _next_pair(token.family, now)
    if pair is None:  # outside of the transaction: that a family ended must stay
        raise TokenRefused
    return pair


def revoke_tokens(*, refresh: str, now: datetime, address: str) -> bool:
    """Ends the sign-in that the token belongs to, its access tokens too; False when there is nothing to end."""
    with transaction.atomic():
        token = _find_locked(refresh)
        if token is None or not _is_open(token.family, now):
            return False
        _end(token.family, Event.TOKENS_ENDED, "revoked", now, actor_for(token.family.user, address))
    return True


def forget_expired_tokens(now: datetime) -> int:
    """Deletes sign-ins to the API that are over by age, with their tokens' hashes; returns how many rows."""
    count, _ = TokenFamily.objects.filter(expires_at__lte=now).delete()
    return count


def actor_for(user: User, address: str) -> Actor:
    """The person as who did it."""
    return Actor(ActorKind.STAFF if user.is_staff else ActorKind.PERSON, user.id, address)


def _next_pair(family: TokenFamily, now: datetime) -> TokenPair:
    refresh = secrets.token_urlsafe(_REFRESH_BYTES)
    RefreshToken.objects.create(family=family, token_hash=hash_secret(refresh), created_at=now)
    access = make_access_token(Claims(family.user_id, family.id), now=now, expires_at=family.expires_at)
    return TokenPair(access, refresh)


def _find_locked(refresh: str) -> RefreshToken | None:
    """The token, its family locked; whether it was used is read under the lock."""
    hashed = hash_secret(refresh)
    family_id = RefreshToken.objects.filter(token_hash=hashed).values_list("family_id", flat=True).first()
    # Two steps: a lock taken by a join would not wait for what the other one writes into the token's row.
    if family_id is None or not TokenFamily.objects.select_for_update().filter(pk=family_id).exists():
        return None
    return RefreshToken.objects.select_related("family__user").filter(token_hash=hashed).first()


def _is_open(family: TokenFamily, now: datetime) -> bool:
    return family.ended_at is None and now < family.expires_at and family.user.is_active


def _end(family: TokenFamily, event: Event, reason: str, now: datetime, actor: Actor) -> None:
    TokenFamily.objects.filter(pk=family.pk).update(ended_at=now, end_reason=reason)
    user_id = family.user_id
    record_for_person(event, user_id=user_id, actor=actor, now=now, target=user_id)
