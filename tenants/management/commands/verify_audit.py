"""Verifies audit trails, stored or exported; the report goes to standard output, what is missing to standard error.

It ends with 1 and the first bad row when something is wrong. With --file it asks no database.
"""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.selectors import UnknownClinic
from tenants.trail.reading import BadLine, KeptLine, read_export, read_kept, read_proof
from tenants.trail.seals import BadKey, key_name, public_key_of, read_public_key
from tenants.trail.verification import Problem
from tenants.trail_reports import Outside, Report, verify_export, verify_stored, whole_lines


class Command(BaseCommand):
    help = "Verifies the audit trails of all clinics and the platform, or of one clinic, or of an exported file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="the clinic; without it, all trails")
        parser.add_argument("--file", type=Path, help="an export of export_audit, instead of the database")
        parser.add_argument("--checkpoints", type=Path, help="the file of checkpoints that was kept elsewhere")
        parser.add_argument("--proof", type=Path, action="append", default=[], help="a proof that a clinic took")
        parser.add_argument(
            "--public-key", action="append", default=[], help="of the signatures, in base64; by default our own"
        )
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] and options["slug"]:
            raise CommandError("Name a clinic, or give a file.")
        try:
            report = self._verify(options)
        except (UnknownClinic, BadKey, BadLine) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        self.stdout.write(json.dumps(_as_json(report)) if options["json"] else _as_text(report))
        if not report.are_signatures:
            self.stderr.write("Signatures were not checked: give the public key with --public-key.")
        if found := report.first_problem:
            raise CommandError(_in_words(*found))

    def _verify(self, options: dict[str, Any]) -> Report:
        outside = Outside(
            public_keys=_public_keys(options["public_key"]),
            kept=self._read_kept(options["checkpoints"]) if options["checkpoints"] else [],
            anchors=[read_proof(path.read_text(encoding="utf-8", errors="replace")) for path in options["proof"]],
        )
        if not options["file"]:
            return verify_stored(slug=options["slug"], outside=outside)
        with options["file"].open(encoding="utf-8", errors="replace") as lines:
            return verify_export(export=read_export(lines), outside=outside)

    def _read_kept(self, path: Path) -> list[KeptLine]:
        with path.open(encoding="utf-8", errors="replace") as file:
            kept, torn = whole_lines(read_kept(file))
        for error in torn:
            self.stderr.write(f"{path}: {error}")
        return kept


def _public_keys(given: list[str]) -> dict[str, bytes]:
    keys = [read_public_key(text) for text in given]
    if not keys and settings.AUDIT_SIGNING_KEY:
        keys = [public_key_of(settings.AUDIT_SIGNING_KEY)]
    return {key_name(key): key for key in keys}


def _as_text(report: Report) -> str:
    lines = [
        f"{name}: {verdict.problem.text if verdict.problem else 'good'} ({verdict.count:,} events)"
        for name, verdict in report.verdicts
    ]
    signed = "signed" if report.are_signatures else "signatures not checked"
    lines.append(f"checkpoints: {report.checkpoints:,}, {signed}" if report.checkpoints else "checkpoints: none yet")
    return "\n".join([*lines, *(problem.text for problem in report.problems)])


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "ok": report.first_problem is None,
        "trails": [
            {
                "clinic": name,
                "events": verdict.count,
                "head": verdict.head.hex(),
                "problem": _problem_as_json(verdict.problem) if verdict.problem else None,
            }
            for name, verdict in report.verdicts
        ],
        "checkpoints": report.checkpoints,
        "signatures_checked": report.are_signatures,
        "problems": [_problem_as_json(problem) for problem in report.problems],
    }


def _problem_as_json(problem: Problem) -> dict[str, Any]:
    clinic_id = str(problem.clinic_id) if problem.clinic_id else None
    return {"fault": problem.fault.value, "text": problem.text, "clinic_id": clinic_id, "seq": problem.seq}


def _in_words(name: str, problem: Problem) -> str:
    where = f"{name}, row {problem.seq}: " if name and problem.seq is not None else ""
    return f"{where}{problem.text}"
