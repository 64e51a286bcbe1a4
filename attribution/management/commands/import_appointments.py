"""Imports appointments from a file; the report goes to standard output, progress and errors to standard error."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from attribution.services import AppointmentImport, import_appointments, newest_booking
from calls.domain import AppointmentEvent, Refused
from calls.formats import APPOINTMENT_FORMATS, BadOption, Format, Options, find_format, make_options, split_lines
from calls.import_records import put_on_record
from calls.reports import ImportReport
from tenants.events import Event
from tenants.selectors import UnknownClinic, get_clinic_by_slug


class Command(BaseCommand):
    help = (
        "Imports a clinic's appointments from a file. A line that cannot be stored is counted and named; running it "
        "again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the clinic")
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, help=", ".join(sorted(APPOINTMENT_FORMATS)))
        parser.add_argument(
            "--option", action="append", default=[], metavar="NAME=VALUE", help="all formats: timezone, region"
        )
        parser.add_argument(
            "--shift-to-now", action="store_true", help="move all times so that the newest booking is now"
        )
        parser.add_argument("--dry-run", action="store_true", help="store nothing, report the same")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._import(options, timezone.now())
        except (UnknownClinic, BadOption) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as stopped:
            raise CommandError("Stopped. What was stored stays.", returncode=130) from stopped
        except Refused as refused:
            raise CommandError(f"{options['file']}: {refused.detail}") from refused
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        self.stdout.write(json.dumps(report.as_json()) if options["json"] else report.as_text("appointments"))
        if not report.dry_run:
            self.stderr.write("A worker was asked to take the changes up; the verdicts follow.")

    def _import(self, options: dict[str, Any], now: datetime) -> ImportReport:
        format_ = find_format(APPOINTMENT_FORMATS, options["format"])
        clinic = get_clinic_by_slug(options["slug"])
        how = make_options(format_.OPTIONS, options["option"], clinic.zone, clinic.region)
        path: Path = options["file"]
        shift = _shift_to(now, path, format_, how) if options["shift_to_now"] else timedelta()
        bar = tqdm(total=path.stat().st_size, unit="B", unit_scale=True, disable=None, desc="import")
        with path.open("rb") as file, bar:

            def show(_: ImportReport) -> None:
                bar.update(file.tell() - bar.n)

            with put_on_record(Event.APPOINTMENTS_IMPORTED, clinic_id=clinic.id, format=format_.NAME) as tally:

                def move(report: ImportReport) -> None:
                    tally.keep(report)
                    show(report)

                report = import_appointments(
                    clinic=clinic,
                    rows=format_.read(split_lines(file), how),
                    options=AppointmentImport(now, how.region, shift, options["dry_run"]),
                    progress=move,
                )
                tally.keep(report)
        return report


def _shift_to(now: datetime, path: Path, format_: Format[AppointmentEvent], how: Options) -> timedelta:
    """How far the newest booking is from now; reads the whole file once."""
    with path.open("rb") as file:
        newest = newest_booking(format_.read(split_lines(file), how))
    return now - newest if newest else timedelta()
