"""The purge by the clock: asks whether one is due, every ten minutes; a second one at the same time is no error."""

import logging

from celery import shared_task
from django.utils import timezone

from retention import selectors, services
from retention.sweeps import AlreadyRunning

logger = logging.getLogger(__name__)


@shared_task
def purge_if_due() -> None:
    now = timezone.now()
    if not selectors.read_purge_state(now).is_due:
        return
    try:
        report = services.purge_expired(now=now)
    except AlreadyRunning:
        return
    logger.info("purge: %d rows of clinics, %d weeks", sum(row.count for row in report.deletions), len(report.weeks))
