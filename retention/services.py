"""The purge: what must go goes, is counted and logged; refuses to run twice at once and to look at who is deleted.

Every batch is one transaction with its log row, and what is left to do is read from the tables, so a run that was
killed at any point is finished by the next one. Order of forgetting: calls and hashes by the week, rows past a
clinic's own limit, keys, then what belongs to no clinic.
"""

import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.db.models.functions import Now

from calls import keystore
from retention import clinics, keys, sweeps, weeks
from retention.batches import Busy
from retention.domain import LOG_DAYS, Deletion, PurgeReport, Run
from retention.models import PurgeRun
from tenants import audit, ledger, throttles
from tenants.domain import PLATFORM, ClinicFacts
from tenants.events import SYSTEM, Event
from tenants.models import RefusedCount, Throttle, TokenFamily
from tenants.scope import as_clinic
from tenants.selectors import list_clinics
from tenants.services import forget_expired_tokens

logger = logging.getLogger(__name__)
_ON_RECORD = {keys.DESTROYED, clinics.AUDIT_DETAILS}


def purge_expired(*, now: datetime, dry_run: bool = False) -> PurgeReport:
    """Deletes all that is due at `now`, or with `dry_run` counts it. Raises `sweeps.AlreadyRunning`."""
    if dry_run:
        return _foresee(now)
    with sweeps.purge_lock():
        run = Run(uuid.uuid4(), now)
        PurgeRun.objects.create(id=run.id, started_at=now)
        progress = _Progress()
        _purge(run, list_clinics(), progress)
        _record_purged(run, progress.deletions)
        platform = _purge_platform(run)
        if not progress.busy:
            PurgeRun.objects.filter(pk=run.id).update(finished_at=Now())
    return PurgeReport(
        is_dry_run=False,
        now=now,
        deletions=progress.deletions,
        weeks=progress.weeks,
        platform=platform,
        busy=progress.busy,
    )


@dataclass(slots=True)
class _Progress:
    deletions: list[Deletion] = field(default_factory=list)
    weeks: list[date] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)

    def take(self, name: str, batches: Callable[[], Iterable[Deletion]]) -> bool:
        """Takes in what a step deletes; False when it had to leave something for the next run."""
        try:
            for deletion in batches():
                self.deletions.append(deletion)
        except Busy:
            logger.warning("the purge could not get its locks: %s", name)
            self.busy.append(name)
            return False
        return True


def _purge(run: Run, all_clinics: list[ClinicFacts], progress: _Progress) -> None:
    ids = [clinic.id for clinic in all_clinics]
    for monday in weeks.due_weeks(run.now):
        if progress.take(f"week {monday:%G-W%V}", partial(weeks.drop_week, run=run, monday=monday, clinic_ids=ids)):
            progress.weeks.append(monday)
    for clinic in all_clinics:
        progress.take(clinic.slug, partial(clinics.purge_clinic, run=run, clinic=clinic))
    progress.deletions += keys.destroy_expired_keys(run=run)
    for clinic_id in ids:
        progress.deletions += keys.finish_certificates(run=run, clinic_id=clinic_id)


def _purge_platform(run: Run) -> dict[str, int]:
    now = run.now
    return {
        "sessions": Session.objects.filter(expire_date__lt=now).delete()[0],
        "session_list": _ended_sessions(now).delete()[0],
        "api_sign_ins": forget_expired_tokens(now),
        "sign_in_limits": sweeps.delete_expired_limits(now),
        "api_limits": throttles.forget_full(now),
        "admin_log": LogEntry.objects.filter(action_time__lt=now - timedelta(days=LOG_DAYS)).delete()[0],
        **_purge_platforms_trail(run),
    }


def _ended_sessions(now: datetime) -> "QuerySet[Any]":
    """What is shown to people as their sessions: of sessions that are gone, or about to be."""
    open_keys = Session.objects.filter(expire_date__gte=now).values("session_key")
    ended: QuerySet[Any] = UserSession.objects.exclude(session_key__in=open_keys)
    return ended


def _purge_platforms_trail(run: Run) -> dict[str, int]:
    """The platform's own trail and counts are a clinic's of their own, which is no clinic: its log is the report."""
    before = run.now - timedelta(days=LOG_DAYS)
    with as_clinic(PLATFORM):
        details = ledger.forget_details(clinic_id=PLATFORM, before=before)
        refused, _ = RefusedCount.objects.filter(clinic_id=PLATFORM, on__lt=before.date()).delete()
    return {"audit_details": details, "refused_requests": refused}


def _record_purged(run: Run, deletions: Iterable[Deletion]) -> None:
    """One event for each clinic that lost something; keys and erased details have events of their own."""
    counts: dict[uuid.UUID, dict[str, int]] = {}
    for deletion in deletions:
        if deletion.what not in _ON_RECORD:
            of_clinic = counts.setdefault(deletion.clinic_id, {})
            of_clinic[deletion.what] = of_clinic.get(deletion.what, 0) + deletion.count
    for clinic_id, of_clinic in counts.items():
        audit.record(Event.PURGED, actor=SYSTEM, clinic_id=clinic_id, target=run.id, deleted=of_clinic)


def _foresee(now: datetime) -> PurgeReport:
    all_clinics = list_clinics()
    due = weeks.due_weeks(now)
    deletions = [found for monday in due for found in weeks.count_week(monday, [clinic.id for clinic in all_clinics])]
    for clinic in all_clinics:
        deletions += clinics.count_clinic(now=now, clinic=clinic)
    deletions += [Deletion(key.clinic_id, keys.DESTROYED, now, 1) for key in keystore.expired_keys(now)]
    platform = _foresee_platform(now)
    return PurgeReport(is_dry_run=True, now=now, deletions=deletions, weeks=due, platform=platform)


def _foresee_platform(now: datetime) -> dict[str, int]:
    before = now - timedelta(days=LOG_DAYS)
    with as_clinic(PLATFORM):
        refused = RefusedCount.objects.filter(clinic_id=PLATFORM, on__lt=before.date()).count()
        details = ledger.count_details(clinic_id=PLATFORM, before=before)
    return {
        "sessions": Session.objects.filter(expire_date__lt=now).count(),
        "session_list": _ended_sessions(now).count(),
        "api_sign_ins": TokenFamily.objects.filter(expires_at__lte=now).count(),
        "sign_in_limits": sweeps.count_expired_limits(now),
        "api_limits": Throttle.objects.filter(full_at__lte=now).count(),
        "admin_log": LogEntry.objects.filter(action_time__lt=before).count(),
        "audit_details": details,
        "refused_requests": refused,
    }
