"""One hash over the heads of many trails, and the way from one of them to it. Pure.

Who holds a root and the path of a trail can tell that this trail ended there, without seeing any other. Leaves and
nodes are hashed with different first bytes, so that neither can be passed off as the other; a node without a neighbour
goes up as it is.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

EMPTY_ROOT: Final = bytes(32)
_LEAF, _NODE = b"\x00ringback/head/v1", b"\x01"
Path = Sequence[Sequence[str]]  # [[side, hex], …]: on which side the neighbour stands, from the leaf up


class BadPath(ValueError):
    """Not a path that we wrote."""


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """Where a trail ends: the number and the hash of its last row."""

    clinic_id: uuid.UUID
    seq: int
    hash: bytes


def leaf_hash(head: Head) -> bytes:
    """Of where a trail ends."""
    return hashlib.sha256(_LEAF + head.clinic_id.bytes + head.seq.to_bytes(8, "big") + head.hash).digest()


def build_tree(heads: Iterable[Head]) -> list[list[bytes]]:
    """All levels, from the leaves (by clinic) up to the root."""
    levels = [[leaf_hash(head) for head in sorted(heads)]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = (below[start : start + 2] for start in range(0, len(below), 2))
        levels.append([_join(*pair) if len(pair) == 2 else pair[0] for pair in pairs])
    return levels


def root_of(levels: Sequence[Sequence[bytes]]) -> bytes:
    """Of a tree from `build_tree`."""
    return levels[-1][0] if levels[-1] else EMPTY_ROOT


def path_of(levels: Sequence[Sequence[bytes]], index: int) -> list[list[str]]:
    """The neighbours that the leaf needs to come to the root."""
    path: list[list[str]] = []
    for level in levels[:-1]:
        neighbour = index ^ 1
        if neighbour < len(level):
            path.append(["left" if neighbour < index else "right", level[neighbour].hex()])
        index //= 2
    return path


def follow_path(head: Head, path: Path) -> bytes:
    """The root to which the path leads. Raises `BadPath`."""
    reached = leaf_hash(head)
    try:
        for side, text in path:
            neighbour = bytes.fromhex(text)
            reached = {"left": _join(neighbour, reached), "right": _join(reached, neighbour)}[side]
    except (KeyError, TypeError, ValueError) as error:
        raise BadPath("The path is not one of ours.") from error
    return reached


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
