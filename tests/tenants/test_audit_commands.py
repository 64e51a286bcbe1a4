"""`export_audit` and `verify_audit`: what they say, where, and with which end; offline without a database."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tenants import audit
from tenants.domain import ClinicFacts
from tenants.events import SYSTEM, Event
from tests.tenants.factories import bright_smile, oak_street
from tests.tenants.trails import PUBLIC_KEY, add_events, checkpoint, read_entries, sign_with

KEY = base64.b64encode(PUBLIC_KEY).decode()
DOCUMENT = Path(__file__).parents[2] / "docs" / "audit.md"
Line = dict[str, object]


@pytest.fixture
def clinic(db: None, settings: Settings, tmp_path: Path) -> ClinicFacts:
    """Eight rows, seen by two checkpoints."""
    sign_with(settings, AUDIT_CHECKPOINT_FILE=str(tmp_path / "checkpoints.jsonl"))
    clinic = bright_smile()
    oak_street()
    add_events(clinic.id, 3)
    checkpoint()
    add_events(clinic.id, 3)
    audit.record(Event.STAFF_ADDED, actor=SYSTEM)
    checkpoint(after=1)
    return clinic


@pytest.fixture
def exported(clinic: ClinicFacts, tmp_path: Path) -> Path:
    path = tmp_path / "export.jsonl"
    path.write_text(run("export_audit", clinic.slug)[0], encoding="utf-8")
    return path


def run(*command: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*command, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def fail(*command: str) -> tuple[str, str]:
    """The report, and the line with which it fails."""
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command(*command, stdout=out, stderr=StringIO())
    assert failure.value.returncode == 1
    return out.getvalue(), str(failure.value)


def test_good_trails_are_told_on_standard_output(clinic: ClinicFacts) -> None:
    out, err = run("verify_audit")
    assert out.splitlines() == [
        "(platform): good (1 events)", "bright-smile: good (8 events)", "oak-street: good (2 events)",
        "checkpoints: 2, signed",
    ]  # fmt: skip
    assert err == ""
    assert run("verify_audit", "bright-smile")[0].startswith("bright-smile: good (8 events)")


def test_the_report_as_json(clinic: ClinicFacts) -> None:
    report = json.loads(run("verify_audit", "--json")[0])
    assert (report["ok"], report["checkpoints"], report["signatures_checked"], report["problems"]) == (
        True,
        2,
        True,
        [],
    )
    assert [trail["events"] for trail in report["trails"]] == [1, 8, 2]
    assert report["trails"][1]["head"] == read_entries(clinic.id)[-1].link.hash.hex()


def test_without_a_key_it_says_that_signatures_were_not_checked(clinic: ClinicFacts, settings: Settings) -> None:
    settings.AUDIT_SIGNING_KEY = ""
    out, err = run("verify_audit")
    assert "checkpoints: 2, signatures not checked" in out
    assert err == "Signatures were not checked: give the public key with --public-key.\n"
    assert "signed" in run("verify_audit", "--public-key", KEY)[0]
    other = base64.b64encode(bytes(32)).decode()
    assert "is not signed by a key that we know" in fail("verify_audit", "--public-key", other)[1]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["verify_audit", "nowhere"], "There is no clinic with the slug 'nowhere'."),
        (["export_audit", "nowhere"], "There is no clinic with the slug 'nowhere'."),
        (["export_audit"], "Name a clinic, or say --platform."),
        (["export_audit", "x", "--platform"], "Name a clinic, or say --platform."),
        (["verify_audit", "x", "--file", "y"], "Name a clinic, or give a file."),
        (["verify_audit", "--file", "/nowhere"], "/nowhere: No such file or directory"),
        (["verify_audit", "--checkpoints", "/nowhere"], "/nowhere: No such file or directory"),
        (["verify_audit", "--public-key", "x"], "A public key must be base64."),
    ],
)
@pytest.mark.django_db
def test_what_cannot_be_done_is_said_in_a_line(command: list[str], message: str) -> None:
    assert fail(*command) == ("", message)


def test_an_export_is_on_record_and_ends_with_that(clinic: ClinicFacts, exported: Path) -> None:
    lines = read(exported)
    assert [line["kind"] for line in lines] == (
        ["trail", "checkpoint", "checkpoint", "anchor", "anchor"] + ["event"] * 9 + ["end"]
    )
    assert lines[-2]["action"] == "audit_exported"
    assert read_entries(clinic.id)[-1].link.hash.hex() == lines[-1]["head"]


def test_the_platforms_trail_is_exported_too(clinic: ClinicFacts, tmp_path: Path) -> None:
    path = tmp_path / "platform.jsonl"
    path.write_text(run("export_audit", "--platform")[0])
    assert run("verify_audit", "--file", str(path))[0].startswith("(platform): good (2 events)")


def read(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, lines: list[Line]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


@pytest.mark.parametrize("more", [(), ("--checkpoints",)])
def test_an_export_is_verified_offline(exported: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    """In a process of its own, with databases that do not exist."""
    command = [sys.executable, "manage.py", "verify_audit", "--file", str(exported), "--public-key", KEY]
    command += [*more, str(tmp_path / "checkpoints.jsonl")] if more else []
    nowhere = "postgresql://nobody@127.0.0.1:1/nowhere"
    environ = {
        "DATABASE_URL": nowhere, "KEYSTORE_DATABASE_URL": nowhere, "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "x", "KEY_ENCRYPTION_KEY": "x", "ENVIRONMENT": "test",
    }  # fmt: skip
    done = subprocess.run(command, env=environ, cwd=DOCUMENT.parents[1], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "bright-smile: good (9 events)\ncheckpoints: 2, signed\n"


def first_event(lines: list[Line]) -> int:
    return [line["kind"] for line in lines].index("event")


def change(lines: list[Line], row: int, **fields: object) -> list[Line]:
    lines[first_event(lines) + row - 1] |= fields
    return lines


def swap(lines: list[Line]) -> list[Line]:
    at = first_event(lines) + 2
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return lines


def cut(lines: list[Line]) -> list[Line]:
    """Rows 6 to 9, with an end line that knows nothing of them."""
    at = first_event(lines) + 5
    return [*lines[:at], {"kind": "end", "events": 5, "head": lines[at - 1]["hash"]}]


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (lambda lines: change(lines, 3, action="x"), "bright-smile, row 3: Row 3 was changed"),
        (lambda lines: change(lines, 3, details="{}"), "bright-smile, row 3: The details of row 3 were changed"),
        (lambda lines: change(lines, 3, details=None), "bright-smile, row 3: Row 3 has lost its details"),
        (lambda lines: change(lines, 3, target="\ud800"), "bright-smile, row 3: Row 3 was changed"),
        (lambda lines: change(lines, 3, details="\ud800"), "bright-smile, row 3: The details of row 3 were changed"),
        (lambda lines: lines[:7] + lines[8:], "bright-smile, row 3: Row 3 is missing: row 4 comes next"),
        (swap, "bright-smile, row 3: Row 3 is missing: row 4 comes next"),
        (lambda lines: lines[:8] + lines[7:], "bright-smile, row 3: There are two rows 3"),
        (lambda lines: lines[:9] + lines[6:], "bright-smile, row 2: Row 2 comes after row 4"),
        (cut, "bright-smile, row 6: The trail ends with row 5, and Checkpoint"),
        (lambda lines: lines[:-3], "The file ends with line 12, before its end line."),
        (lambda lines: lines[:-3] + lines[-1:], "Line 13 speaks of 9 events: the file is not whole."),
        (lambda lines: lines[:1], "The file ends before its end line."),
        (lambda lines: [], "Line 1 is not the beginning of an export"),
        (lambda lines: lines[1:], "Line 1 is not the beginning of an export"),
        (lambda lines: change(lines, 3, seq="x"), "Line 8 is not a line of an audit trail"),
        (lambda lines: change(lines, 3, hash="zz"), "Line 8 is not a line of an audit trail"),
        (lambda lines: [*lines[:3], {**lines[3], "path": [["up"]]}, *lines[4:]], "does not lead to checkpoint"),
        (lambda lines: [lines[0], {**lines[1], "trails": 7}, *lines[2:]], "is not signed by a key that we know"),
        (lambda lines: [lines[0], *lines[2:]], "does not lead to checkpoint"),
    ],
)  # fmt: skip
def test_an_export_that_was_tampered_with_is_found(
    exported: Path, tamper: Callable[[list[Line]], list[Line]], message: str
) -> None:
    assert message in fail("verify_audit", "--file", write(exported, tamper(read(exported))))[1]


def test_an_export_without_its_anchors_is_found_by_the_file_kept_elsewhere(exported: Path, tmp_path: Path) -> None:
    lines = [line for line in cut(read(exported)) if line["kind"] not in ("anchor", "checkpoint")]
    offline = ["verify_audit", "--file", write(exported, lines)]
    assert run(*offline)[0].startswith("bright-smile: good (5 events)")
    kept = tmp_path / "checkpoints.jsonl"
    assert "row 6: The trail ends with row 5" in fail(*offline, "--checkpoints", str(kept))[1]


def test_a_torn_line_of_the_file_is_named_and_no_fault(clinic: ClinicFacts, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoints.jsonl"
    first, second = kept.read_text().splitlines()
    kept.write_text(f"{first}\n{second[:50]}\n{second}\n")
    out, err = run("verify_audit", "--checkpoints", str(kept))
    assert "checkpoints: 2, signed" in out
    assert err == f"{kept}: Line 2 is not a line of an audit trail.\n"


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": "ringback/proof/v1"}', '"x"', "[" * 100000])
def test_what_is_no_proof_is_refused(clinic: ClinicFacts, tmp_path: Path, text: str) -> None:
    path = tmp_path / "proof.json"
    path.write_text(text)
    assert "is not" in fail("verify_audit", "--proof", str(path))[1]


@given(st.binary(max_size=300))
def test_no_file_breaks_the_reading(rubbish: bytes) -> None:
    path = Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp") / "ringback-rubbish.jsonl"
    path.write_bytes(rubbish)
    try:
        fail("verify_audit", "--file", str(path))
    finally:
        path.unlink()


def test_the_program_of_the_documentation_works(exported: Path, tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.+?)```", DOCUMENT.read_text(), re.DOTALL)

    def verify() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", program, str(exported)], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    last = read(exported)[-1]["head"]
    assert verify() == (0, f"9 rows, the last hash is {last}\n")
    write(exported, change(read(exported), 4, action="x"))
    assert verify() == (1, "the first bad row is 4\n")
    write(exported, change(change(read(exported), 4, action="member_removed"), 5, details="{}"))
    assert verify() == (1, "the details of row 5 were changed\n")
