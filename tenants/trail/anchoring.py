"""Verifies checkpoints and anchors: by their signatures, against each other, and against what is kept elsewhere. Pure.

It trusts no table: whoever can write to all of them still can't sign.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tenants.trail.merkle import BadPath, Head, Path, build_tree, follow_path, root_of
from tenants.trail.seals import NO_CHECKPOINT, Checkpoint, is_signed
from tenants.trail.verification import Fault, Problem, Sighting


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a trail ended at a checkpoint, and the path from there to its root."""

    head: Head
    path: Path
    checkpoint_id: int

    @property
    def sighting(self) -> Sighting:
        return Sighting(self.head, f"Checkpoint {self.checkpoint_id}")


def verify_checkpoints(checkpoints: Iterable[Checkpoint], public_keys: Mapping[str, bytes]) -> Problem | None:
    """In the order in which they were made. Signatures are left out when there is no key to check them with."""
    previous: bytes | None = None
    for checkpoint in checkpoints:
        if public_keys and not is_signed(checkpoint, public_keys):
            return Problem(Fault.SIGNATURE_WRONG, f"{name_checkpoint(checkpoint)} is not signed by a key that we know.")
        if previous is not None and checkpoint.previous != previous:
            return Problem(
                Fault.CHECKPOINTS_BROKEN, f"{name_checkpoint(checkpoint)} does not follow the one before it."
            )
        previous = checkpoint.hash
    return None


def verify_beginning(checkpoints: Sequence[Checkpoint]) -> Problem | None:
    """Of all the checkpoints that there are: nothing was cut off their front."""
    if checkpoints and checkpoints[0].previous != NO_CHECKPOINT:
        return Problem(Fault.CHECKPOINTS_BROKEN, f"{name_checkpoint(checkpoints[0])} is not the first one.")
    return None


def verify_kept_elsewhere(known: Iterable[Checkpoint], elsewhere: Iterable[Checkpoint]) -> Problem | None:
    """Whether every checkpoint that is kept elsewhere is known here."""
    hashes = {checkpoint.hash for checkpoint in known}
    for checkpoint in elsewhere:
        if checkpoint.hash not in hashes:
            return Problem(
                Fault.CHECKPOINTS_BROKEN, f"{name_checkpoint(checkpoint)} is kept elsewhere, and missing or other here."
            )
    return None


def verify_anchors(anchors: Iterable[Anchor], checkpoints: Mapping[int, Checkpoint]) -> Problem | None:
    """Whether each leads to the root of its checkpoint."""
    for anchor in anchors:
        checkpoint = checkpoints.get(anchor.checkpoint_id)
        if checkpoint is None or not _leads_to(anchor, checkpoint.root):
            text = f"The anchor at row {anchor.head.seq} does not lead to checkpoint {anchor.checkpoint_id}."
            return Problem(Fault.ANCHOR_WRONG, text, anchor.head.clinic_id, anchor.head.seq)
    return None


def verify_roots(checkpoints: Sequence[Checkpoint], anchors: Iterable[Anchor]) -> Problem | None:
    """Whether all anchors of all trails make the roots: an anchor that was removed is missed here."""
    moved: dict[int, list[Head]] = {}
    for anchor in anchors:
        moved.setdefault(anchor.checkpoint_id, []).append(anchor.head)
    heads: dict[uuid.UUID, Head] = {}
    for checkpoint in checkpoints:
        heads |= {head.clinic_id: head for head in moved.get(checkpoint.id, ())}
        if checkpoint.trails != len(heads) or checkpoint.root != root_of(build_tree(heads.values())):
            text = f"{name_checkpoint(checkpoint)} is not that of the anchors: one is missing or too many."
            return Problem(Fault.ANCHOR_WRONG, text)
    return None


def name_checkpoint(checkpoint: Checkpoint) -> str:
    """As messages name it."""
    at = datetime.fromtimestamp(checkpoint.at // 1_000_000, UTC)
    return f"Checkpoint {checkpoint.id} of {at:%Y-%m-%d %H:%M:%S} UTC"


def _leads_to(anchor: Anchor, root: bytes) -> bool:
    try:
        return follow_path(anchor.head, anchor.path) == root
    except (BadPath, OverflowError):
        return False
