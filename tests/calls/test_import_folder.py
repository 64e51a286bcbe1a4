"""The folder command: which files it takes and leaves alone, where they go, what it says, and that two never meet."""

import fcntl
import io
import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from attribution.management.commands import import_folder
from calls import folders
from calls.imports import import_calls
from calls.reports import ImportReport
from tenants.domain import ClinicFacts
from tests.calls.factories import make_clinic, stored_calls
from tests.calls.imported import HEADER, SAMPLE
from tests.tenants.trails import read_entries

NOW = timezone.now()
NUMBER = "07700900123"
COMMAND = import_folder.__name__


def line(key: str, outcome: str = "missed") -> str:
    at = NOW - timedelta(hours=2)
    return f"{key},inbound,{outcome},{at.isoformat()},{NUMBER},Front desk,12,0\n"


def run(clinic: ClinicFacts, folder: Path, *more: object) -> tuple[str, str]:
    """One look; what the command wrote to standard output and to standard error."""
    out, err = io.StringIO(), io.StringIO()
    arguments = (
        clinic.slug,
        folder,
        "--once",
        "--settle",
        0,
        *(() if "--format" in more else ("--format", "csv")),
        *more,
    )
    call_command("import_folder", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def on_record(clinic: ClinicFacts) -> list[tuple[str, dict[str, Any]]]:
    """What is on record of imports, with its details."""
    entries = (entry for entry in read_entries(clinic.id) if entry.link.action.endswith("_imported"))
    return [(entry.link.action, json.loads(entry.details or "")) for entry in entries]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def reports(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.report.json"))]


@pytest.fixture
def clinic(db: None) -> ClinicFacts:
    return make_clinic(NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    made.mkdir()
    return made


@pytest.mark.django_db
def test_a_file_is_taken_in_deleted_and_reported(clinic: ClinicFacts, folder: Path) -> None:
    (folder / "calls.csv").write_text(HEADER + line("A1") + line("A2", "sideways"))
    out, err = run(clinic, folder)
    assert out.startswith("calls.csv: done. 2 calls read from 2 lines: 1 stored")
    assert err == ""
    assert len(stored_calls(clinic)) == 1
    assert names(folder) == ["done", "refused"]
    (told,) = reports(folder / "done")
    assert (told["file"], told["result"], told["reason"]) == ("calls.csv", "done", "")
    assert told["report"]["refused"]["unreadable"]["lines"] == [3]
    assert len(names(folder / "done")) == 1
    assert run(clinic, folder) == ("", "")


@pytest.mark.django_db
def test_it_is_on_record_once_for_each_file(clinic: ClinicFacts, folder: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(HEADER + line(name))
    run(clinic, folder)
    (action, details), (other, _) = on_record(clinic)
    assert action == other == "calls_imported"
    assert (details["ended"], details["format"], details["counts"]["stored"]) == ("done", "csv", 1)


@pytest.mark.django_db
def test_a_file_is_kept_when_asked_for(clinic: ClinicFacts, folder: Path) -> None:
    (folder / "calls.csv").write_text(HEADER + line("A1"))
    run(clinic, folder, "--keep")
    report, kept = sorted(names(folder / "done"), key=lambda name: "report" not in name)
    assert kept.endswith(".calls.csv")
    assert report.startswith(kept.split(".")[0])
    assert (folder / "done" / kept).read_text().startswith(HEADER)
    assert (folder / "done" / report).stat().st_mode & 0o777 == 0o600
    assert (folder / "done").stat().st_mode & 0o777 == 0o700


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{NUMBER},{NUMBER}\n", "names none of the columns"), ("", "empty"),
        (HEADER + f"A1,up,missed,soon,{NUMBER},,,\n", ""),
    ],
)  # fmt: skip
def test_a_file_of_which_nothing_can_be_used_is_moved_aside(
    clinic: ClinicFacts, folder: Path, text: str, reason: str
) -> None:
    (folder / "calls.csv").write_text(text)
    out, _ = run(clinic, folder)
    assert "calls.csv: refused." in out
    assert NUMBER not in out
    assert len(names(folder / "refused")) == 2
    (told,) = reports(folder / "refused")
    assert reason in told["reason"]
    assert NUMBER not in json.dumps(told)
    assert names(folder / "done") == []


@pytest.mark.django_db
def test_a_file_of_known_calls_is_done(clinic: ClinicFacts, folder: Path) -> None:
    for _ in range(2):
        (folder / "calls.csv").write_text(HEADER + line("A1"))
        run(clinic, folder)
    assert [told["report"]["duplicate"] for told in reports(folder / "done")] == [0, 1]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["calls.csv.part", "calls.tmp", ".calls.csv", "calls.PARTIAL", "calls.csv.filepart"])
def test_what_is_still_uploaded_is_left_alone(clinic: ClinicFacts, folder: Path, name: str) -> None:
    (folder / name).write_text(HEADER + line("A1"))
    assert run(clinic, folder) == ("", "")
    assert (folder / name).exists()
    (folder / name).rename(folder / "calls.csv")
    assert "done" in run(clinic, folder)[0]


@pytest.mark.django_db
def test_a_file_that_was_touched_just_now_waits(clinic: ClinicFacts, folder: Path) -> None:
    path = folder / "calls.csv"
    path.write_text(HEADER + line("A1"))
    os.utime(path, (0, 0))  # as programs do that keep the time of the original: that of the change is not theirs to set
    assert run(clinic, folder, "--settle", 3600) == ("", "")
    assert "done" in run(clinic, folder)[0]


@pytest.mark.django_db
def test_links_pipes_and_folders_are_left_alone(clinic: ClinicFacts, folder: Path) -> None:
    secret = folder.parent / "secret.csv"
    secret.write_text(HEADER + line("A1"))
    (folder / f"link-{NUMBER}.csv").symlink_to(secret)
    (folder / "dangling.csv").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.csv")
    (folder / "more").mkdir()
    out, err = run(clinic, folder)
    assert out == ""
    assert [text.split(":")[0] for text in err.splitlines()] == ["dangling.csv", "link-….csv", "pipe.csv"]
    assert stored_calls(clinic) == []
    assert len(names(folder)) == 6


@pytest.mark.django_db
def test_folders_for_what_was_taken_must_be_folders(clinic: ClinicFacts, folder: Path) -> None:
    (folder / "done").symlink_to(folder.parent)
    with pytest.raises(CommandError, match="done is a link"):
        run(clinic, folder)


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_refused(clinic: ClinicFacts, folder: Path) -> None:
    (folder / "calls.csv").write_text(HEADER + line("A1"))
    out, _ = run(clinic, folder, "--max-megabytes", 0)
    assert "larger than 0 bytes" in out
    assert stored_calls(clinic) == []
    assert len(names(folder / "refused")) == 2


@pytest.mark.django_db
def test_a_file_that_nobody_may_read_is_refused(
    clinic: ClinicFacts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "calls.csv").write_text(HEADER + line("A1"))

    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:  # root, as which tests may run, may read everything
        patch.setattr(folders, "_open", refuse)
        out, _ = run(clinic, folder)
    assert "it can't be read: Permission denied" in out
    assert len(names(folder / "refused")) == 2


@pytest.mark.django_db
def test_a_file_that_grows_while_it_is_read_stays(
    clinic: ClinicFacts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "calls.csv"
    path.write_text(HEADER + line("A1"))
    take_in = import_folder._Importer.take_in

    def grow(self: Any, file: Any) -> ImportReport:
        report = take_in(self, file)
        with path.open("a") as more:
            more.write(line("A2"))
        return report

    with monkeypatch.context() as patch:
        patch.setattr(import_folder._Importer, "take_in", grow)
        assert "changed while it was read" in run(clinic, folder)[1]
    assert (path.exists(), names(folder / "done")) == (True, [])
    assert "1 stored" in run(clinic, folder)[0]
    assert len(stored_calls(clinic)) == 2


@pytest.mark.django_db
def test_the_next_run_goes_on_where_one_was_killed(
    clinic: ClinicFacts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(HEADER + line(name))
    with monkeypatch.context() as patch:
        patch.setattr(folders, "_put_aside", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        _, err = run(clinic, folder)
    assert "Stopped. What is left is taken next time." in err
    assert names(folder) == ["a.csv", "b.csv", "done", "refused"]
    assert len(stored_calls(clinic)) == 1
    out, _ = run(clinic, folder)
    assert "a.csv: done. 1 calls read from 1 lines: 0 stored, 0 merged into known ones, 1 known already" in out
    assert len(stored_calls(clinic)) == 2


@pytest.mark.django_db
def test_an_interrupted_import_is_on_record(clinic: ClinicFacts, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.batches.BATCH_SIZE", 1)
    (folder / "calls.csv").write_text(HEADER + line("A1") + line("A2") + line("A3"))

    def stop_after_two(**values: Any) -> ImportReport:
        keep = values["progress"]

        def progress(report: ImportReport) -> None:
            keep(report)
            if report.stored == 2:
                os.kill(os.getpid(), signal.SIGTERM)

        return import_calls(**values | {"progress": progress})

    monkeypatch.setattr(f"{COMMAND}.import_calls", stop_after_two)
    assert "Stopped" in run(clinic, folder)[1]
    ((action, details),) = on_record(clinic)
    assert (action, details["ended"], details["counts"]["stored"]) == ("calls_imported", "stopped", 2)
    assert (folder / "calls.csv").exists()


@pytest.mark.django_db
def test_a_database_that_is_gone_leaves_the_file(
    clinic: ClinicFacts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "calls.csv").write_text(HEADER + line("A1"))

    def fail(**_: object) -> None:
        raise OperationalError(f"a value like {NUMBER}")

    with monkeypatch.context() as patch:
        patch.setattr(f"{COMMAND}.import_calls", fail)
        patch.setattr(f"{COMMAND}.close_old_connections", lambda: None)  # the test's own must stay
        out, err = run(clinic, folder)
    assert (out, err) == ("", "A file could not be stored (OperationalError): it is taken next time.\n")
    assert "done" in run(clinic, folder)[0]


@pytest.mark.django_db
@pytest.mark.parametrize("keep", [(), ("--keep",)])
@pytest.mark.parametrize(
    "name",
    [b"a" * 251 + b".csv", "ü".encode() * 125 + b".csv", b"anruf-\xfc.csv"],
    ids=["long", "long in bytes", "not UTF-8"],
)
def test_a_long_or_an_odd_name_stops_nobody(
    clinic: ClinicFacts, folder: Path, name: bytes, keep: tuple[str, ...]
) -> None:
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    odd.write_text(HEADER + line("A1"))
    os.utime(odd, (1, 1))
    (folder / "b.csv").write_text(HEADER + line("B1"))
    out, err = run(clinic, folder, *keep)
    assert (out.count(": done."), err, names(folder)) == (2, "", ["done", "refused"])
    assert out.encode()  # and so fit for a screen
    assert len(names(folder / "done")) == (4 if keep else 2)
    assert all(left.endswith((".csv", ".csv.report.json")) for left in names(folder / "done"))


@pytest.mark.django_db
def test_a_file_that_breaks_the_import_keeps_no_other_waiting(
    clinic: ClinicFacts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(HEADER + line(name))
    put_aside = folders._put_aside

    def fail(place: Path, path: Path, *more: Any) -> None:
        if path.name == "a.csv":
            raise RuntimeError(NUMBER)
        put_aside(place, path, *more)

    monkeypatch.setattr(folders, "_put_aside", fail)
    out, err = run(clinic, folder)
    assert out.startswith("b.csv: done.")
    assert err == "A file could not be stored (RuntimeError): it is taken next time.\n"
    assert names(folder) == ["a.csv", "done", "refused"]


@pytest.mark.django_db
def test_two_never_take_from_one_folder(clinic: ClinicFacts, folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="Another process imports from this folder"):
            run(clinic, folder)
    finally:
        os.close(handle)
    assert run(clinic, folder) == ("", "")


@pytest.mark.django_db
def test_names_of_files_are_said_without_numbers(clinic: ClinicFacts, folder: Path) -> None:
    for text in (HEADER + line("A1"), "no header\n"):
        (folder / f"calls of {NUMBER}.csv").write_text(text)
        out, err = run(clinic, folder)
        assert "calls of ….csv: " in out
        assert NUMBER not in out + err
    told = list(folder.rglob("*.report.json"))
    assert len(told) == 2
    assert not any(NUMBER in path.name + path.read_text() for path in told)


@pytest.mark.django_db
def test_files_of_one_name_never_take_each_other_s_place(clinic: ClinicFacts, folder: Path) -> None:
    for count in range(3):
        (folder / "calls.csv").write_text(HEADER + line(f"A{count}"))
        run(clinic, folder, "--keep")
    assert len(names(folder / "done")) == 6


@pytest.mark.django_db
def test_appointments_too(clinic: ClinicFacts, folder: Path) -> None:
    at = (NOW - timedelta(hours=1)).isoformat()
    (folder / "bookings.csv").write_text(f"external_id,booked_at,numbers,status\nB1,{at},{NUMBER},booked\n")
    out, _ = run(clinic, folder, "--kind", "appointments")
    assert "1 appointments read from 1 lines: 1 stored" in out
    assert [action for action, _ in on_record(clinic)] == ["appointments_imported"]


@pytest.mark.django_db
def test_a_mapping_and_options_go_with_every_file(clinic: ClinicFacts, folder: Path) -> None:
    mapping = folder.parent / "mapping.json"
    columns = {"started_at": "When", "number": "Who", "outcome": "End"}
    mapping.write_text(json.dumps({"columns": columns, "direction_from": "inbound", "dates": "mdy"}))
    at = NOW - timedelta(hours=2)
    (folder / "calls.csv").write_text(f"When,Who,End\n{at:%m/%d/%Y %H:%M},{NUMBER},no answer\n")
    out, _ = run(clinic, folder, "--mapping", mapping, "--option", "timezone=UTC")
    assert "1 stored" in out
    (folder / "calls.csv").write_text(f"When,Who,End\n{at:%m/%d/%Y %H:%M},{NUMBER},no answer\n")
    assert "1 known already" in run(clinic, folder, "--mapping", mapping, "--option", "timezone=UTC")[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "fax"], 'unknown format "fax"'), (["--option", "colour=red"], 'unknown option "colour"'),
        (["--mapping", "/nowhere.json"], "can't be read: No such file"), (["--mapping", SAMPLE], "not JSON"),
        (["--format", "asterisk", "--mapping", SAMPLE], "a mapping is for the format csv"),
        (["--kind", "appointments", "--mapping", SAMPLE], "for files of calls"),
        (["--kind", "appointments", "--format", "asterisk"], "known are: csv"),
    ],
)  # fmt: skip
def test_what_it_cannot_do_is_said_before_any_file_is_taken(
    clinic: ClinicFacts, folder: Path, arguments: list[object], message: str
) -> None:
    (folder / "calls.csv").write_text(HEADER + line("A1"))
    with pytest.raises(CommandError) as caught:
        run(clinic, folder, *arguments)
    assert message in str(caught.value)
    assert names(folder) == ["calls.csv"]


@pytest.mark.django_db
def test_a_folder_that_is_none(clinic: ClinicFacts, folder: Path) -> None:
    (folder / "file").write_text("")
    for path in (folder / "nowhere", folder / "file"):
        with pytest.raises(CommandError, match="No such file|Not a directory"):
            run(clinic, path)


@pytest.mark.django_db
def test_it_watches_until_it_is_stopped(clinic: ClinicFacts, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: Iterator[str] = iter(["a.csv", "b.csv"])

    def wait(seconds: float) -> None:
        assert seconds == 7
        name = next(waits, None)
        if name is None:
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            (folder / name).write_text(HEADER + line(name))

    monkeypatch.setattr("time.sleep", wait)
    out, err = io.StringIO(), io.StringIO()
    arguments = (clinic.slug, folder, "--format", "csv", "--settle", 0, "--every", 7)
    call_command("import_folder", *map(str, arguments), stdout=out, stderr=err)
    assert [text.split(":")[0] for text in out.getvalue().splitlines()] == ["a.csv", "b.csv"]
    assert "Stopped" in err.getvalue()
    assert len(stored_calls(clinic)) == 2
