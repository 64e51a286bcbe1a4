"""Purges now, or with --dry-run says what a purge would delete; prints the report and decides nothing."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from retention import services
from retention.domain import PurgeReport
from retention.sweeps import AlreadyRunning
from tenants.selectors import list_clinics


class Command(BaseCommand):
    help = "Deletes everything that is past its limit. Safe to run at any time and to kill at any point."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count and delete nothing")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = services.purge_expired(now=timezone.now(), dry_run=options["dry_run"])
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error
        slugs = {clinic.id: clinic.slug for clinic in list_clinics()}
        rows = [
            {"clinic": slugs.get(clinic_id, str(clinic_id)), "what": what, "count": count}
            for (clinic_id, what), count in sorted(
                report.totals().items(), key=lambda item: (str(item[0][0]), item[0][1])
            )
        ]
        self.stdout.write(json.dumps(_as_json(report, rows)) if options["json"] else _as_text(report, rows))
        if report.busy:
            raise CommandError(f"Somebody else was in the way; run it again for: {', '.join(report.busy)}.")


def _as_json(report: PurgeReport, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "dry_run": report.is_dry_run,
        "at": report.now.isoformat(),
        "weeks": [str(monday) for monday in report.weeks],
        "deleted": rows,
        "platform": dict(report.platform),
        "busy": list(report.busy),
    }


def _as_text(report: PurgeReport, rows: list[dict[str, Any]]) -> str:
    lines = [f"week of {monday}: {'would be dropped' if report.is_dry_run else 'dropped'}" for monday in report.weeks]
    lines += [f"{row['clinic']}: {row['what']} {row['count']:,}" for row in rows]
    lines += [f"platform: {what} {count:,}" for what, count in report.platform.items()]
    return "\n".join(lines)
