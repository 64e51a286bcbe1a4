"""Writes an audit trail to standard output, a JSON object a line, with all that is needed to verify it elsewhere."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tenants.selectors import UnknownClinic
from tenants.services import record_export
from tenants.trail_reports import export_lines, trail_id


class Command(BaseCommand):
    help = "Writes a clinic's audit trail as JSON lines, details and anchors included. The export is on record in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="the clinic")
        parser.add_argument("--platform", action="store_true", help="the platform's own trail instead")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        if bool(slug) == options["platform"]:
            raise CommandError("Name a clinic, or say --platform.")
        try:
            clinic_id = trail_id(slug)
        except UnknownClinic as error:
            raise CommandError(str(error)) from error
        until = record_export(clinic_id=clinic_id, form="JSON lines")
        for line in export_lines(slug=slug, now=timezone.now(), until=until):
            self.stdout.write(line)
        self.stderr.write(f"{until:,} events. They name people: keep the file as you keep the database.")
