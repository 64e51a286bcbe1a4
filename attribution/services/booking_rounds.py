"""Whose turn it is to be read: one booking system at a time in all workers together, each for a while.

So slow ones keep no work waiting that can't wait, and a system that breaks keeps no other waiting.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from attribution.selectors.bookings import list_due_systems
from attribution.services.booking_reads import read_booking_system
from calls.locks import Busy, turn_lock

logger = logging.getLogger(__name__)

ROUND_SECONDS: Final = 400  # a task has 15 minutes, and the last run of a round may take four


def read_due_systems(*, clock: Callable[[], datetime]) -> int:
    """Reads all that are due; how many had their turn. None while another worker makes a round."""
    began, turns = time.monotonic(), 0
    with suppress(Busy), turn_lock("booking systems"):
        for clinic_id, system_id in list_due_systems(clock()):
            if time.monotonic() - began > ROUND_SECONDS:
                break
            try:
                report = read_booking_system(
                    clinic_id=clinic_id, system_id=system_id, now=clock(), must_be_due=True
                )  # fmt: skip
            except Exception as error:
                # Its text could quote what it stumbled over.
                logger.error("reading booking system %s broke off: %s", system_id, type(error).__name__)
            else:
                turns += report is not None
    return turns
