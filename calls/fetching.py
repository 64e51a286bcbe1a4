"""Fetches calls from a phone system's own list: window by window, each stored and noted before the next is asked for.

A run may be killed at any moment: the next one begins with the first window that is not noted, and what that one had
stored changes nothing. Events go through the import, so that a call is one row whether it was told, asked for or both.
Numbers are in memory from a page to its batch, and nowhere else.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from calls.asking import NotAnswered, PhoneSystem, Sleep
from calls.domain import CallEvent, PullCounts, PullKind, PullState, RefusalReason, Refused
from calls.formats import ReadRow
from calls.holds import Hold, held_back
from calls.imports import ImportOptions, import_calls
from calls.intake import earliest_storable
from calls.locks import pull_lock
from calls.pulls import PULLERS, Puller
from calls.reports import ImportReport
from calls.selectors.accounts import AccountFacts, BadAccount, open_account
from calls.selectors.pulls import PullLine, find_pull, is_paused
from calls.services import finish_pull, move_pull, note_answer, put_off_pull, start_pull
from calls.wakeup import wake_worker
from tenants.domain import ClinicFacts
from tenants.events import Actor

MAX_PAGES: Final = 200  # of one window
MAX_EVENTS: Final = 10_000
CHECKED: Final = timedelta(hours=24)
GIVE_UP: Final = timedelta(hours=12)  # after so long of no answer
LATER: Final = timedelta(minutes=5)
_PASSING: Final = frozenset({"busy", "unreachable"})


class NothingToFetch(ValueError):
    """The span is empty, or older than the clinic keeps calls."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a run may last in seconds, how long it waits in one go, and by which clock."""

    seconds: float
    patience: float
    sleep: Sleep = time.sleep
    clock: Callable[[], datetime] = timezone.now


