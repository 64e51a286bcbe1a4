"""Writes what a message says, when it is first sent: as the fact stands then; and drops what does not stand any more.

A message holds ids, times, counts, words and money. There is no number here that it could hold.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attribution.deliveries import OutgoingEvent, write_body, write_time
from attribution.models import Opportunity, OutgoingMessage
from attribution.outbox import ClaimedMessage
from attribution.selectors.digests import Digest
from calls.counts import count_by_caller
from tenants.domain import ClinicFacts
from tenants.masks import mask


def write_bodies(clinic: ClinicFacts, claimed: Iterable[ClaimedMessage], now: datetime) -> dict[uuid.UUID, Any]:
    """The bodies of messages that have none yet, by id, stored; those without a fact are deleted and not in it.

    Within the clinic's scope.
    """
    wanted = [one for one in claimed if one.body is None]
    if not wanted:
        return {}
    found = {row.id: row for row in Opportunity.objects.filter(pk__in=[one.opportunity_id for one in wanted])}
    lines = _read_lines(clinic, found.values(), now)
    bodies: dict[uuid.UUID, Any] = {}
    for message in wanted:
        row = found.get(message.opportunity_id) if message.opportunity_id else None
        if row is not None and _stands(message, row):
            event = OutgoingEvent(message.event)
            facts = _facts(clinic, row, event, lines.get(row.caller, ""))
            bodies[message.id] = write_body(event, message.created_at, facts)
    for message_id, body in bodies.items():
        OutgoingMessage.objects.filter(pk=message_id).update(body=body)
    gone = [one.id for one in wanted if one.id not in bodies]
    OutgoingMessage.objects.filter(pk__in=gone).delete()
    return bodies


def digest_body(clinic: ClinicFacts, digest: Digest, now: datetime) -> dict[str, Any]:
    """The day before, as counts."""
    figures = digest.figures
    facts = {
        "clinic": clinic.slug,
        "on": digest.span.first.isoformat(),
        "inbound": figures.inbound,
        "answered": figures.answered,
        "missed": figures.missed,
        "voicemail": figures.voicemail,
        "opportunities": figures.opportunities,
        "called_back": figures.called_back,
        "reached": figures.reached,
        "recovered_appointments": figures.recovered_appointments,
        "recovered_value": str(figures.recovered_value or 0),
        "currency": clinic.currency,
        "waiting": digest.waiting,
    }
    return write_body(OutgoingEvent.DIGEST, now, facts)


def _stands(message: ClaimedMessage, row: Opportunity) -> bool:
    """A recovery stands as long as it is by the same appointment; a missed call as long as nobody turns out to have
    answered it, for then there is no opportunity."""
    if message.event == OutgoingEvent.RECOVERED:
        return message.subject == f"{row.id}/{row.appointment_id}" and row.status == "recovered"
    return True


def _facts(clinic: ClinicFacts, row: Opportunity, event: OutgoingEvent, line: str) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "clinic": clinic.slug,
        "opportunity": str(row.id),
        "caller": str(row.caller),
        "status": row.status,
        "opened_at": write_time(row.opened_at),
        "last_missed_at": write_time(row.last_missed_at),
        "attempts": row.attempts,
        "callbacks": row.callbacks,
        "line": mask(line),
    }
    if event is OutgoingEvent.RECOVERED:
        facts |= {
            "called_back_at": _time(row.called_back_at),
            "contact_at": _time(row.contact_at),
            "booked_at": _time(row.booked_at),
            "rule": row.rule or None,
            "value": None if row.value is None else str(row.value),
            "value_source": row.value_source or None,
            "currency": clinic.currency,
        }
    return facts


def _time(at: datetime | None) -> str | None:
    return None if at is None else write_time(at)


def _read_lines(clinic: ClinicFacts, rows: Iterable[Opportunity], now: datetime) -> Mapping[uuid.UUID, str]:
    """The line that each caller rang last."""
    since = {row.caller: row.opened_at for row in rows}
    if not since:
        return {}
    return {one.caller: one.line for one in count_by_caller(clinic.id, since.items(), clinic.visible_from(now))}
