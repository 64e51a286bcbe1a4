"""Takes finished files out of a folder, one after the other, and leaves a report of each; knows no clinic, no format.

A folder is where a phone system, or somebody by SFTP, drops files overnight. Files hold numbers, so one that was taken
in is deleted unless it shall be kept, and what could not be read is moved aside for a person to look at. Nothing that
is told of a file (its report, the screen, a log) holds its whole name: names may hold a number too.

A file stays where it is until all of it was taken in, so the next run goes on where this one was killed; what was
stored before is known already then. It refuses what is no ordinary file: a link could lead anywhere.
"""

import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from calls.domain import Refused
from calls.reports import ImportReport
from tenants.masks import mask

DONE, REFUSED = "done", "refused"
_LONGEST_NAME: Final = 150  # bytes of 255 that a file system takes: a time and ".report.json" go with it
UNFINISHED: Final = (".part", ".partial", ".tmp", ".filepart", ".crdownload", "~")

TakeIn = Callable[[BinaryIO], ImportReport]


class FolderBusy(Exception):
    """Somebody else imports from this folder right now."""


class BadFolder(Exception):
    """It can't be used as it is; the text says why."""


class StillWritten(Exception):
    """The file was changed while it was read: it stays for the next time."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A file is finished when nothing touched it for `settle_seconds`. Larger ones than `most_bytes` are refused."""

    settle_seconds: float
    most_bytes: int
    keeps_done: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file. `name` is masked; `reason` is empty unless the whole file was refused."""

    name: str
    result: str  # DONE or REFUSED
    reason: str = ""
    report: ImportReport | None = None

    def as_text(self, noun: str) -> str:
        told = self.reason if self.report is None else self.report.as_text(noun)
        return f"{self.name}: {self.result}. {told}"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Raises FolderBusy when another process is at it. The lock goes with the process, however that ends."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BadFolder(f"{mask(str(folder))}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderBusy(mask(str(folder))) from error
        except OSError as error:
            raise BadFolder(f"{mask(str(folder))}: can't be locked: {error.strerror}") from error
        yield
    finally:
        os.close(handle)


def prepare(folder: Path) -> None:
    """Makes the two folders of what was taken. Raises BadFolder."""
    for name in (DONE, REFUSED):
        aside = folder / name
        try:
            aside.mkdir(mode=0o700, exist_ok=True)
            if not stat.S_ISDIR(aside.lstat().st_mode):
                raise BadFolder(f"{name} is a link: it must be a folder")
        except OSError as error:
            raise BadFolder(f"{name}: {error.strerror}") from error


def list_finished(folder: Path, rules: Rules) -> tuple[list[str], list[str]]:
    """Names of files to take, the oldest first, and masked names of what will never be taken: links, devices."""
    ready, odd = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.casefold().endswith(UNFINISHED):
                continue
            facts = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(facts.st_mode):
                # The time of the last change: unlike that of the last writing, no program can set it.
                if time.time() - facts.st_ctime >= rules.settle_seconds:
                    ready.append((facts.st_mtime_ns, entry.name))
            elif not stat.S_ISDIR(facts.st_mode):
                odd.append(_tellable(entry.name))
    return [name for _, name in sorted(ready)], sorted(odd)


def take_file(folder: Path, name: str, take_in: TakeIn, rules: Rules, now: datetime) -> Taken:
    """Takes one file in, leaves the report, and deletes or moves it. Raises StillWritten; it stays on any error."""
    path = folder / name
    try:
        with _open(path) as file:
            before = os.fstat(file.fileno())
            taken = _try(file, _tellable(name), take_in, before.st_size, rules)
            after = os.fstat(file.fileno())
    except OSError as error:  # unreadable, a link, gone
        if not path.exists():
            raise StillWritten from error
        taken = Taken(_tellable(name), REFUSED, f"it can't be read: {error.strerror}")
        before, after = path.lstat(), None
    if after is not None and (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise StillWritten
    _put_aside(folder, path, taken, rules, now)
    return taken


def _open(path: Path) -> BinaryIO:
    # Never through a link, and never waiting: a pipe would have no end.
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")


def _try(file: BinaryIO, name: str, take_in: TakeIn, size: int, rules: Rules) -> Taken:
    if size > rules.most_bytes:
        return Taken(name, REFUSED, f"it is larger than {rules.most_bytes:,} bytes")
    try:
        report = take_in(file)
    except Refused as refused:
        return Taken(name, REFUSED, refused.detail)
    is_known = report.stored + report.merged + report.duplicate > 0
    # A file of which nothing could be used is most likely another program's, or read with wrong options.
    return Taken(name, DONE if is_known or not report.refused_count else REFUSED, "", report)


def _put_aside(folder: Path, path: Path, taken: Taken, rules: Rules, now: datetime) -> None:
    """First the report, then the file: whoever finds a report without its file knows that it was taken."""
    aside = folder / taken.result
    stamp = _find_stamp(aside, now)
    told: dict[str, Any] = {
        "file": taken.name,
        "taken_at": now.isoformat(timespec="seconds"),
        "result": taken.result,
        "reason": taken.reason,
        "report": taken.report.as_json() if taken.report else None,
    }
    _write(aside / f"{stamp}.{_cut(taken.name)}.report.json", json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    if taken.result == DONE and not rules.keeps_done:
        path.unlink()
    else:
        path.rename(aside / f"{stamp}.{_cut(path.name)}")


def _tellable(name: str) -> str:
    """Masked, and fit to be written: a name of another system's need not be UTF-8."""
    return mask(name.encode(errors="backslashreplace").decode())


def _cut(name: str) -> str:
    """Its end, where it is too long to be written with more around it; without what is not UTF-8."""
    return os.fsencode(name)[-_LONGEST_NAME:].decode(errors="ignore")


def _find_stamp(aside: Path, now: datetime) -> str:
    """When it was taken, and a number where several were in one second: no file ever takes another's place."""
    taken = {name.split(".", 1)[0] for name in os.listdir(aside)}
    second = f"{now:%Y%m%dT%H%M%SZ}"
    count = 1
    while (stamp := f"{second}-{count:03}") in taken:
        count += 1
    return stamp


def _write(path: Path, text: str) -> None:
    """Whole or not at all, for nobody else to read."""
    draft = path.with_name(f".{path.name}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
