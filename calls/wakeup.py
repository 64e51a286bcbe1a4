"""Tells a worker that there is work; never fails and never waits for long, because the work itself is in PostgreSQL."""

import logging
import threading
import time
import uuid

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

BURST_SECONDS = 0.25  # a burst of calls of a clinic wakes a worker once; the sweep finds what came after
PAUSE_SECONDS = 5.0  # with the broker away, nobody waits for it again so soon

_quiet_until: dict[uuid.UUID | None, float] = {}  # None: the broker itself
_lock = threading.Lock()


def wake_worker(clinic_id: uuid.UUID) -> None:
    """Asks for the clinic's changes to be taken up, at most once per burst. With the broker away, the sweep does it."""
    if not _is_due(clinic_id):
        return
    try:
        current_app.send_task(settings.CHANGES_WAKE_TASK, [str(clinic_id)], retry=False, expires=60)
    except (OperationalError, RedisError, OSError) as error:
        with _lock:
            _quiet_until[None] = time.monotonic() + PAUSE_SECONDS
        logger.warning("the broker is away (%s); the sweep will find the work", type(error).__name__)


def wake_fetcher(clinic_id: uuid.UUID, pull_id: uuid.UUID) -> None:
    """Asks for a pull to be taken up. With the broker away, the sweep finds it within a minute."""
    try:
        current_app.send_task("calls.tasks.fetch_calls", [str(clinic_id), str(pull_id)], retry=False, expires=60)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("the broker is away (%s); the sweep will find the pull", type(error).__name__)


def _is_due(clinic_id: uuid.UUID) -> bool:
    moment = time.monotonic()
    with _lock:
        if moment < max(_quiet_until.get(None, 0.0), _quiet_until.get(clinic_id, 0.0)):
            return False
        _quiet_until[clinic_id] = moment + BURST_SECONDS
        return True
