"""Imports calls from a file; prints the report on standard output, progress and what is wrong on standard error."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from calls.batches import newest_start
from calls.domain import CallEvent, Refused
from calls.formats import (
    CALL_FORMATS,
    BadOption,
    Format,
    Options,
    ReadRow,
    add_mapping,
    find_format,
    make_options,
    split_lines,
)
from calls.formats.mapping import BadMapping, find_faults, preview, read_sample, suggest_mapping, to_json
from calls.import_records import Tally, put_on_record
from calls.imports import ImportOptions, Progress, import_calls
from calls.reports import ImportReport
from tenants.events import Event
from tenants.masks import mask
from tenants.selectors import UnknownClinic, get_clinic_by_slug


class Command(BaseCommand):
    help = (
        "Imports a clinic's calls from a file. A line that cannot be stored is counted and named; running it again "
        "changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the clinic")
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, help=", ".join(sorted(CALL_FORMATS)))
        parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help=_option_help())
        parser.add_argument(
            "--mapping", type=Path, metavar="FILE", help="csv: which column is which, as --suggest-mapping prints it"
        )
        parser.add_argument(
            "--suggest-mapping",
            action="store_true",
            help="csv: store nothing; print a mapping for this file (or the one of --mapping) on standard output, and "
            "on standard error what the first rows would become",
        )
        parser.add_argument(
            "--shift-to-now",
            action="store_true",
            help="move all times so that the newest call is now; for demonstrations and old samples. Again a day later "
            "the same file is moved elsewhere, and is then stored a second time",
        )
        parser.add_argument("--dry-run", action="store_true", help="store nothing, report the same")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["suggest_mapping"]:
                return self._suggest(options)
            report = self._import(options, timezone.now())
        except (UnknownClinic, BadOption, BadMapping) as error:
            raise CommandError(str(error)) from error
        except Refused as refused:
            raise CommandError(f"{mask(str(options['file']))}: {refused.detail}") from refused
        except OSError as error:
            raise CommandError(f"{mask(str(error.filename or options['file']))}: {error.strerror}") from error
        except KeyboardInterrupt as stopped:
            raise CommandError("Stopped. What was stored stays.", returncode=130) from stopped
        self.stdout.write(json.dumps(report.as_json()) if options["json"] else report.as_text("calls"))
        if not report.dry_run:
            self.stderr.write("A worker was asked to take the changes up; the figures follow.")

    def _import(self, options: dict[str, Any], now: datetime) -> ImportReport:
        format_ = find_format(CALL_FORMATS, options["format"])
        clinic = get_clinic_by_slug(options["slug"])
        how = make_options(format_.OPTIONS, options["option"], clinic.zone, clinic.region)
        if options["mapping"]:
            how = add_mapping(how, format_.NAME, options["mapping"].read_bytes())
        shift = _shift_to(now, options["file"], format_, how) if options["shift_to_now"] else timedelta()
        with (
            options["file"].open("rb") as file,
            _progress_bar(file) as show,
            put_on_record(Event.CALLS_IMPORTED, clinic_id=clinic.id, format=format_.NAME) as tally,
        ):
            report = import_calls(
                clinic=clinic,
                events=format_.read(split_lines(file), how),
                options=ImportOptions(region=how.region, shift=shift, dry_run=options["dry_run"]),
                now=now,
                progress=_both(tally, show),
            )
            tally.keep(report)
        return report

    def _suggest(self, options: dict[str, Any]) -> None:
        format_ = find_format(CALL_FORMATS, options["format"])
        clinic = get_clinic_by_slug(options["slug"])
        how = make_options(format_.OPTIONS, options["option"], clinic.zone, clinic.region)
        with options["file"].open("rb") as file:
            sample = read_sample(split_lines(file))
        if options["mapping"]:
            how = add_mapping(how, format_.NAME, options["mapping"].read_bytes())
        mapping = how.mapping or suggest_mapping(sample.header, sample.rows, how.region, sample.delimiter)
        self.stdout.write(json.dumps(to_json(mapping), indent=2, ensure_ascii=False))
        faults = find_faults(mapping)
        for name, words in faults.items():
            self.stderr.write(f"{name}: {words}")
        if not faults:
            with options["file"].open("rb") as file:
                for row in preview(split_lines(file), mapping, replace(how, mapping=mapping)):
                    self.stderr.write(row.as_text())


def _both(tally: Tally, show: Progress) -> Progress:
    def move(report: ImportReport) -> None:
        tally.keep(report)
        show(report)

    return move


def _shift_to(now: datetime, path: Path, format_: Format[CallEvent], how: Options) -> timedelta:
    """How far the newest call is from now; reads the whole file once."""
    with path.open("rb") as file:
        events: Iterator[ReadRow[CallEvent]] = format_.read(split_lines(file), how)
        newest = newest_start(events)
    return now - newest if newest else timedelta()


@contextmanager
def _progress_bar(file: BinaryIO) -> Iterator[Progress]:
    """A bar of the bytes read, on a terminal only."""
    total = Path(file.name).stat().st_size
    with tqdm(total=total, unit="B", unit_scale=True, disable=None, desc="import") as bar:
        yield _show(bar, file)


def _show(bar: "tqdm[Any]", file: BinaryIO) -> Callable[[ImportReport], None]:
    def show(report: ImportReport) -> None:
        bar.set_postfix(calls=report.read, refused=report.refused_count, refresh=False)
        bar.update(file.tell() - bar.n)

    return show


def _option_help() -> str:
    names = (f"{name}: {', '.join(format_.OPTIONS)}" for name, format_ in CALL_FORMATS.items() if format_.OPTIONS)
    return f"all formats: timezone, region; {'; '.join(names)}"
