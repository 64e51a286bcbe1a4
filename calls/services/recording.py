"""Stores calls, in the clinic's scope; takes calls without numbers and refuses all else by type."""

import dataclasses
import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from calls import heard, rows
from calls.domain import HashedCall, Outcome, Receipt
from tenants.scope import as_clinic, current_clinic_id


def merge_calls(known: HashedCall, new: HashedCall) -> HashedCall:
    """What two messages say of one call: the state only moves forward, longer talk wins, the first start stays.

    Pure, commutative but for the start, and idempotent: late, doubled and reordered messages change nothing.
    """
    knows_more = new.kind > known.kind
    return dataclasses.replace(
        known,
        outcome=max(known.outcome, new.outcome),
        kind=max(known.kind, new.kind),
        caller=new.caller if knows_more else known.caller,
        direction=new.direction if knows_more else known.direction,
        ring_seconds=known.ring_seconds if known.ring_seconds is not None else new.ring_seconds,
        talk_seconds=max(known.talk_seconds, new.talk_seconds),
        line=known.line or new.line,
        connection_id=known.connection_id or new.connection_id,
        provider_call_id=known.provider_call_id or new.provider_call_id,
    )


def record_call(*, call: HashedCall, known: HashedCall | None, zone: ZoneInfo, now: datetime) -> Receipt:
    """Stores a call that intake has looked up under its lock, and leaves the work row in the same transaction."""
    clinic_id = current_clinic_id()
    merged = call if known is None else merge_calls(known, call)
    if known is None:
        rows.insert_call(clinic_id, merged)
    elif merged != known:
        rows.update_call(clinic_id, merged)
    if merged != known and merged.outcome > Outcome.RINGING:
        rows.insert_change(clinic_id, merged.caller, merged.started_at.astimezone(zone).date(), now)
    return Receipt(merged.id, merged.caller, known is None)


def count_refusal(
    *,
    clinic_id: uuid.UUID,
    source: str,
    reason: str,
    now: datetime,
    count: int = 1,
    connection_id: uuid.UUID | None = None,
) -> None:
    """Counts refused messages, so that the clinic can see them; never what they said. The API has no connection, and
    of one that was removed meanwhile nothing is counted."""
    with as_clinic(clinic_id):
        if connection_id is not None:
            if not heard.lock_connections(clinic_id, [connection_id]):
                return
            hour = now.replace(minute=0, second=0, microsecond=0)
            heard.add_hours(clinic_id, [heard.HourCounts(connection_id, hour, 0, 0, count, None, None)])
        rows.count_refusal(clinic_id, now.date(), source, reason, count, connection_id)
