"""Keys that are derived from SECRET_KEY, one for each purpose, so that nothing made for one is of use for another.

A new SECRET_KEY makes new ones: access tokens end, and limits begin anew. It keeps no key and writes none down.
"""

import functools

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES = 32


def derive_key(purpose: str) -> bytes:
    """32 bytes: HKDF-SHA-256 (RFC 5869) of SECRET_KEY, with the purpose as its info."""
    return _derive(settings.SECRET_KEY, purpose)


@functools.lru_cache(maxsize=16)
def _derive(secret: str, purpose: str) -> bytes:
    hkdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=b"ringback", info=purpose.encode())
    return hkdf.derive(secret.encode())
