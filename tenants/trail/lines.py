"""Trails and checkpoints as lines of JSON, which are kept elsewhere and verified there: writing them. Pure.

An export is a `trail` line, then the trail's checkpoints and anchors, then its events, then an `end` line: who reads it
knows what others saw before the first event, and whether the file is whole.
"""

import base64
import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from tenants.trail.anchoring import Anchor
from tenants.trail.merkle import Head
from tenants.trail.seals import CHECKPOINT_VERSION, Checkpoint
from tenants.trail.verification import Entry

EXPORT_VERSION: Final = "ringback/export/v1"
PROOF_VERSION: Final = "ringback/proof/v1"
Line = dict[str, Any]


def write_line(line: Line) -> str:
    """Without the line break."""
    return json.dumps(line, ensure_ascii=False)


def trail_line(clinic: str, clinic_id: uuid.UUID, exported_at: datetime) -> Line:
    """The first line of an export."""
    return {
        "kind": "trail",
        "format": EXPORT_VERSION,
        "clinic": clinic,
        "clinic_id": str(clinic_id),
        "exported_at": exported_at.isoformat(),
    }


def event_line(entry: Entry) -> Line:
    """A row with its salt and details, None in their place once they were erased."""
    link = entry.link
    return {
        "kind": "event",
        "seq": link.seq,
        "at": link.at,
        "time": datetime.fromtimestamp(link.at // 1_000_000, UTC).isoformat(),  # for people; `at` is what counts
        "actor_kind": link.actor_kind,
        "actor_id": str(link.actor_id) if link.actor_id else None,
        "action": link.action,
        "target": link.target,
        "details_hash": link.details_hash.hex(),
        "previous": link.previous.hex(),
        "hash": link.hash.hex(),
        "salt": entry.salt.hex() if entry.salt is not None else None,
        "details": entry.details,
    }


def checkpoint_line(checkpoint: Checkpoint) -> Line:
    """A checkpoint as it was signed."""
    return {
        "kind": "checkpoint",
        "format": CHECKPOINT_VERSION,
        "id": checkpoint.id,
        "at": checkpoint.at,
        "root": checkpoint.root.hex(),
        "previous": checkpoint.previous.hex(),
        "trails": checkpoint.trails,
        "key": checkpoint.key,
        "signature": base64.b64encode(checkpoint.signature).decode(),
        "hash": checkpoint.hash.hex(),
    }


def kept_line(checkpoint: Checkpoint, heads: Iterable[Head]) -> Line:
    """A checkpoint with the heads that had moved: a line of the file that is kept elsewhere."""
    told = [[str(head.clinic_id), head.seq, head.hash.hex()] for head in sorted(heads)]
    return {**checkpoint_line(checkpoint), "heads": told}


def anchor_line(anchor: Anchor) -> Line:
    """Where a trail stood at a checkpoint, with the path to its root."""
    return {
        "kind": "anchor",
        "checkpoint": anchor.checkpoint_id,
        "seq": anchor.head.seq,
        "head": anchor.head.hash.hex(),
        "path": anchor.path,
    }


def end_line(count: int, head: bytes) -> Line:
    """The last line of an export, by which a cut one is known."""
    return {"kind": "end", "events": count, "head": head.hex()}


def proof_line(clinic: str, anchor: Anchor, checkpoint: Checkpoint, latest: Checkpoint) -> Line:
    """That the trail ended there when the checkpoint was made. A file of its own."""
    return {
        "kind": "proof",
        "format": PROOF_VERSION,
        "clinic": clinic,
        "clinic_id": str(anchor.head.clinic_id),
        "anchor": anchor_line(anchor),
        "checkpoint": checkpoint_line(checkpoint),
        "latest_checkpoint": checkpoint_line(latest),
    }
