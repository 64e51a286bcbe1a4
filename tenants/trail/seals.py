"""A checkpoint: how it is written down, signed with Ed25519, and checked. Pure: it works offline.

Who can read a public key can check; only who holds the seed can sign. The seed is with the worker and nobody else.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CHECKPOINT_VERSION: Final = "ringback/checkpoint/v1"
NO_CHECKPOINT: Final = bytes(32)  # what stands before the first one
_KEY_BYTES = 32


class BadKey(ValueError):
    """Not 32 bytes in base64."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`at` in microseconds since the Unix epoch; `key` names the public key; `previous` is the checkpoint's before."""

    at: int
    root: bytes
    previous: bytes
    trails: int
    key: str
    signature: bytes = b""
    id: int = 0  # where it stands in a database; not part of what is signed

    @property
    def text(self) -> bytes:
        """What is signed: one field a line."""
        fields = (CHECKPOINT_VERSION, str(self.at), self.root.hex(), self.previous.hex(), str(self.trails), self.key)
        return "\n".join(fields).encode()

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.text + self.signature).digest()


def public_key_of(seed: str) -> bytes:
    """The public key of a signing key's seed (base64 of 32 bytes). Raises `BadKey`."""
    return _private(seed).public_key().public_bytes_raw()


def read_public_key(text: str) -> bytes:
    """Raises `BadKey`."""
    return _decode(text, "A public key")


def key_name(public_key: bytes) -> str:
    """The short name by which a checkpoint says who signed it."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def sign(checkpoint: Checkpoint, seed: str) -> Checkpoint:
    """The checkpoint with its signature."""
    return replace(checkpoint, signature=_private(seed).sign(checkpoint.text))


def is_signed(checkpoint: Checkpoint, public_keys: Mapping[str, bytes]) -> bool:
    """Whether one of the keys (by name) has signed it."""
    public_key = public_keys.get(checkpoint.key)
    if public_key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(checkpoint.signature, checkpoint.text)
    except InvalidSignature:
        return False
    return True


def _private(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_decode(seed, "AUDIT_SIGNING_KEY"))


def _decode(text: str, what: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey(f"{what} must be base64.") from error
    if len(key) != _KEY_BYTES:
        raise BadKey(f"{what} must be 32 bytes in base64.")
    return key
