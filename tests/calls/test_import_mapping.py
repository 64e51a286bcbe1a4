"""The import command with a mapping: what it suggests, what it stores with it, and what is on record when stopped."""

import io
import json
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from attribution.management.commands import import_appointments as appointments_command
from attribution.services import import_appointments
from calls.domain import Outcome
from calls.imports import import_calls
from calls.management.commands import import_calls as calls_command
from calls.reports import ImportReport
from tenants.domain import ClinicFacts
from tests.calls.factories import make_clinic, stored_calls
from tests.calls.imported import HEADER, contents
from tests.tenants.trails import read_entries

NOW = timezone.now()
AT = (NOW - timedelta(hours=3)).replace(second=0, microsecond=0)
NUMBER = "07700900123"


def run(*arguments: object, command: str = "import_calls") -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(command, *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def on_record(clinic: ClinicFacts) -> list[dict[str, Any]]:
    entries = (entry for entry in read_entries(clinic.id) if entry.link.action.endswith("_imported"))
    return [json.loads(entry.details or "") for entry in entries]


@pytest.fixture
def clinic(db: None) -> ClinicFacts:
    return make_clinic(NOW)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """As a phone system's page exports it: no id, minutes only, who called whom by their extensions."""
    path = tmp_path / "export.csv"
    rows = (
        f"{AT:%d/%m/%Y %H:%M},{NUMBER},101,Unanswered,0:20,0:00",
        f"{AT:%d/%m/%Y %H:%M},07700900124,101,Answered,0:05,1:30",
        f"{AT:%d/%m/%Y %H:%M},101,07700900125,Redirected,0:05,0:00",
        f"{AT:%d/%m/%Y %H:%M},{NUMBER},101,Unanswered,0:20,0:00",
    )
    path.write_text("Call Time,From,To,Status,Ringing,Talking\n" + "".join(f"{row}\n" for row in rows))
    return path


@pytest.mark.django_db
def test_it_suggests_a_mapping_and_stores_with_it(clinic: ClinicFacts, export: Path) -> None:
    arguments = (clinic.slug, export, "--format", "csv", "--option", "timezone=UTC")
    out, err = run(*arguments, "--suggest-mapping")
    assert json.loads(out)["columns"]["started_at"] == "Call Time"
    first, second, third, remark, fourth = err.splitlines()
    assert first == f"line 2: {AT:%Y-%m-%d %H:%M}+00:00, inbound, missed, a number, rang 20 s"
    assert (second, third, fourth) == tuple(
        f"line {place}: {AT:%Y-%m-%d %H:%M}+00:00, {words}"
        for place, words in (
            (3, "inbound, answered, a number, rang 5 s, talked 90 s"),
            (4, "outbound, unknown, a number, rang 5 s"),
            (5, "inbound, missed, a number, rang 20 s"),
        )
    )
    assert "kept as unknown" in remark
    assert stored_calls(clinic) == []
    mapping = export.with_name("mapping.json")
    mapping.write_text(out)
    told = json.loads(run(*arguments, "--mapping", mapping, "--json")[0])
    assert (told["stored"], told["refused"]) == (4, {})
    [(words, found)] = told["notes"].items()
    assert ("kept as unknown" in words, found) == (True, {"count": 1, "lines": [4]})
    assert sorted(row.outcome for row in stored_calls(clinic)) == [
        Outcome.UNKNOWN, Outcome.MISSED, Outcome.MISSED, Outcome.ANSWERED,
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_file_that_overlaps_with_the_last_one_stores_what_is_new(clinic: ClinicFacts, export: Path) -> None:
    """Without ids and with minutes only: what is known is met again, whatever stands before and behind."""
    arguments = (clinic.slug, export, "--format", "csv", "--option", "timezone=UTC")
    mapping = export.with_name("mapping.json")
    mapping.write_text(run(*arguments, "--suggest-mapping")[0])
    run(*arguments, "--mapping", mapping)
    stored = contents(clinic)
    header, *rows = export.read_text().splitlines(keepends=True)
    newer = f"{AT + timedelta(minutes=5):%d/%m/%Y %H:%M},07700900126,101,Unanswered,0:20,0:00\n"
    same_minute = rows[0].replace(NUMBER, "07700900127")
    export.write_text("".join((header, newer, same_minute, *reversed(rows))))
    told = json.loads(run(*arguments, "--mapping", mapping, "--json")[0])
    assert (told["stored"], told["merged"], told["duplicate"]) == (2, 0, 4)
    assert [row for row in contents(clinic) if row in stored] == stored


@pytest.mark.django_db
def test_what_a_suggestion_lacks_is_said(clinic: ClinicFacts, export: Path) -> None:
    export.write_text("Aaa,Bbb\n1,2\n")
    out, err = run(clinic.slug, export, "--format", "csv", "--suggest-mapping")
    assert json.loads(out)["columns"] == {}
    assert [text.split(":")[0] for text in err.splitlines()] == ["started_at", "direction", "outcome", "number"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("{}", ["--format", "csv"], "columns: is missing"),
        ('{"columns": {"number": 1}}', ["--format", "csv"], "the mapping is not complete"),
        ("", ["--format", "csv"], "not JSON"), (f'"{NUMBER}"', ["--format", "csv"], "is not an object"),
        ('{"columns": {}}', ["--format", "3cx"], "a mapping is for the format csv"),
        ('{"columns": {}}', ["--format", "csv", "--suggest-mapping", "--option", "dates=dmy"], "unknown option"),
    ],
)  # fmt: skip
def test_a_mapping_that_is_none_is_said_in_one_line(
    clinic: ClinicFacts, export: Path, text: str, arguments: list[str], message: str
) -> None:
    mapping = export.with_name("mapping.json")
    mapping.write_text(text)
    with pytest.raises(CommandError) as caught:
        run(clinic.slug, export, "--mapping", mapping, *arguments)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert NUMBER not in str(caught.value)


@pytest.mark.django_db
def test_a_mapping_that_is_not_there(clinic: ClinicFacts, export: Path) -> None:
    with pytest.raises(CommandError, match="/nowhere.json: No such file or directory"):
        run(clinic.slug, export, "--format", "csv", "--mapping", "/nowhere.json")


@pytest.mark.django_db
def test_a_number_in_the_name_of_a_file_is_not_said(clinic: ClinicFacts, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        run(clinic.slug, tmp_path / f"calls of {NUMBER}.csv", "--format", "csv")
    assert "calls of ….csv: No such file" in str(caught.value)


def stop_at(count: int, real: Any) -> Any:
    """The real import, whose process is told to end after so many things were stored."""

    def imported(**values: Any) -> ImportReport:
        def progress(report: ImportReport) -> None:
            values["progress"](report)
            if report.stored >= count:
                os.kill(os.getpid(), signal.SIGTERM)

        result: ImportReport = real(**values | {"progress": progress})
        return result

    return imported


@pytest.mark.django_db
def test_a_stopped_import_of_calls_is_on_record(
    clinic: ClinicFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calls.batches.BATCH_SIZE", 1)
    path = tmp_path / "calls.csv"
    path.write_text(HEADER + "".join(f"A{n},inbound,missed,{AT.isoformat()},{NUMBER},,9,0\n" for n in range(5)))
    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as patch:
        patch.setattr(f"{calls_command.__name__}.import_calls", stop_at(2, import_calls))
        with pytest.raises(CommandError, match="Stopped. What was stored stays.") as caught:
            run(clinic.slug, path, "--format", "csv")
    assert caught.value.returncode == 130
    assert signal.getsignal(signal.SIGTERM) is before
    (details,) = on_record(clinic)
    assert (details["ended"], details["counts"]["stored"], len(stored_calls(clinic))) == ("stopped", 2, 2)
    run(clinic.slug, path, "--format", "csv")
    assert on_record(clinic)[1]["counts"] == {"read": 5, "stored": 3, "merged": 0, "known_already": 2, "refused": 0}
    assert on_record(clinic)[1]["ended"] == "done"


@pytest.mark.django_db
def test_a_stopped_import_of_appointments_is_on_record(
    clinic: ClinicFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attribution.services.imports.BATCH", 1)
    path = tmp_path / "bookings.csv"
    lines = "".join(f"B{n},{AT.isoformat()},{NUMBER},booked\n" for n in range(5))
    path.write_text(f"external_id,booked_at,numbers,status\n{lines}")
    with monkeypatch.context() as patch:
        patch.setattr(f"{appointments_command.__name__}.import_appointments", stop_at(2, import_appointments))
        with pytest.raises(CommandError, match="Stopped"):
            run(clinic.slug, path, "--format", "csv", command="import_appointments")
    (details,) = on_record(clinic)
    assert (details["ended"], details["counts"]["stored"]) == ("stopped", 2)


@pytest.mark.django_db
def test_an_import_that_stored_nothing_before_it_failed_is_not_on_record(clinic: ClinicFacts, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("no header of ours\n")
    with pytest.raises(CommandError):
        run(clinic.slug, path, "--format", "csv")
    assert on_record(clinic) == []