FOR_WORKERS: Final = Pace(seconds=300, patience=30)  # then another one's turn
FOR_COMMANDS: Final = Pace(seconds=7 * 86_400, patience=900)
FOR_PAGES: Final = Pace(seconds=0, patience=0)  # somebody waits for the answer
Progress = Callable[[PullLine], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came when a phone system was asked once: nothing wrong and so many calls, or a problem."""

    problem: str
    calls: int = 0


def check_account(*, clinic_id: uuid.UUID, connection_id: uuid.UUID, now: datetime) -> Checked | None:
    """Asks once for the calls of the last day and stores none of them; None where there is no account."""
    try:
        account = open_account(clinic_id, connection_id)
        if account is None:
            return None
        puller = PULLERS[account.provider]
        system = PhoneSystem(account, patience=FOR_PAGES.patience)
        address = puller.list_calls(account.credentials, system.base, now - CHECKED, now)
        page = puller.read_page(system.get(address), address)
        checked = Checked("", len(page.events))
    except BadAccount:
        checked = Checked("unreadable")
    except NotAnswered as error:
        checked = Checked(error.problem)
    except Refused:
        checked = Checked("broken")
    note_answer(clinic_id=clinic_id, connection_id=connection_id, problem=checked.problem, now=now)
    return checked


def run_pull(
    *, clinic: ClinicFacts, pull_id: uuid.UUID, pace: Pace, progress: Progress | None = None
) -> PullLine | None:
    """Goes on with a pull until it ends, its time is over, or the phone system wants to be left alone; that of a paused
    connection waits. How it stands then; None where there is no such pull. Raises `locks.Busy` while another one is at
    it."""
    pull = find_pull(clinic.id, pull_id)
    if pull is None:
        return None
    with pull_lock(pull.connection_id):
        pull = find_pull(clinic.id, pull_id)  # as the last one left it
        if pull is not None and pull.is_unfinished and not is_paused(clinic.id, pull_id):
            _run(clinic, pull, pace, progress)
    return find_pull(clinic.id, pull_id)


def note_breakdown(*, clinic_id: uuid.UUID, pull_id: uuid.UUID, now: datetime) -> None:
    """A run broke off with an error of ours: tried again later, and not for ever."""
    _end_or_put_off(clinic_id, pull_id, "broken", LATER, now)


def begin_backfill(
    *, clinic: ClinicFacts, connection_id: uuid.UUID, since: datetime, until: datetime, now: datetime, actor: Actor
) -> uuid.UUID:
    """The pull, which waits for a worker or a command. What is older than the clinic keeps is not even asked for.
    Raises `AlreadyFetching`, `NoAccount`, `IsPaused`, `NothingToFetch`."""
    since, until = max(since, earliest_storable(clinic, now)), min(until, now)
    if since >= until:
        raise NothingToFetch
    return start_pull(
        clinic_id=clinic.id,
        connection_id=connection_id,
        kind=PullKind.BACKFILL,
        since=since,
        until=until,
        now=now,
        actor=actor,
    )


def _run(clinic: ClinicFacts, pull: PullLine, pace: Pace, progress: Progress | None) -> None:
    problem = ""
    try:
        account = open_account(clinic.id, pull.connection_id)
        if account is None:
            return  # taken away this moment, and the pull with it
        with held_back(clinic.id, pace.clock()) as hold:
            is_through = _walk(clinic, pull, _Source(account, pace), hold, pace, progress)
        if not is_through:
            return
    except BadAccount:
        problem = "unreadable"
    except NotAnswered as error:
        problem = error.problem
        if problem in _PASSING:
            wait = timedelta(seconds=error.wait) if problem == "busy" else LATER
            _end_or_put_off(clinic.id, pull.id, problem, wait, pace.clock())
            return
    finally:
        wake_worker(clinic.id)
    _end(clinic.id, pull, problem, pace.clock())


def _end(clinic_id: uuid.UUID, pull: PullLine, problem: str, now: datetime) -> None:
    note_answer(clinic_id=clinic_id, connection_id=pull.connection_id, problem=problem, now=now)
    state = PullState.FAILED if problem else PullState.DONE
    finish_pull(clinic_id=clinic_id, pull_id=pull.id, state=state, problem=problem, now=now)


def _end_or_put_off(clinic_id: uuid.UUID, pull_id: uuid.UUID, problem: str, wait: timedelta, now: datetime) -> None:
    """What passes is waited for, as long as it has not lasted for half a day since the last window."""
    pull = find_pull(clinic_id, pull_id)  # as this run left it
    if pull is None or not pull.is_unfinished:
        return
    if pull.failing_since is not None and now >= pull.failing_since + GIVE_UP:
        _end(clinic_id, pull, problem, now)
        return
    note_answer(clinic_id=clinic_id, connection_id=pull.connection_id, problem=problem, now=now)
    put_off_pull(clinic_id=clinic_id, pull_id=pull_id, until=now + wait, problem=problem, now=now)


def _walk(
    clinic: ClinicFacts, pull: PullLine, source: "_Source", hold: Hold, pace: Pace, progress: Progress | None
) -> bool:
    """Whether the end was reached; False when somebody stopped or paused it, or its time is over."""
    began, reached = time.monotonic(), pull.reached
    while reached < pull.until:
        until = min(reached + source.puller.WINDOW, pull.until)
        lead = source.puller.LEAD if reached == pull.since else timedelta()
        counts = _store(clinic, pull, source.fetch(reached, until, lead), hold, pace.clock())
        reached = until
        if not move_pull(clinic_id=clinic.id, pull_id=pull.id, reached=reached, counts=counts, now=pace.clock()):
            return False
        if progress is not None and (line := find_pull(clinic.id, pull.id)) is not None:
            progress(line)
        if time.monotonic() - began > pace.seconds and reached < pull.until:
            return False
    return True


class _Source:
    """A phone system's list of calls."""

    def __init__(self, account: AccountFacts, pace: Pace) -> None:
        self.puller: Puller = PULLERS[account.provider]
        self._account = account
        self._system = PhoneSystem(account, patience=pace.patience, sleep=pace.sleep)

    def fetch(self, since: datetime, until: datetime, lead: timedelta) -> list[ReadRow[CallEvent]]:
        """All of a window, or nothing. What began in the time before it that is asked for too is left out, with its
        legs: without its call a leg would be a call of nobody. Raises `NotAnswered`."""
        events: list[CallEvent] = []
        refused: list[Refused] = []
        address = self.puller.list_calls(self._account.credentials, self._system.base, since - lead, until)
        asked = set[str]()
        while address:
            if address in asked or len(asked) == MAX_PAGES or len(events) + len(refused) > MAX_EVENTS:
                raise NotAnswered("endless")
            asked.add(address)
            body = self._system.get(address)
            try:
                page = self.puller.read_page(body, address)
            except Refused:
                raise NotAnswered("broken") from None  # outside: the context would carry the body along
            events += page.events
            refused += page.refused
            address = page.next
        if self.puller.ASKS_BY_DAY:
            events = [event for event in events if since <= event.started_at < until]
        if lead:
            earlier = {event.call_key for event in events if event.started_at < since}
            events = [event for event in events if event.call_key not in earlier]
        # A call before its legs, for it knows who called; lists have the newest first.
        events.sort(key=lambda event: (not event.number_known, event.started_at))
        found: list[CallEvent | Refused] = [*events, *refused]
        return [ReadRow(number, one) for number, one in enumerate(found, 1)]


def _store(
    clinic: ClinicFacts, pull: PullLine, rows: list[ReadRow[CallEvent]], hold: Hold, now: datetime
) -> PullCounts:
    options = ImportOptions(region=clinic.region, connection_id=pull.connection_id)
    report = import_calls(clinic=clinic, events=_each(rows), options=options, now=now, hold=hold)
    return _count(report)


def _each(rows: list[ReadRow[CallEvent]]) -> Iterator[ReadRow[CallEvent]]:
    yield from rows


def _count(report: ImportReport) -> PullCounts:
    too_old = report.refused.get(RefusalReason.TOO_OLD.value)
    left_out = too_old.count if too_old else 0
    return PullCounts(report.read, report.stored, left_out, report.refused_count - left_out)
