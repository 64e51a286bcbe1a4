"""What workers do in the background: work changes off, roll days up, close books, send; arguments name a clinic.

Each task can run twice, at once or never: what is to be done is in PostgreSQL, and the next sweep finds it. One clinic
that fails keeps no other waiting.
"""

import logging
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from attribution import services
from attribution.selectors import clinics_to_mail, clinics_to_tell, clinics_with_work
from calls.locks import Busy, turn_lock
from tenants.selectors import list_clinics

logger = logging.getLogger(__name__)

ROUNDS = 20  # batches of one clinic in a row; then it is others' turn, and the next sweep goes on
LAPSE_CHECK_SECONDS = 60


@shared_task
def attribute_clinic(clinic_id: str) -> None:
    """Works off what the clinic has to do, then rolls up the days that changed."""
    _attribute_clinic(uuid.UUID(clinic_id), timezone.now())


@shared_task
def sweep_changes() -> None:
    """Finds what nobody was woken up for; about once a minute also opportunities that have run out."""
    now = timezone.now()
    if cache.add("attribution.lapse_check", 1, LAPSE_CHECK_SECONDS):
        _for_each((clinic.id for clinic in list_clinics()), _lapse, now)
    _for_each(clinics_with_work(now), _attribute_clinic, now)


@shared_task
def close_books() -> None:
    """Settles what is older than a clinic's figures may change."""
    _for_each((clinic.id for clinic in list_clinics()), _close, timezone.now())


@shared_task
def send_messages() -> None:
    """Sends what outgoing webhooks wait for."""
    services.send_messages(clock=timezone.now)


@shared_task
def send_digests() -> None:
    """Tells and mails the summaries that are due, unless another worker is at it: a slow mail server keeps one busy."""
    with suppress(Busy), turn_lock("summaries"):
        now = timezone.now()
        _for_each(clinics_to_tell(now), _tell, now)
        _for_each(clinics_to_mail(now), _mail, now)


@shared_task
def read_due_booking_systems() -> None:
    """Reads the booking systems that are due, unless another worker is at it."""
    services.read_due_systems(clock=timezone.now)


def _attribute_clinic(clinic_id: uuid.UUID, now: datetime) -> None:
    for _ in range(ROUNDS):
        if not services.attribute_changes(clinic_id=clinic_id, now=now):
            break
    services.rebuild_days(clinic_id=clinic_id, now=now)


def _lapse(clinic_id: uuid.UUID, now: datetime) -> None:
    for _ in range(ROUNDS):
        if not services.lapse_due(clinic_id=clinic_id, now=now):
            break


def _close(clinic_id: uuid.UUID, now: datetime) -> None:
    services.close_books(clinic_id=clinic_id, now=now)


def _tell(clinic_id: uuid.UUID, now: datetime) -> None:
    services.tell_digests(clinic_id=clinic_id, now=now)


def _mail(clinic_id: uuid.UUID, now: datetime) -> None:
    services.mail_digests(clinic_id=clinic_id, now=now)


def _for_each(clinic_ids: Iterable[uuid.UUID], work: Callable[[uuid.UUID, datetime], None], now: datetime) -> None:
    for clinic_id in clinic_ids:
        try:
            work(clinic_id, now)
        except Exception as error:
            # The type alone: the text of a database's error shows the row.
            logger.error("attribution of clinic %s failed: %s", clinic_id, type(error).__name__)
