"""Reads a clinic's booking systems now; counts go to standard output, and nothing of what was read."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from attribution.selectors import SystemLine, list_systems, trouble_of
from attribution.services import ReadReport, read_booking_system
from tenants.domain import ClinicFacts
from tenants.selectors import UnknownClinic, get_clinic_by_slug


class Command(BaseCommand):
    help = "Reads what has changed in a clinic's booking systems, to the end. Fails when one of them could not be read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the clinic")
        parser.add_argument("--json", action="store_true", help="the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            clinic = get_clinic_by_slug(options["slug"])
        except UnknownClinic as error:
            raise CommandError(str(error)) from error
        lines = [line for line in list_systems(clinic) if not line.is_heard]
        reports = [(line, self._read(clinic, line)) for line in lines]
        if options["json"]:
            found = [{"id": str(line.id), "kind": line.kind, **(_json(report))} for line, report in reports]
            self.stdout.write(json.dumps(found))
        else:
            for line, report in reports:
                self.stdout.write(f"{line.name}: {_words(report)}")
        if any(report is not None and report.problem for _, report in reports):
            raise CommandError("Not all of them could be read.")

    def _read(self, clinic: ClinicFacts, line: SystemLine) -> ReadReport | None:
        """Runs until one of them came to the end, or got nothing new done."""
        total = report = read_booking_system(clinic_id=clinic.id, system_id=line.id, now=timezone.now())
        while report is not None and total is not None and not report.is_complete and report.new:
            report = read_booking_system(clinic_id=clinic.id, system_id=line.id, now=timezone.now())
            if report is not None:
                report.new, report.changed = report.new + total.new, report.changed + total.changed
                total = report
        return total


def _json(report: ReadReport | None) -> dict[str, object]:
    return report.as_json() if report else {"skipped": True}


def _words(report: ReadReport | None) -> str:
    if report is None:
        return "paused, or being read already"
    if report.problem:
        return trouble_of(report.problem)
    counts = f"{report.seen} bookings, {report.new} new, {report.changed} changed"
    return f"{counts}, {report.left_out} too old, {report.refused} refused"
