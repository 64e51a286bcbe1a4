"""Intake: from a message to a row, one ordered sequence, within the request that brought it.

verify, parse, check the age, read the number, hash, look up, merge, store, leave the work row, commit, wake a worker.
The number is in memory between `parse` and `hash` and nowhere else; what cannot be stored is refused with a reason.
"""

import functools
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from calls import partitions, rows
from calls.callers import finish_lookup, start_lookup
from calls.domain import CallerKind, CallEvent, HashedCall, Message, Receipt, RefusalReason, Refused
from calls.hashing import call_id, contains_number, label_tells, looks_like_number
from calls.keystore import call_key
from calls.numbers import Number, read_number
from calls.providers import PROVIDERS
from calls.selectors import ConnectionFacts
from calls.services import record_call
from calls.wakeup import wake_worker
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic, pipelined

FUTURE_TOLERANCE = timedelta(minutes=5)
MAX_LINE = 40
# Sources whose call keys are chosen by the clinic and mean the same call wherever they come from.
SHARED_KEYS = {"api": "external", "csv": "external", "ringback": "external"}


def receive(*, connection: ConnectionFacts, message: Message, now: datetime) -> list[Receipt]:
    """One webhook message. Raises `BadSignature`, or `Refused` with nothing stored."""
    provider = PROVIDERS[connection.provider]
    verified = provider.verify(message, connection.secret, now)
    events = provider.parse(verified, now)
    return record_events(clinic=connection.clinic, events=events, now=now, connection_id=connection.id)


def record_events(
    *, clinic: ClinicFacts, events: Sequence[CallEvent], now: datetime, connection_id: uuid.UUID | None = None
) -> list[Receipt]:
    """Stores all events or none. Raises `Refused` for the first that cannot be stored. `connection_id` is the phone
    system that told of them."""
    if not events:  # a message about something else than a call
        return []
    for event in events:
        require_storable(event, clinic, now)
    ensure_weeks({partitions.week_of(event.started_at) for event in events} | {partitions.week_of(now)})
    receipts: dict[int, Receipt] = {}
    with pipelined(), as_clinic(clinic.id):
        for position, row_id in _in_lock_order(clinic, events):
            receipts[position] = _record_event(clinic, events[position], row_id, now, connection_id)
    wake_worker(clinic.id)
    return [receipts[position] for position in range(len(events))]


def _in_lock_order(clinic: ClinicFacts, events: Sequence[CallEvent]) -> list[tuple[int, uuid.UUID]]:
    """(position, row id), sorted by id: two lists that name the same calls lock them in the same order."""
    ids = [(position, row_id_of(clinic, event)) for position, event in enumerate(events)]
    return sorted(ids, key=lambda item: (item[1].bytes[:8], item[0]))


def row_id_of(clinic: ClinicFacts, event: CallEvent) -> uuid.UUID:
    """The id of the call's row, the same for every message about the call."""
    return call_id(call_key(clinic.id), clinic.id, SHARED_KEYS.get(event.source, event.source), event.call_key)


def _record_event(
    clinic: ClinicFacts, event: CallEvent, row_id: uuid.UUID, now: datetime, connection_id: uuid.UUID | None
) -> Receipt:
    rows.lock_call(clinic.id, row_id)
    number = read_number(event.number, clinic.region) if event.number_known else None
    lookup = start_lookup(clinic.id, number.e164, now) if number and number.kind is CallerKind.CALLER else None
    known = rows.start_call_lookup(clinic.id, row_id, event.started_at)
    caller = finish_lookup(lookup) if lookup else None
    call = hashed_call(event, row_id, number, caller, connection_id)
    return record_call(call=call, known=rows.fetch_call(known), zone=clinic.zone, now=now)


def hashed_call(
    event: CallEvent,
    row_id: uuid.UUID,
    number: Number | None,
    caller: uuid.UUID | None,
    connection_id: uuid.UUID | None = None,
) -> HashedCall:
    """The event without its number."""
    return HashedCall(
        id=row_id,
        source=event.source,
        direction=event.direction,
        outcome=event.outcome,
        started_at=event.started_at,
        kind=number.kind if number else CallerKind.UNKNOWN,
        caller=caller,
        ring_seconds=event.ring_seconds,
        talk_seconds=event.talk_seconds,
        line=event.line,
        connection_id=connection_id,
        provider_call_id=storable_provider_id(event, number.e164 if number else ""),
    )


def storable_provider_id(event: CallEvent, e164: str) -> str | None:
    """The phone system's own id of the call, where it can be kept: only of systems whose ids are made of nothing that a
    caller has, in just the form that those have, and not if it shares digits with the number after all.

    `e164` is the caller's number. Without one there is nobody to ask for, and no id is kept. Of every other phone
    system the row's id is all that is kept, a keyed hash.
    """
    identifier, form = event.provider_call_id, _PROVIDER_IDS.get(event.source)
    if identifier is None or form is None or not e164 or not form.fullmatch(identifier):
        return None
    return None if contains_number(identifier, e164) or identifier in e164 else identifier


# Twilio: 128 random bits. RingCentral: the same, or times and counters, in hexadecimal. Aircall: a counter over all
# of its customers. Ten digits hold it for years to come, and neither a number with its country code nor one with the
# zero in front; that it looks like a number without either can't be helped, for then no id would ever be kept.
_PROVIDER_IDS: Final[Mapping[str, re.Pattern[str]]] = {
    "twilio": re.compile(r"CA[0-9a-f]{32}"),
    "ringcentral": re.compile(r"s-[0-9a-f]{8,32}(z[0-9a-f]{1,32}){0,3}"),
    "aircall": re.compile(r"[1-9][0-9]{0,9}"),
}


def require_storable(event: CallEvent, clinic: ClinicFacts, now: datetime) -> None:
    """Raises `Refused` unless the time is within the clinic's limit and nothing that is kept tells the number."""
    if event.started_at > now + FUTURE_TOLERANCE:
        raise Refused(RefusalReason.IN_FUTURE, "started_at is more than 5 minutes in the future.", "started_at")
    if event.started_at < earliest_storable(clinic, now):
        raise Refused(RefusalReason.TOO_OLD, "started_at is past the clinic's retention limit.", "started_at")
    if len(event.line) > MAX_LINE:
        raise Refused(RefusalReason.UNREADABLE, f"line is longer than {MAX_LINE} characters.", "line")
    if looks_like_number(event.line):
        raise Refused(RefusalReason.LABEL_CONTAINS_NUMBER, "line contains a run of seven or more digits.", "line")
    if event.number and label_tells(event.line, event.number):
        raise Refused(RefusalReason.LABEL_CONTAINS_NUMBER, "line contains the digits of its number.", "line")
    if event.source in SHARED_KEYS and event.number and contains_number(event.call_key, event.number):
        raise Refused(
            RefusalReason.IDENTIFIER_CONTAINS_NUMBER, "external_id contains the digits of its number.", "external_id"
        )


def earliest_storable(clinic: ClinicFacts, now: datetime) -> datetime:
    """The clinic's limit, or the first week that is kept if that is later: a replay must not undo the purge."""
    return max(clinic.visible_from(now), partitions.first_kept_instant(now))


_weeks_made: set[date] = set()


def ensure_weeks(weeks: set[date]) -> None:
    """Makes partitions that are missing, outside of the transaction that needs them."""
    for week in weeks - _weeks_made:
        partitions.make_week(week)
        # Inside of somebody's transaction it is not made before that commits.
        transaction.on_commit(functools.partial(_weeks_made.add, week))


def forget_weeks() -> None:
    """Drops this process's memory of the weeks that there are."""
    _weeks_made.clear()
