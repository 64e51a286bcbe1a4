"""Whose turn it is to be fetched: one pull at a time in all workers together, so that the others are free for the work
that cannot wait; the one that waits longest first. A pull that breaks keeps no other waiting.
"""

import logging
import time
import uuid
from contextlib import suppress
from datetime import datetime

from calls.fetching import FOR_WORKERS, Pace, note_breakdown, run_pull
from calls.locks import Busy, pull_lock
from calls.selectors.pulls import list_due
from tenants.selectors import get_clinic

logger = logging.getLogger(__name__)

ROUND_SECONDS = 400  # a task has 15 minutes, and the last pull of a round may take five


def run_now(*, clinic_id: uuid.UUID, pull_id: uuid.UUID, pace: Pace = FOR_WORKERS) -> bool:
    """Goes on with one pull if nobody else is fetching; False when it has to wait for the next round."""
    try:
        with pull_lock(None):
            _run(clinic_id, pull_id, pace)
    except Busy:
        return False
    return True


def run_due(*, now: datetime, pace: Pace = FOR_WORKERS) -> int:
    """Goes on with all pulls that can; how many had their turn. None while another worker makes a round."""
    began, turns = time.monotonic(), 0
    with suppress(Busy), pull_lock(None):
        for clinic_id, pull_id in list_due(now):
            if time.monotonic() - began > ROUND_SECONDS:
                break
            turns += _run(clinic_id, pull_id, pace)
    return turns


def _run(clinic_id: uuid.UUID, pull_id: uuid.UUID, pace: Pace) -> bool:
    try:
        run_pull(clinic=get_clinic(clinic_id), pull_id=pull_id, pace=pace)
    except Busy:  # a command is at it
        return False
    except Exception as error:
        # Its text could quote what it stumbled over.
        logger.error("the pull %s broke off (%s); it is tried again", pull_id, type(error).__name__)
        note_breakdown(clinic_id=clinic_id, pull_id=pull_id, now=pace.clock())
        return False
    return True
