"""Recomputes attribution and rolls the open days of a clinic up again; what is closed stays."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from attribution.services import rebuild_metrics
from tenants import audit
from tenants.events import SYSTEM, Event
from tenants.selectors import UnknownClinic, get_clinic_by_slug


class Command(BaseCommand):
    help = "Recomputes all callers of a clinic and rolls its open days up; it changes nothing that is closed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the clinic")
        parser.add_argument("--from", dest="first", type=_read_day, metavar="DAY", help="the first day to roll up")
        parser.add_argument("--to", dest="last", type=_read_day, metavar="DAY", help="the last day to roll up")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            clinic = get_clinic_by_slug(options["slug"])
        except UnknownClinic as error:
            raise CommandError(str(error)) from error
        if options["first"] and options["last"] and options["first"] > options["last"]:
            raise CommandError("--from is after --to.")
        with tqdm(unit="part", disable=None, desc="callers") as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            callers = rebuild_metrics(
                clinic_id=clinic.id,
                now=timezone.now(),
                first=options["first"],
                last=options["last"],
                progress=show,
            )
        audit.record(
            Event.METRICS_REBUILT, actor=SYSTEM, clinic_id=clinic.id, callers=callers, first_day=options["first"],
            last_day=options["last"],
        )  # fmt: skip
        self.stdout.write(f"{callers:,} callers recomputed, open days rolled up.")


def _read_day(text: str) -> date:
    return date.fromisoformat(text)
