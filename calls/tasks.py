"""Work of the calls floor that the clock starts; translates and does nothing by itself."""

import logging

from celery import shared_task
from django.utils import timezone

from calls import partitions

logger = logging.getLogger(__name__)


@shared_task
def make_weeks_ahead() -> None:
    made = partitions.make_weeks_ahead(now=timezone.now())
    if made:
        logger.info("weeks made: %s", ", ".join(f"{monday:%G-W%V}" for monday in made))  # a date looks like a number
