"""Makes a checkpoint an hour: one signed root over the ends of all trails, kept here and where we can't change it.

What it refuses: to run twice at once, to sign without a key, and to fail because the file or the mail of a checkpoint
fails. A checkpoint that could not be kept in the file is written there with the next one.
"""

import json
import logging
import os
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from tenants import ledger
from tenants.models import AuditCheckpoint
from tenants.selectors import last_checkpoint, list_checkpoints, list_trail_ids
from tenants.trail.anchoring import Anchor
from tenants.trail.chain import micros_of
from tenants.trail.lines import checkpoint_line, kept_line, write_line
from tenants.trail.merkle import Head, build_tree, path_of, root_of
from tenants.trail.reading import KeptLine, read_kept
from tenants.trail.seals import NO_CHECKPOINT, Checkpoint, key_name, public_key_of, sign

INTERVAL: Final = timedelta(hours=1)
_DAY: Final = 24 * 60 * 60 * 1_000_000
_TAIL_BYTES: Final = 1 << 16

logger = logging.getLogger(__name__)


def make_checkpoint(*, now: datetime) -> Checkpoint | None:
    """The new checkpoint; None when there is no key, when the last one is younger than an hour, or another process is
    making one. What could not be kept in the file or sent is logged and no error."""
    if not settings.AUDIT_SIGNING_KEY:
        return None
    trail_ids = list_trail_ids()
    with transaction.atomic():
        if not ledger.take_checkpoint_lock():
            return None
        last = last_checkpoint()
        # One from the future is none of ours, and would be the last one for ever.
        if last is not None and micros_of(now - INTERVAL) < last.at <= micros_of(now):
            return None
        made = _make(trail_ids, last, now)
    _keep(made, last, trail_ids)
    return made


def _make(trail_ids: Sequence[uuid.UUID], last: Checkpoint | None, now: datetime) -> Checkpoint:
    standings = sorted(ledger.read_standings(trail_ids))
    levels = build_tree(standing.head for standing in standings)
    checkpoint = sign(
        Checkpoint(
            at=micros_of(now),
            root=root_of(levels),
            previous=last.hash if last else NO_CHECKPOINT,
            trails=len(standings),
            key=key_name(public_key_of(settings.AUDIT_SIGNING_KEY)),
        ),
        settings.AUDIT_SIGNING_KEY,
    )
    checkpoint_id = _insert(checkpoint, now)
    anchors = [
        Anchor(standing.head, path_of(levels, index), checkpoint_id)
        for index, standing in enumerate(standings)
        if _has_moved(standing)
    ]
    ledger.insert_anchors(anchors)
    return replace(checkpoint, id=checkpoint_id)


def _has_moved(standing: ledger.Standing) -> bool:
    if standing.head.seq < standing.anchored_seq:
        logger.error("the audit trail of %s is shorter than it was: run verify_audit", standing.head.clinic_id)
    return standing.head.seq != standing.anchored_seq


def _insert(checkpoint: Checkpoint, now: datetime) -> int:
    row = AuditCheckpoint.objects.create(
        at=now,
        root=checkpoint.root,
        previous=checkpoint.previous,
        trails=checkpoint.trails,
        signature=checkpoint.signature,
        key=checkpoint.key,
    )
    return int(row.pk)


def _keep(made: Checkpoint, last: Checkpoint | None, trail_ids: Sequence[uuid.UUID]) -> None:
    """Only now that it is committed: what is kept elsewhere must be here as well."""
    if settings.AUDIT_CHECKPOINT_FILE:
        try:
            keep_in_file(Path(settings.AUDIT_CHECKPOINT_FILE), trail_ids)
        except OSError as error:
            logger.error("AUDIT_CHECKPOINT_FILE cannot be written: %s", error.strerror)
    is_first_of_day = last is None or last.at // _DAY != made.at // _DAY
    if settings.AUDIT_CHECKPOINT_EMAIL and is_first_of_day:
        try:
            _send(made)
        except OSError:  # smtplib's errors are such, too
            logger.error("the checkpoint of the day could not be sent to AUDIT_CHECKPOINT_EMAIL")


def keep_in_file(path: Path, trail_ids: Sequence[uuid.UUID]) -> None:
    """Adds a line for every checkpoint that comes after the file's last one."""
    last_kept = _last_kept(path)
    missing = list_checkpoints(after=last_kept)
    moved: dict[int, list[Head]] = {}
    for anchor in ledger.read_anchors(trail_ids, after=last_kept):
        moved.setdefault(anchor.checkpoint_id, []).append(anchor.head)
    _append(path, [write_line(kept_line(checkpoint, moved.get(checkpoint.id, []))) for checkpoint in missing])


def _last_kept(path: Path) -> int:
    """The id of the last checkpoint that stands whole in the file; 0 for none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            length = min(_TAIL_BYTES, size)
            while True:
                file.seek(size - length)
                lines = file.read(length).decode(errors="replace").split("\n")
                # The first piece is whole only at the beginning of the file.
                kept = [line for line in read_kept(lines[length < size :]) if isinstance(line, KeptLine)]
                if kept or length == size:
                    return kept[-1].checkpoint.id if kept else 0
                length = min(length * 8, size)
    except FileNotFoundError:
        return 0


def _append(path: Path, lines: Sequence[str]) -> None:
    """In one write, so that a crash tears the last line at the most; the next one then begins on a line of its own."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    with open(descriptor, "ab", buffering=0) as file:
        size = os.fstat(descriptor).st_size
        is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        file.write(("\n" * is_torn + "".join(f"{line}\n" for line in lines)).encode())
        os.fsync(descriptor)


def _send(checkpoint: Checkpoint) -> None:
    at = datetime.fromtimestamp(checkpoint.at // 1_000_000, UTC)
    told = json.dumps(checkpoint_line(checkpoint), indent=1)
    send_mail(
        f"Ringback: checkpoint of the audit trails, {at:%d %B %Y}",
        "Keep this mail: whoever changes an audit trail from before this moment would have to change it, too.\n"
        "docs/audit.md says how to hold it against the trails.\n\n"
        f"{told}\n",
        settings.DEFAULT_FROM_EMAIL,
        [settings.AUDIT_CHECKPOINT_EMAIL],
    )
