"""Stores calls, in the clinic's scope; takes calls without numbers and refuses all else by type."""

import dataclasses
import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from calls import rows
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


def count_refusal(*, clinic_id: uuid.UUID, source: str, reason: str, now: datetime, count: int = 1) -> None:
    """Counts refused messages, so that the clinic can see them; never what they said."""
    with as_clinic(clinic_id):
        rows.count_refusal(clinic_id, now.date(), source, reason, count)
