"""Imports what is dropped into a folder, overnight or once: calls or appointments of one clinic.

What became of each file goes to standard output, what is wrong to standard error; neither has a number, nor a whole
name of a file. How files are taken, kept apart and left alone is in `calls.folders`.
"""

import time
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections
from django.utils import timezone

from attribution.services import AppointmentImport, import_appointments
from calls.domain import ImportKind
from calls.folders import BadFolder, FolderBusy, Rules, StillWritten, list_finished, only_one, prepare, take_file
from calls.formats import (
    APPOINTMENT_FORMATS,
    CALL_FORMATS,
    BadOption,
    add_mapping,
    find_format,
    make_options,
    split_lines,
)
from calls.formats.mapping import BadMapping
from calls.import_records import put_on_record, stopped_in_order
from calls.imports import ImportOptions, import_calls
from calls.reports import ImportReport
from tenants.events import Event
from tenants.selectors import UnknownClinic, get_clinic_by_slug

MEGABYTE: Final = 1_000_000


class Command(BaseCommand):
    help = (
        "Imports finished files of a folder. A file that was taken in is deleted (kept in done/ with --keep), one that "
        "can't be read is moved to refused/; both leave a report. Files hold numbers: see docs/importing.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the clinic")
        parser.add_argument("folder", type=Path)
        parser.add_argument("--kind", choices=[kind.value for kind in ImportKind], default=ImportKind.CALLS.value)
        parser.add_argument("--format", required=True, help=f"calls: {', '.join(sorted(CALL_FORMATS))}")
        parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="as of import_calls")
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="csv: which column is which")
        parser.add_argument("--once", action="store_true", help="take what is there and end, as for cron")
        parser.add_argument("--every", type=float, default=60, metavar="SECONDS", help="look again so often (60)")
        parser.add_argument(
            "--settle", type=float, default=30, metavar="SECONDS", help="a file untouched for so long is finished (30)"
        )
        parser.add_argument("--max-megabytes", type=int, default=2000, help="larger files are refused (2000)")
        parser.add_argument("--keep", action="store_true", help="keep files that were taken in, with their numbers")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        rules = Rules(options["settle"], options["max_megabytes"] * MEGABYTE, options["keep"])
        try:
            importer = _Importer(options)
            with stopped_in_order(), only_one(folder):
                prepare(folder)
                self._look(folder, importer, rules)
                while not options["once"]:
                    time.sleep(options["every"])
                    self._look(folder, importer, rules)
        except FolderBusy as error:
            raise CommandError("Another process imports from this folder.") from error
        except (UnknownClinic, BadOption, BadMapping, BadFolder) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The folder or the mapping can't be read: {error.strerror}") from error
        except KeyboardInterrupt:
            self.stderr.write("Stopped. What is left is taken next time.")

    def _look(self, folder: Path, importer: "_Importer", rules: Rules) -> None:
        names, odd = list_finished(folder, rules)
        for name in odd:
            self.stderr.write(f"{name}: left alone, it is no ordinary file")
        for name in names:
            try:
                taken = take_file(folder, name, importer.take_in, rules, timezone.now())
            except StillWritten:
                self.stderr.write("A file was changed while it was read: it is taken next time.")
            except Exception as error:  # whatever it is, others are not kept waiting; its text may hold values
                self.stderr.write(f"A file could not be stored ({type(error).__name__}): it is taken next time.")
                if isinstance(error, Error):
                    close_old_connections()  # the database may have been restarted
            else:
                self.stdout.write(taken.as_text(importer.kind.value))


class _Importer:
    """Takes one file in, as the commands for single files do."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.kind = ImportKind(options["kind"])
        self._name = options["format"]
        self._clinic = get_clinic_by_slug(options["slug"])
        is_of_calls = self.kind is ImportKind.CALLS
        known = (
            find_format(CALL_FORMATS, self._name).OPTIONS
            if is_of_calls
            else find_format(APPOINTMENT_FORMATS, self._name).OPTIONS
        )
        self._how = make_options(known, options["option"], self._clinic.zone, self._clinic.region)
        if options["mapping"]:
            if not is_of_calls:
                raise BadOption("a mapping is for files of calls")
            self._how = add_mapping(self._how, self._name, options["mapping"].read_bytes())

    def take_in(self, file: BinaryIO) -> ImportReport:
        return self._take_calls(file) if self.kind is ImportKind.CALLS else self._take_appointments(file)

    def _take_calls(self, file: BinaryIO) -> ImportReport:
        with put_on_record(Event.CALLS_IMPORTED, clinic_id=self._clinic.id, format=self._name, folder=True) as tally:
            report = import_calls(
                clinic=self._clinic,
                events=CALL_FORMATS[self._name].read(split_lines(file), self._how),
                options=ImportOptions(region=self._how.region),
                now=timezone.now(),
                progress=tally.keep,
            )
            tally.keep(report)
        return report

    def _take_appointments(self, file: BinaryIO) -> ImportReport:
        event = Event.APPOINTMENTS_IMPORTED
        with put_on_record(event, clinic_id=self._clinic.id, format=self._name, folder=True) as tally:
            report = import_appointments(
                clinic=self._clinic,
                rows=APPOINTMENT_FORMATS[self._name].read(split_lines(file), self._how),
                options=AppointmentImport(timezone.now(), self._how.region),
                progress=tally.keep,
            )
            tally.keep(report)
        return report
