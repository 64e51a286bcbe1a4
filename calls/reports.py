"""What an import tells about itself: counts, reasons and line numbers; never what a line said.

Pure. However long a file is, a report stays short: of every reason it names the first lines and counts the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from calls.domain import Refused

MAX_LINES: Final = 20  # line numbers named for each reason
MAX_DETAILS: Final = 10  # different details named for each reason
MAX_NOTES: Final = 50  # different remarks


@dataclass(slots=True)
class Occurrences:
    """How often something happened, and at which lines of the file it did first."""

    count: int = 0
    lines: list[int] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def add(self, line: int, detail: str = "") -> None:
        self.count += 1
        if len(self.lines) < MAX_LINES:
            self.lines.append(line)
        if detail and len(self.details) < MAX_DETAILS and detail not in self.details:
            self.details.append(detail)

    def absorb(self, other: "Occurrences") -> None:
        self.count += other.count
        self.lines += other.lines[: MAX_LINES - len(self.lines)]
        new = [detail for detail in other.details if detail not in self.details]
        self.details += new[: MAX_DETAILS - len(self.details)]

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"count": self.count, "lines": self.lines}
        return told | {"details": self.details} if self.details else told


@dataclass(slots=True)
class ImportReport:
    """`read` things were told by `lines` lines; each was stored, merged, known already (`duplicate`) or refused."""

    dry_run: bool = False
    lines: int = 0
    read: int = 0
    stored: int = 0
    merged: int = 0
    duplicate: int = 0
    refused: dict[str, Occurrences] = field(default_factory=dict)  # by reason
    notes: dict[str, Occurrences] = field(default_factory=dict)  # by remark

    def refuse(self, line: int, refused: Refused) -> None:
        self.refused.setdefault(refused.reason.value, Occurrences()).add(line, refused.detail)

    def note(self, line: int, remarks: Sequence[str]) -> None:
        for remark in remarks:
            if remark in self.notes or len(self.notes) < MAX_NOTES:
                self.notes.setdefault(remark, Occurrences()).add(line)

    def add(self, other: "ImportReport") -> None:
        """Adds what another part of the same file told."""
        self.lines += other.lines
        self.read += other.read
        self.stored += other.stored
        self.merged += other.merged
        self.duplicate += other.duplicate
        for mine, theirs in ((self.refused, other.refused), (self.notes, other.notes)):
            for key, found in theirs.items():
                if key in mine or len(mine) < MAX_NOTES:
                    mine.setdefault(key, Occurrences()).absorb(found)

    @property
    def refused_count(self) -> int:
        return sum(occurrences.count for occurrences in self.refused.values())

    def counts(self) -> dict[str, int]:
        """For the record: how many, and no word of what they said."""
        return {
            "read": self.read,
            "stored": self.stored,
            "merged": self.merged,
            "known_already": self.duplicate,
            "refused": self.refused_count,
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "lines": self.lines,
            "read": self.read,
            "stored": self.stored,
            "merged": self.merged,
            "duplicate": self.duplicate,
            "refused": {reason: occurrences.as_json() for reason, occurrences in sorted(self.refused.items())},
            "notes": {remark: occurrences.as_json() for remark, occurrences in sorted(self.notes.items())},
        }

    def as_text(self, noun: str) -> str:
        """The same for people, a few short lines; `noun` is what was read, in plural."""
        head = f"{self.read:,} {noun} read from {self.lines:,} lines"
        would = " (dry run: nothing was stored)" if self.dry_run else ""
        told = [
            f"{head}: {self.stored:,} stored, {self.merged:,} merged into known ones, "
            f"{self.duplicate:,} known already, {self.refused_count:,} refused{would}."
        ]
        told += [f"  refused, {reason}: {_places(found)}" for reason, found in sorted(self.refused.items())]
        told += [f"  note, {remark}: {_places(found)}" for remark, found in sorted(self.notes.items())]
        return "\n".join(told)


def _places(found: Occurrences) -> str:
    lines = ", ".join(map(str, found.lines)) + (", …" if found.count > len(found.lines) else "")
    return f"{found.count:,}, at line {lines}" + "".join(f"\n    {detail}" for detail in found.details)
