"""Verifies the trails that are stored here, or one that was exported, and reports the first problem of each.

It reads and changes nothing; every trail is read as it was at one moment. With the checkpoints that are kept elsewhere
it also finds what somebody cut off who could write to all tables here.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tenants import ledger
from tenants.domain import PLATFORM
from tenants.selectors import get_clinic_by_slug, last_checkpoint, list_checkpoints, list_clinics
from tenants.trail.anchoring import (
    Anchor,
    verify_anchors,
    verify_beginning,
    verify_checkpoints,
    verify_kept_elsewhere,
    verify_roots,
)
from tenants.trail.lines import (
    anchor_line,
    checkpoint_line,
    end_line,
    event_line,
    trail_line,
    write_line,
)
from tenants.trail.reading import BadLine, Export, KeptLine
from tenants.trail.seals import Checkpoint
from tenants.trail.verification import Fault, Problem, Sighting, Verdict, verify_trail

PLATFORM_NAME = "(platform)"  # no slug of a clinic can be this


@dataclass(frozen=True, slots=True)
class Outside:
    """What comes from outside of the tables: checkpoints that were kept elsewhere, proofs, and public keys by name."""

    public_keys: Mapping[str, bytes]
    kept: Sequence[KeptLine] = ()
    anchors: Sequence[tuple[Anchor, Checkpoint]] = ()

    @property
    def checkpoints(self) -> list[Checkpoint]:
        return [*(line.checkpoint for line in self.kept), *(checkpoint for _, checkpoint in self.anchors)]

    def only(self, ids: set[int]) -> "Outside":
        """Without the checkpoints that have other ids."""
        kept = [line for line in self.kept if line.checkpoint.id in ids]
        anchors = [(anchor, checkpoint) for anchor, checkpoint in self.anchors if checkpoint.id in ids]
        return replace(self, kept=kept, anchors=anchors)

    def sightings(self) -> dict[uuid.UUID, list[Sighting]]:
        found: dict[uuid.UUID, list[Sighting]] = {}
        for sighting in (
            *(sighting for line in self.kept for sighting in line.sightings),
            *(anchor.sighting for anchor, _ in self.anchors),
        ):
            found.setdefault(sighting.head.clinic_id, []).append(sighting)
        return found


@dataclass(frozen=True, slots=True)
class Report:
    """Verdicts by the name of the trail. `checkpoints` were verified, their signatures only if `are_signatures`."""

    verdicts: Sequence[tuple[str, Verdict]]
    checkpoints: int
    are_signatures: bool
    problems: Sequence[Problem] = field(default_factory=tuple)

    @property
    def first_problem(self) -> tuple[str, Problem] | None:
        """Of the trails, then of what is about none of them."""
        for name, verdict in self.verdicts:
            if verdict.problem is not None:
                return name, verdict.problem
        return ("", self.problems[0]) if self.problems else None


def verify_stored(*, slug: str | None, outside: Outside) -> Report:
    """One clinic's trail, or all with the platform's. Raises `UnknownClinic`."""
    names = _trails(slug)
    last = last_checkpoint()
    until = last.id if last else 0  # what is made while we read is the next run's
    checkpoints = list_checkpoints(until=until)
    sightings = outside.sightings()
    anchors: list[Anchor] = []
    verdicts: list[tuple[str, Verdict]] = []
    for clinic_id, name in names.items():
        with ledger.one_moment(clinic_id):
            mine = ledger.read_anchors([clinic_id], until=until)
            seen = [*(anchor.sighting for anchor in mine), *sightings.get(clinic_id, [])]
            verdicts.append((name, verify_trail(clinic_id, ledger.read_trail(clinic_id), seen)))
        anchors += mine
    by_id = {checkpoint.id: checkpoint for checkpoint in checkpoints}
    problems = [
        *map(_trigger_problem, ledger.list_missing_triggers()),
        verify_checkpoints(checkpoints, outside.public_keys),
        verify_beginning(checkpoints),
        verify_anchors(anchors, by_id),
        verify_roots(checkpoints, anchors) if slug is None else None,
        *_verify_outside(outside, checkpoints),
    ]
    return _report(verdicts, len(checkpoints), outside, problems)


def verify_export(*, export: Export, outside: Outside) -> Report:
    """An exported trail, with nothing but what stands in the file and what comes from outside. Raises `BadLine`."""
    seen = [anchor.sighting for anchor in export.anchors]
    seen += outside.sightings().get(export.clinic_id, [])
    verdict = verify_trail(export.clinic_id, export.entries, seen)
    problems = [
        verify_checkpoints(export.checkpoints, outside.public_keys),
        verify_anchors(export.anchors, {checkpoint.id: checkpoint for checkpoint in export.checkpoints}),
        # Of all checkpoints an export has those that have seen this trail move.
        *_verify_outside(outside.only({checkpoint.id for checkpoint in export.checkpoints}), export.checkpoints),
    ]
    return _report([(export.clinic, verdict)], len(export.checkpoints), outside, problems)


def export_lines(*, slug: str | None, now: datetime, until: int) -> Iterable[str]:
    """A clinic's trail (without a slug the platform's) up to a row, as `trail.reading.read_export` reads it."""
    ((clinic_id, name),) = (_trails(slug) if slug else {PLATFORM: PLATFORM_NAME}).items()
    yield write_line(trail_line(name, clinic_id, now))
    with ledger.one_moment(clinic_id):
        anchors = [anchor for anchor in ledger.read_anchors([clinic_id]) if anchor.head.seq <= until]
        if anchors:
            first, last = anchors[0].checkpoint_id, anchors[-1].checkpoint_id
            yield from (
                write_line(checkpoint_line(checkpoint)) for checkpoint in list_checkpoints(after=first - 1, until=last)
            )
        yield from (write_line(anchor_line(anchor)) for anchor in anchors)
        count, head = 0, bytes(32)
        for entry in ledger.read_trail(clinic_id):
            if entry.link.seq > until:
                break
            yield write_line(event_line(entry))
            count, head = entry.link.seq, entry.link.hash
    yield write_line(end_line(count, head))


def whole_lines(read: Iterable[KeptLine | BadLine]) -> tuple[list[KeptLine], list[BadLine]]:
    """Lines of a file of checkpoints, and what is wrong with those that can't be read."""
    lines = list(read)
    return [line for line in lines if isinstance(line, KeptLine)], [line for line in lines if isinstance(line, BadLine)]


