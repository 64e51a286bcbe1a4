"""Writes of pulls: begun, moved on, ended. How far one came is kept, and nothing of what it read."""

import contextlib
import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from calls.domain import PullCounts, PullKind, PullState
from calls.models import UNFINISHED, Account, Connection, Pull
from calls.selectors.accounts import list_all_accounts
from calls.selectors.pulls import is_paused
from tenants import audit
from tenants.events import SYSTEM, Actor, ActorKind, Event
from tenants.scope import as_clinic

KEPT = timedelta(days=30)  # of pulls that ended
RECONCILED = timedelta(hours=48)


class AlreadyFetching(Exception):
    """A pull of this kind is not finished yet."""


class NoAccount(LookupError):
    """It is not said how this phone system is asked."""


class IsPaused(Exception):
    """What this phone system says is not wanted at the moment."""


class UnknownPull(LookupError):
    """The clinic has no such pull."""


def start_pull(
    *,
    clinic_id: uuid.UUID,
    connection_id: uuid.UUID,
    kind: PullKind,
    since: datetime,
    until: datetime,
    now: datetime,
    actor: Actor = SYSTEM,
) -> uuid.UUID:
    """A pull that waits for a worker; forgets those that ended long ago. Raises `AlreadyFetching`, `NoAccount`,
    `IsPaused`."""
    with as_clinic(clinic_id):
        _require_askable(clinic_id, connection_id)
        pulls = Pull.objects.filter(clinic_id=clinic_id, connection_id=connection_id)
        pulls.filter(finished_at__lt=now - KEPT).delete()
        try:
            with transaction.atomic():
                row = Pull.objects.create(
                    clinic_id=clinic_id,
                    connection_id=connection_id,
                    kind=kind.value,
                    since=since,
                    until=until,
                    reached=since,
                    started_by=actor.id,
                    started_at=now,
                    updated_at=now,
                )
        except IntegrityError as error:
            raise AlreadyFetching(str(connection_id)) from error
    return row.id


def start_reconciles(*, now: datetime) -> int:
    """One for each phone system that can be asked, over the last 48 hours; how many. One that is not finished goes on
    instead, and one that is paused is left alone."""
    started = 0
    for clinic_id, connection_id in list_all_accounts():
        with contextlib.suppress(AlreadyFetching, NoAccount, IsPaused):
            start_pull(
                clinic_id=clinic_id,
                connection_id=connection_id,
                kind=PullKind.RECONCILE,
                since=now - RECONCILED,
                until=now,
                now=now,
            )
            started += 1
    return started


def move_pull(
    *, clinic_id: uuid.UUID, pull_id: uuid.UUID, reached: datetime, counts: PullCounts, now: datetime
) -> bool:
    """Everything before `reached` is stored. False when somebody has stopped it meanwhile, or paused its connection."""
    with as_clinic(clinic_id):
        moved = _unfinished(clinic_id, pull_id).update(
            state=PullState.RUNNING.value,
            reached=reached,
            not_before=None,
            failing_since=None,
            problem="",
            read=F("read") + counts.read,
            added=F("added") + counts.added,
            left_out=F("left_out") + counts.left_out,
            refused=F("refused") + counts.refused,
            updated_at=now,
        )
        return bool(moved) and not is_paused(clinic_id, pull_id)


def put_off_pull(*, clinic_id: uuid.UUID, pull_id: uuid.UUID, until: datetime, problem: str, now: datetime) -> None:
    """It goes on later: the phone system asked for time, or is not there. Since when is kept until it moves on."""
    with as_clinic(clinic_id):
        _unfinished(clinic_id, pull_id).update(
            state=PullState.RUNNING.value,
            not_before=until,
            failing_since=Coalesce("failing_since", Value(now)),
            problem=problem,
            updated_at=now,
        )


def finish_pull(
    *,
    clinic_id: uuid.UUID,
    pull_id: uuid.UUID,
    state: PullState,
    now: datetime,
    problem: str = "",
    actor: Actor | None = None,
) -> bool:
    """It is done, stopped or failed; False when it had ended. On record: each backfill, and each reconcile that found
    calls missing; one that found nothing would fill the trail six times a day. The actor is who began it, unless
    another one ends it."""
    with as_clinic(clinic_id):
        row = _unfinished(clinic_id, pull_id).select_for_update().first()
        if row is None:
            return False
        row.state, row.problem, row.finished_at, row.updated_at = state.value, problem, now, now
        row.save(update_fields=["state", "problem", "finished_at", "updated_at"])
        if row.kind == PullKind.BACKFILL or row.added:
            _record(row, actor or _starter(row))
    return True


def stop_pull(*, clinic_id: uuid.UUID, pull_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM) -> bool:
    """What is stored stays. False when it had ended. Raises `UnknownPull`."""
    with as_clinic(clinic_id):
        if not Pull.objects.filter(clinic_id=clinic_id, pk=pull_id).exists():
            raise UnknownPull(str(pull_id))
        return finish_pull(clinic_id=clinic_id, pull_id=pull_id, state=PullState.STOPPED, now=now, actor=actor)


def _require_askable(clinic_id: uuid.UUID, connection_id: uuid.UUID) -> None:
    if not Account.objects.filter(clinic_id=clinic_id, connection_id=connection_id).exists():
        raise NoAccount(str(connection_id))
    if Connection.objects.filter(pk=connection_id, paused_at__isnull=False).exists():
        raise IsPaused(str(connection_id))


def _unfinished(clinic_id: uuid.UUID, pull_id: uuid.UUID) -> QuerySet[Pull]:
    return Pull.objects.filter(clinic_id=clinic_id, pk=pull_id, state__in=UNFINISHED)


def _starter(row: Pull) -> Actor:
    return Actor(ActorKind.PERSON, row.started_by) if row.started_by else SYSTEM


def _record(row: Pull, actor: Actor) -> None:
    audit.record(
        Event.CALLS_FETCHED,
        actor=actor,
        clinic_id=row.clinic_id,
        target=row.connection_id,
        kind=row.kind,
        state=row.state,
        since=row.since,
        until=row.until,
        counts={"read": row.read, "added": row.added, "left_out": row.left_out, "refused": row.refused},
    )
