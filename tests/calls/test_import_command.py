"""The import command: what it takes, what it says and where, and that it says no number."""

import io
import json
import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tenants.domain import ClinicFacts
from tests.calls.factories import PATIENT, make_clinic, stored_calls
from tests.calls.imported import HEADER, SAMPLE, SAMPLE_OPTIONS, contents

NOW = timezone.now()
OPTIONS = [part for option in SAMPLE_OPTIONS for part in ("--option", option)]


def run(*arguments: object) -> tuple[str, str]:
    """What the command wrote to standard output and to standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command("import_calls", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def report(*arguments: object) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(*arguments, "--json")[0])
    return told


def line(key: str, at: datetime, number: str = "07700 900123") -> str:
    return f"{key},inbound,missed,{at.isoformat()},{number},Front desk,12,0\n"


@pytest.fixture
def clinic(db: None) -> ClinicFacts:
    return make_clinic(NOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two good lines and three bad ones, each with a number somewhere."""
    path = tmp_path / "calls.csv"
    path.write_text(
        HEADER
        + line("A1", NOW - timedelta(hours=2))
        + line("A2", NOW - timedelta(days=400))
        + line("07700 900123", NOW - timedelta(hours=1))
        + "A4,sideways,missed,07700900123,07700900123,+447700900123,07700900123,07700900123\n"
        + line("A5", NOW - timedelta(hours=1), "anonymous")
    )
    return path


@pytest.mark.django_db
def test_it_prints_a_report_as_json(clinic: ClinicFacts, file: Path) -> None:
    told = report(clinic.slug, file, "--format", "csv")
    assert {name: told[name] for name in ("read", "lines", "stored", "merged", "duplicate")} == {
        "read": 5, "lines": 5, "stored": 2, "merged": 0, "duplicate": 0,
    }  # fmt: skip
    assert {reason: found["lines"] for reason, found in told["refused"].items()} == {
        "too_old": [3],
        "identifier_contains_number": [4],
        "unreadable": [5],
    }
    assert report(clinic.slug, file, "--format", "csv")["duplicate"] == 2


@pytest.mark.django_db
def test_it_prints_a_report_for_people(clinic: ClinicFacts, file: Path) -> None:
    out, err = run(clinic.slug, file, "--format", "csv")
    assert "5 calls read from 5 lines: 2 stored" in out
    assert "refused, too_old: 1, at line 3" in out
    assert "worker" in err


@pytest.mark.django_db
def test_a_dry_run_stores_nothing(clinic: ClinicFacts, file: Path) -> None:
    told = report(clinic.slug, file, "--format", "csv", "--dry-run")
    assert (told["dry_run"], told["stored"]) == (True, 2)
    assert stored_calls(clinic) == []
    assert "nothing was stored" in run(clinic.slug, file, "--format", "csv", "--dry-run")[0]


@pytest.mark.django_db
def test_it_moves_an_old_sample_to_now(clinic: ClinicFacts) -> None:
    arguments = (clinic.slug, SAMPLE, "--format", "asterisk", *OPTIONS)
    assert report(*arguments)["refused"]["too_old"]["count"] == 174
    told = report(*arguments, "--shift-to-now")
    assert (told["stored"], told["refused"]) == (174, {})
    stored = contents(clinic)
    assert timezone.now() - max(row[1] for row in stored) < timedelta(minutes=1)
    assert report(*arguments, "--shift-to-now")["duplicate"] == 174
    assert contents(clinic) == stored


@pytest.mark.django_db
def test_it_notes_times_in_the_hour_that_comes_twice(clinic: ClinicFacts, tmp_path: Path) -> None:
    path = tmp_path / "autumn.csv"
    path.write_text(HEADER + "A1,inbound,missed,2026-10-25T01:30:00,07700900123,,9,0\n")
    told = report(clinic.slug, path, "--format", "csv", "--shift-to-now")
    [(remark, found)] = told["notes"].items()
    assert "came twice" in remark
    assert found == {"count": 1, "lines": [2]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody", SAMPLE, "--format", "csv"], "no clinic with the slug 'nobody'"),
        (["{slug}", SAMPLE, "--format", "fax"], 'unknown format "fax"; known are: '),
        (["{slug}", SAMPLE, "--format", "csv", "--option", "colour=red"], 'unknown option "colour"'),
        (["{slug}", SAMPLE, "--format", "csv", "--option", "region"], "name=value"),
        (["{slug}", SAMPLE, "--format", "csv", "--option", "timezone=Mars/Olympus"], "unknown time zone"),
        (["{slug}", "/nowhere/calls.csv", "--format", "csv"], "/nowhere/calls.csv: No such file or directory"),
        (["{slug}", "/", "--format", "csv"], "/: Is a directory"),
        (["{slug}", SAMPLE, "--format", "csv"], "names none of the columns"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line(clinic: ClinicFacts, arguments: list[object], message: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(*[str(argument).replace("{slug}", clinic.slug) for argument in arguments])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert stored_calls(clinic) == []


@pytest.mark.django_db
def test_no_number_is_ever_said(
    clinic: ClinicFacts, file: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    headless = file.with_name("headless.csv")
    headless.write_text("".join(file.read_text().splitlines(keepends=True)[1:]))
    said = ""
    with caplog.at_level(logging.DEBUG):
        for more in ((), ("--json",), ("--dry-run",), ("--shift-to-now",)):
            said += "".join(run(clinic.slug, file, "--format", "csv", *more))
        with pytest.raises(CommandError) as caught:
            run(clinic.slug, headless, "--format", "csv")
    captured = capfd.readouterr()
    said += str(caught.value) + caplog.text + captured.out + captured.err
    assert said
    for spelling in (PATIENT, PATIENT[1:], "7700900123", "7700 900123"):
        assert spelling not in said
