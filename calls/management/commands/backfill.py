"""Fetches a clinic's calls from its phone systems' own lists; prints what came on standard output, progress on standard
error. Stopped in the middle, it goes on where it was when it is run again.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from calls.domain import PullKind, PullState
from calls.fetching import FOR_COMMANDS, NothingToFetch, Progress, begin_backfill, run_pull
from calls.locks import Busy
from calls.selectors import ConnectionLine, PullLine, find_unfinished, list_accounts, list_connections
from calls.selectors.accounts import PROBLEM_WORDS
from calls.services import AlreadyFetching, IsPaused
from tenants.domain import ClinicFacts, day_bounds
from tenants.events import SYSTEM
from tenants.selectors import UnknownClinic, get_clinic_by_slug


class Command(BaseCommand):
    help = (
        "Fetches a clinic's calls from the lists of its phone systems: of those whose credentials are set on their "
        "page. What is known already changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the clinic")
        parser.add_argument("--connection", metavar="NAME", help="one connection only; all that can be asked otherwise")
        parser.add_argument("--days", type=int, help="so many days back; all that the clinic keeps otherwise")
        parser.add_argument("--from", dest="first", type=_read_day, metavar="DAY", help="a day, as 2026-07-01")
        parser.add_argument("--to", dest="last", type=_read_day, metavar="DAY", help="the last day, included")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            clinic = get_clinic_by_slug(options["slug"])
        except UnknownClinic as error:
            raise CommandError(str(error)) from error
        since, until = _read_span(clinic, options, now)
        lines = _choose(clinic, options["connection"], now)
        pulls = [(line, self._fetch(clinic, line, since, until, now)) for line in lines]
        told = [_as_json(line, pull) for line, pull in pulls]
        self.stdout.write(json.dumps(told) if options["json"] else "\n".join(_as_text(*pair) for pair in pulls))
        if any(pull.state is not PullState.DONE for _, pull in pulls):
            raise CommandError("Not everything was fetched.")

    def _fetch(
        self, clinic: ClinicFacts, line: ConnectionLine, since: datetime, until: datetime, now: datetime
    ) -> PullLine:
        try:
            pull_id = self._begin(clinic, line, since, until, now)
            with _progress_bar(line.name) as progress:
                pull = run_pull(clinic=clinic, pull_id=pull_id, pace=FOR_COMMANDS, progress=progress)
        except Busy as error:
            raise CommandError(f"{line.name}: a worker is fetching these calls just now.") from error
        except IsPaused as error:
            raise CommandError(f"{line.name} is paused.") from error
        except NothingToFetch as error:
            raise CommandError("The span is empty, or older than the clinic keeps calls.") from error
        if pull is None:
            raise CommandError(f"{line.name}: its credentials were taken away meanwhile.")
        return pull

    def _begin(
        self, clinic: ClinicFacts, line: ConnectionLine, since: datetime, until: datetime, now: datetime
    ) -> uuid.UUID:
        try:
            return begin_backfill(clinic=clinic, connection_id=line.id, since=since, until=until, now=now, actor=SYSTEM)
        except AlreadyFetching:
            begun = find_unfinished(clinic.id, line.id, PullKind.BACKFILL)
            if begun is None:
                raise CommandError(f"{line.name}: it was fetched this moment; run it again.") from None
            self.stderr.write(f"{line.name}: going on with what was begun before ({begun.percent} %).")
            return begun.id


def _choose(clinic: ClinicFacts, name: str | None, now: datetime) -> Sequence[ConnectionLine]:
    askable = {account.connection_id for account in list_accounts(clinic.id)}
    lines = [line for line in list_connections(clinic, now) if line.id in askable and name in (None, line.name)]
    if not lines:
        known = f"There is no connection {name!r} with credentials." if name else "No connection has credentials."
        raise CommandError(f"{known} They are set on the connection's page, “How we ask it”.")
    return lines


def _read_day(text: str) -> date:
    return date.fromisoformat(text)


def _read_span(clinic: ClinicFacts, options: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    if options["days"] is not None and (options["first"] or options["last"]):
        raise CommandError("Either --days or --from and --to.")
    if options["days"] is not None and options["days"] < 1:
        raise CommandError("--days is at least 1.")
    since = now - timedelta(days=options["days"] or clinic.retention_days)
    if options["first"]:
        since = day_bounds(options["first"], clinic.zone)[0]
    return since, day_bounds(options["last"], clinic.zone)[1] if options["last"] else now


def _as_json(line: ConnectionLine, pull: PullLine) -> dict[str, Any]:
    counts = pull.counts
    return {
        "connection": line.name,
        "provider": line.provider,
        "state": pull.state.value,
        "problem": pull.problem,
        "since": pull.since.isoformat(),
        "until": pull.until.isoformat(),
        "reached": pull.reached.isoformat(),
        "read": counts.read,
        "added": counts.added,
        "left_out": counts.left_out,
        "refused": counts.refused,
    }


def _as_text(line: ConnectionLine, pull: PullLine) -> str:
    counts = pull.counts
    told = (
        f"{line.name} ({line.title}): {counts.read:,} records, {counts.added:,} new calls, "
        f"{counts.left_out:,} too old, {counts.refused:,} could not be read."
    )
    if pull.state is PullState.DONE:
        return told
    why = PROBLEM_WORDS.get(pull.problem, "Somebody stopped it.")
    return f"{told}\n  {pull.state.capitalize()} at {pull.percent} %: {why}"


@contextmanager
def _progress_bar(name: str) -> Iterator[Progress]:
    """A bar of the span that is fetched, on a terminal only."""
    with tqdm(total=100, unit="%", disable=None, desc=name) as bar:
        yield _show(bar)


def _show(bar: "tqdm[Any]") -> Callable[[PullLine], None]:
    def show(pull: PullLine) -> None:
        bar.set_postfix(records=pull.counts.read, new=pull.counts.added, refresh=False)
        bar.update(pull.percent - bar.n)

    return show
