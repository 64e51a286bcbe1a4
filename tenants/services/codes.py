"""Lets each code of an authenticator app be used once, at whichever door: pages and API share what is remembered.

Whether a code is right is allauth's to say. It remembers a used one for half a minute, but with a tolerance of a step
to both sides a code is right for a minute and a half: for so long it is remembered here.
"""

import uuid

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from django.core.cache import cache

_USED = "two-factor-code-used"


def use_code_once(*, user_id: uuid.UUID, code: str) -> bool:
    """Whether this is the first use of a code that is right; marks it as used."""
    seconds = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    return bool(cache.add(f"{_USED}:{user_id}:{normalize_user_code(code)}", True, timeout=seconds))
