"""Sends what waits in the outbox: claims it with a lease, asks outside of any transaction, then marks what came of it.

At least once: a process that is killed in between leaves a lease that runs out, and the message goes again under the
same id. One sender at a time over all workers, so that targets that do not answer keep one worker busy and not all.
"""

import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from attribution import outbox
from attribution.deliveries import Outcome, OutgoingEvent, encode_body, must_switch_off, retry_at, sign_headers
from attribution.models import OutgoingMessage, OutgoingTarget
from attribution.outbox import ClaimedMessage
from attribution.services.messages import write_bodies
from attribution.services.outgoing import UnknownTarget, lock_target, secret_context, url_context
from tenants import audit, mail
from tenants.domain import Role
from tenants.events import SYSTEM, Event
from tenants.outbound import BadTarget, Inner, NoAnswer, Question, ask
from tenants.scope import as_clinic
from tenants.selectors import get_clinic, list_active_members
from tenants.vault import CannotUnwrap, unwrap

logger = logging.getLogger(__name__)

IN_FLIGHT = 16
PER_TARGET = 2
SECONDS = 10.0  # for one try
LARGEST = 256 * 1024  # of an answer, which is not looked at
LEASE = timedelta(seconds=30)  # longer than a try
RUN_SECONDS = 20.0  # after which nothing more is claimed; the next sweep goes on
_LOOK_AGAIN = 0.5  # seconds, while something slow is in flight
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Letter:
    clinic_id: uuid.UUID
    message: ClaimedMessage
    body: Mapping[str, Any]


def send_messages(*, clock: Clock, seconds: float = RUN_SECONDS) -> int:
    """Sends what is due until nothing is, or for so many seconds; returns how many tries it made."""
    if not outbox.clinics_with_messages(clock()):
        return 0
    with outbox.only_sender() as is_alone:
        if not is_alone:
            return 0
        with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="outgoing") as threads:
            return _Run(threads, clock).work(seconds)


class _Run:
    """What is in flight. Threads only ask; the database is this one's."""

    def __init__(self, threads: ThreadPoolExecutor, clock: Clock) -> None:
        self._threads, self._clock = threads, clock
        self._in_flight: dict[Future[Outcome], _Letter] = {}

    def work(self, seconds: float) -> int:
        until, tries = time.monotonic() + seconds, 0
        while True:
            if time.monotonic() < until:
                self._claim()
            if not self._in_flight:
                return tries
            done, _ = wait(self._in_flight, timeout=_LOOK_AGAIN, return_when=FIRST_COMPLETED)
            for future in done:
                note_outcome(self._in_flight.pop(future), future.result(), self._clock())
            tries += len(done)

    def _claim(self) -> None:
        now = self._clock()
        for clinic_id in outbox.clinics_with_messages(now):
            room = IN_FLIGHT - len(self._in_flight)
            if room <= 0:
                return
            busy = [letter.message.target_id for letter in self._in_flight.values()]
            for letter in claim_letters(clinic_id, now, room, busy):
                self._in_flight[self._threads.submit(deliver, letter, now)] = letter


def claim_letters(clinic_id: uuid.UUID, now: datetime, limit: int, busy: list[uuid.UUID]) -> list[_Letter]:
    """Leases messages of a clinic and says what is in them; what no longer stands is dropped."""
    with as_clinic(clinic_id):
        claimed = outbox.claim_messages(clinic_id, now, LEASE, limit, PER_TARGET, busy)
        bodies = write_bodies(get_clinic(clinic_id), claimed, now) if claimed else {}
    known = {one.id: json.loads(one.body) for one in claimed if one.body is not None} | bodies
    return [_Letter(clinic_id, one, known[one.id]) for one in claimed if one.id in known]


def deliver(letter: _Letter, now: datetime) -> Outcome:
    """One try, in a thread of its own; asks no database."""
    message = letter.message
    try:
        url = unwrap(message.url, url_context(message.target_id)).decode()
        content = encode_body(letter.body)
        headers = sign_headers(f"msg_{message.id.hex}", content, _secrets(message, now), now)
        answer = ask(Question("POST", url, headers, content, SECONDS, LARGEST, Inner.WEBHOOKS))
    except CannotUnwrap:
        return Outcome(problem="unreadable")
    except BadTarget:
        return Outcome(problem="refused_address")
    except NoAnswer as error:
        return Outcome(problem=error.reason)
    return Outcome(status=answer.status)


def _secrets(message: ClaimedMessage, now: datetime) -> list[str]:
    """The new one first."""
    wrapped = [message.secret]
    if message.old_secret is not None and message.old_secret_until is not None and message.old_secret_until > now:
        wrapped.append(message.old_secret)
    return [unwrap(one, secret_context(message.target_id)).decode() for one in wrapped]


def note_outcome(letter: _Letter, outcome: Outcome, now: datetime) -> None:
    """Marks what came of a try. A target that was removed meanwhile has taken its messages with it."""
    with as_clinic(letter.clinic_id):
        try:
            target = lock_target(letter.clinic_id, letter.message.target_id)
        except UnknownTarget:
            return
        _mark_message(letter.message, outcome, now)
        is_off = letter.message.event != OutgoingEvent.TEST and _mark_target(target, outcome, now)
        if is_off:
            audit.record(Event.OUTGOING_SWITCHED_OFF, actor=SYSTEM, clinic_id=letter.clinic_id, target=target.id)
    if is_off:
        _tell_admins(letter.clinic_id, target)


def _mark_message(message: ClaimedMessage, outcome: Outcome, now: datetime) -> None:
    row = OutgoingMessage.objects.filter(pk=message.id, delivered_at=None)
    changes: dict[str, Any] = {"last_status": outcome.status, "last_problem": outcome.problem}
    if outcome.is_delivered:
        changes["delivered_at"] = now
    else:
        again = retry_at(message.tries, now, random.random())  # noqa: S311 - spreads load
        if again is None or message.event == OutgoingEvent.TEST:
            changes["given_up_at"] = now
        else:
            changes["not_before"] = again
    row.update(**changes)


def _mark_target(target: OutgoingTarget, outcome: Outcome, now: datetime) -> bool:
    """Whether it was switched off by this."""
    if outcome.is_delivered:
        if target.failing_since is not None:
            target.failing_since = None
            target.save(update_fields=["failing_since"])
        return False
    target.failing_since = target.failing_since or now
    is_off = target.switched_off_at is None and must_switch_off(outcome, target.failing_since, now)
    if is_off:
        target.switched_off_at, target.digest_at = now, None
    target.save(update_fields=["failing_since", "switched_off_at", "digest_at"])
    return is_off


def _tell_admins(clinic_id: uuid.UUID, target: OutgoingTarget) -> None:
    """After the commit: no lock waits for a mail server. The page says the same, so a mail that fails is not tried
    again."""
    clinic = get_clinic(clinic_id)
    link = f"{settings.PUBLIC_URL}/settings/webhooks/{target.id}/"
    for member in list_active_members(clinic_id):
        if member.role is Role.ADMIN:
            mail.send(
                "outgoing_off", to=member.email, floor="attribution", clinic=clinic.name, target=target.name, link=link
            )
