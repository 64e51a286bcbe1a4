"""Works changes off: claims what `calls` left behind, recomputes those callers, removes the rows, all or nothing.

One worker at a time for each clinic. A row that fails is tried alone, postponed and in the end set aside; it never
keeps another one waiting. No clock: `now` is an argument.
"""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from attribution import events, results
from attribution.events import Caller
from attribution.services.context import Context, load_context
from attribution.services.recompute import recompute_callers
from calls.changes import ClaimedChange, claim_changes, postpone_change, remove_changes
from tenants.scope import as_clinic

logger = logging.getLogger(__name__)

BATCH = 500


def attribute_changes(*, clinic_id: uuid.UUID, now: datetime, limit: int = BATCH) -> int:
    """Works off a batch of the clinic's changes; returns how many were claimed, 0 where another worker is at it."""
    with as_clinic(clinic_id):
        if not results.try_lock_attribution(clinic_id):
            return 0
        claimed = claim_changes(clinic_id, limit, now)
        if claimed:
            _attribute(load_context(clinic_id, now), claimed)
        return len(claimed)


def lapse_due(*, clinic_id: uuid.UUID, now: datetime, limit: int = BATCH) -> int:
    """Recomputes callers whose opportunity has run out without anything having happened; returns how many lapsed."""
    with as_clinic(clinic_id):
        due = events.read_due(clinic_id, now, limit)
        if not due or not results.try_lock_attribution(clinic_id):
            return 0
        return _lapse(load_context(clinic_id, now), [caller.bytes for caller in due])


def _lapse(context: Context, callers: Sequence[Caller]) -> int:
    """All at once, or one by one: a caller who cannot be recomputed keeps nobody else open."""
    try:
        with transaction.atomic():  # a savepoint
            recompute_callers(context, callers)
            results.check_constraints()
        return len(callers)
    except (OperationalError, InterfaceError):
        raise  # the database is to blame, not a caller
    except Exception as error:
        if len(callers) > 1:
            return sum(_lapse(context, [caller]) for caller in callers)
        logger.error("an opportunity could not lapse: %s", type(error).__name__)
        return 0


def _attribute(context: Context, changes: Sequence[ClaimedChange]) -> None:
    """All at once, or, where that fails, one by one: then the one that is to blame is found and put off."""
    try:
        _work_off(context, changes)
    except (OperationalError, InterfaceError):
        raise  # the database is to blame, not a row
    except Exception as error:
        if len(changes) > 1:
            logger.warning("a batch of changes failed (%s): trying them one by one", type(error).__name__)
            for change in changes:
                _attribute(context, [change])
            return
        logger.error("change %s failed: %s", changes[0].id, type(error).__name__)
        postpone_change(context.clinic.id, changes[0], type(error).__name__, context.now)


def _work_off(context: Context, changes: Sequence[ClaimedChange]) -> None:
    callers = {change.caller.bytes for change in changes if change.caller is not None}
    days = {change.on for change in changes if change.on is not None}
    with transaction.atomic():  # a savepoint
        recompute_callers(context, callers, days=days)
        remove_changes(context.clinic.id, [change.id for change in changes])
        results.check_constraints()
