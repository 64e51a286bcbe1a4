"""Work of the calls floor that the clock starts; translates and does nothing by itself."""

import logging
import uuid

from celery import shared_task
from django.utils import timezone

from calls import partitions, services
from calls.rounds import run_due, run_now
from tenants.selectors import list_clinics

logger = logging.getLogger(__name__)


@shared_task
def make_weeks_ahead() -> None:
    made = partitions.make_weeks_ahead(now=timezone.now())
    if made:
        logger.info("weeks made: %s", ", ".join(f"{monday:%G-W%V}" for monday in made))  # a date looks like a number


@shared_task
def check_silence() -> None:
    """Which phone systems have fallen silent during opening hours; one clinic that fails keeps no other waiting."""
    now = timezone.now()
    for clinic in list_clinics():
        try:
            services.check_silence(clinic=clinic, now=now)
        except Exception as error:
            logger.error("silence of a clinic could not be checked: %s", type(error).__name__)


@shared_task
def fetch_calls(clinic_id: str, pull_id: str) -> None:
    """Somebody waits for this one; when it is not its turn, the next round takes it up."""
    run_now(clinic_id=uuid.UUID(clinic_id), pull_id=uuid.UUID(pull_id))


@shared_task
def fetch_due_calls() -> None:
    """Pulls that wait, that were put off, and those of a worker that was killed."""
    run_due(now=timezone.now())


@shared_task
def reconcile_calls() -> None:
    """Asks every phone system that can be asked for what its webhooks may have lost."""
    services.start_reconciles(now=timezone.now())
