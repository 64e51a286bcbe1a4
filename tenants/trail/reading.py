"""Reads those lines again, wherever they come from; whatever is in them, nothing but `BadLine` is raised. Pure."""

import base64
import binascii
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tenants.trail.anchoring import Anchor
from tenants.trail.chain import Link
from tenants.trail.lines import EXPORT_VERSION, PROOF_VERSION, Line
from tenants.trail.merkle import Head
from tenants.trail.seals import Checkpoint
from tenants.trail.verification import Entry, Sighting


class BadLine(ValueError):
    """A line that is not one of ours; the message names it."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was read up to its first event; `entries` reads on and can be gone through once."""

    clinic: str
    clinic_id: uuid.UUID
    checkpoints: Sequence[Checkpoint]
    anchors: Sequence[Anchor]
    entries: Iterator[Entry]


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line of the file of checkpoints: with the heads of the trails that had moved since the one before."""

    checkpoint: Checkpoint
    heads: Sequence[Head]

    @property
    def sightings(self) -> list[Sighting]:
        return [Sighting(head, f"Checkpoint {self.checkpoint.id}, kept elsewhere,") for head in self.heads]


def read_proof(text: str) -> tuple[Anchor, Checkpoint]:
    """Raises `BadLine`."""
    with _Readable(1):
        line = json.loads(text)
        if line["format"] != PROOF_VERSION:
            raise BadLine(f"It is not a proof of {PROOF_VERSION}.")
        return _anchor(uuid.UUID(line["clinic_id"]), line["anchor"]), _checkpoint(line["checkpoint"])


def read_export(lines: Iterable[str]) -> Export:
    """Raises `BadLine`, at once or while the entries are gone through."""
    numbered = _objects(lines)
    number, first = next(numbered, (1, {}))
    if first.get("format") != EXPORT_VERSION:
        raise BadLine(f"Line {number} is not the beginning of an export of {EXPORT_VERSION}.")
    checkpoints: list[Checkpoint] = []
    anchors: list[Anchor] = []
    with _Readable(number):
        clinic_id = uuid.UUID(first["clinic_id"])
    for number, line in numbered:
        with _Readable(number):
            if line["kind"] == "checkpoint":
                checkpoints.append(_checkpoint(line))
            elif line["kind"] == "anchor":
                anchors.append(_anchor(clinic_id, line))
            else:
                break
    else:
        raise BadLine("The file ends before its end line.")
    rest = _entries(clinic_id, number, line, numbered)
    return Export(str(first.get("clinic", "")), clinic_id, checkpoints, anchors, rest)


def read_kept(lines: Iterable[str]) -> Iterator[KeptLine | BadLine]:
    """Lines of a file of checkpoints; in the place of one that can't be read, why: a line may be torn by a crash."""
    for number, text in enumerate(lines, 1):
        try:
            with _Readable(number):
                line = json.loads(text)
                heads = [Head(uuid.UUID(clinic), int(seq), bytes.fromhex(head)) for clinic, seq, head in line["heads"]]
                kept = KeptLine(_checkpoint(line), heads)
        except BadLine as error:
            yield error
        else:
            yield kept


def _entries(clinic_id: uuid.UUID, number: int, line: Line, rest: Iterator[tuple[int, Line]]) -> Iterator[Entry]:
    count, head = 0, bytes(32)
    while True:
        with _Readable(number):
            if line["kind"] == "end":
                if (line["events"], line["head"]) != (count, head.hex()):
                    raise BadLine(f"Line {number} speaks of {line['events']} events: the file is not whole.")
                return
            entry = _entry(clinic_id, line)
        yield entry
        count, head = entry.link.seq, entry.link.hash
        number, line = next(rest, (number, {}))
        if not line:
            raise BadLine(f"The file ends with line {number}, before its end line.")


def _entry(clinic_id: uuid.UUID, line: Line) -> Entry:
    actor_id = line["actor_id"]
    link = Link(
        clinic_id=clinic_id,
        seq=int(line["seq"]),
        at=int(line["at"]),
        actor_kind=str(line["actor_kind"]),
        actor_id=uuid.UUID(actor_id) if actor_id is not None else None,
        action=str(line["action"]),
        target=str(line["target"]),
        details_hash=bytes.fromhex(line["details_hash"]),
        previous=bytes.fromhex(line["previous"]),
        hash=bytes.fromhex(line["hash"]),
    )
    if line["salt"] is None or line["details"] is None:
        return Entry(link)
    return Entry(link, bytes.fromhex(line["salt"]), str(line["details"]))


def _anchor(clinic_id: uuid.UUID, line: Line) -> Anchor:
    head = Head(clinic_id, int(line["seq"]), bytes.fromhex(line["head"]))
    return Anchor(head, line["path"], int(line["checkpoint"]))


def _checkpoint(line: Line) -> Checkpoint:
    return Checkpoint(
        at=int(line["at"]),
        root=bytes.fromhex(line["root"]),
        previous=bytes.fromhex(line["previous"]),
        trails=int(line["trails"]),
        key=str(line["key"]),
        signature=base64.b64decode(line["signature"], validate=True),
        id=int(line["id"]),
    )


def _objects(lines: Iterable[str]) -> Iterator[tuple[int, Line]]:
    for number, text in enumerate(lines, 1):
        with _Readable(number):
            line = json.loads(text)
            if not isinstance(line, dict):
                raise TypeError
        yield number, line


class _Readable:
    """Turns whatever a line of somebody else's can break into `BadLine`."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BadLine) or not isinstance(
            error, ValueError | KeyError | TypeError | AttributeError | OverflowError | RecursionError | binascii.Error
        ):
            return
        raise BadLine(f"Line {self._number} is not a line of an audit trail.") from error