def trail_id(slug: str | None) -> uuid.UUID:
    """Whose trail it is; without a slug, the platform's. Raises `UnknownClinic`."""
    return get_clinic_by_slug(slug).id if slug else PLATFORM


def _trails(slug: str | None) -> dict[uuid.UUID, str]:
    if slug is not None:
        return {trail_id(slug): slug}
    return {PLATFORM: PLATFORM_NAME} | {clinic.id: clinic.slug for clinic in list_clinics()}


def _verify_outside(outside: Outside, checkpoints: Sequence[Checkpoint]) -> list[Problem | None]:
    return [
        verify_checkpoints([line.checkpoint for line in outside.kept], outside.public_keys),
        *(verify_checkpoints([checkpoint], outside.public_keys) for _, checkpoint in outside.anchors),
        *(verify_anchors([anchor], {anchor.checkpoint_id: checkpoint}) for anchor, checkpoint in outside.anchors),
        verify_kept_elsewhere(checkpoints, outside.checkpoints),
    ]


def _trigger_problem(name: str) -> Problem:
    return Problem(Fault.TRIGGER_OFF, f"A trigger that keeps rows from being changed is off or missing: {name}.")


def _report(
    verdicts: Sequence[tuple[str, Verdict]], count: int, outside: Outside, problems: Iterable[Problem | None]
) -> Report:
    found = tuple(problem for problem in problems if problem is not None)
    return Report(verdicts, count, bool(outside.public_keys), found)
