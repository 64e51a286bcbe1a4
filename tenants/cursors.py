"""Turns a row's position (time, id) into the opaque text of a page's address and back; holds nothing secret.

Pure. A cursor that somebody made up points at some place in his own list and nowhere else.
"""

import base64
import binascii
import struct
import uuid
from datetime import UTC, datetime, timedelta

Position = tuple[datetime, uuid.UUID]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPE = struct.Struct(">c q 16s")
_FORWARDS, _BACKWARDS = b"n", b"p"


class BadCursor(ValueError):
    """Not a cursor that we made."""


def write_cursor(position: Position, *, forwards: bool) -> str:
    """URL-safe text for the page after (or, backwards, before) this row."""
    at, row_id = position
    micros = (at - _EPOCH) // timedelta(microseconds=1)
    packed = _SHAPE.pack(_FORWARDS if forwards else _BACKWARDS, micros, row_id.bytes)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(text: str) -> tuple[Position, bool]:
    """The position and whether the list goes forwards from it. Raises `BadCursor`."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        way, micros, row_id = _SHAPE.unpack(packed)
        at = _EPOCH + timedelta(microseconds=micros)
    except (binascii.Error, struct.error, ValueError, OverflowError) as error:
        raise BadCursor("The cursor is not one of ours.") from error
    if way not in {_FORWARDS, _BACKWARDS}:
        raise BadCursor("The cursor is not one of ours.")
    return (at, uuid.UUID(bytes=row_id)), way == _FORWARDS
