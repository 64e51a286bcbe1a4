"""Encrypts the few secrets that must be read again (caller keys, provider secrets) with AES-256-GCM.

The key-encryption key comes from the environment and is held by no table and no dump. The context (what the secret is
for) is authenticated, so that a ciphertext that was moved to another row does not open.
"""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_NONCE_BYTES = 12


class CannotUnwrap(Exception):
    """The secret was wrapped under another key-encryption key or for another purpose."""


def _cipher() -> AESGCM:
    try:
        key = base64.b64decode(settings.KEY_ENCRYPTION_KEY, validate=True)
    except binascii.Error as error:
        raise ImproperlyConfigured("KEY_ENCRYPTION_KEY is not base64.") from error
    if len(key) != 32:
        raise ImproperlyConfigured("KEY_ENCRYPTION_KEY must be 32 bytes in base64.")
    return AESGCM(key)


def wrap(secret: bytes, context: str) -> bytes:
    """nonce ‖ ciphertext ‖ tag."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, secret, context.encode())


def unwrap(wrapped: bytes | memoryview, context: str) -> bytes:
    """The secret; raises `CannotUnwrap` if it was wrapped with another key or context."""
    try:
        return _cipher().decrypt(
            bytes(wrapped[:_NONCE_BYTES]),
            bytes(wrapped[_NONCE_BYTES:]),
            context.encode(),
        )
    except InvalidTag as error:
        raise CannotUnwrap(context) from error
