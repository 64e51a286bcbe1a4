"""Looks a caller up by number for a program or a person: rarely, on record, and without the number.

It refuses the eleventh question within an hour: whoever may look up callers one by one shall not read a list of numbers
against the clinic's calls.
"""

import logging
import uuid
from datetime import datetime
from typing import Final

from calls.callers import find_caller
from calls.domain import CallerKind
from calls.numbers import Number
from tenants import audit
from tenants.domain import ClinicFacts
from tenants.events import Actor, Event
from tenants.idempotency import use_rarely

logger = logging.getLogger(__name__)

LOOKUPS_AN_HOUR: Final = 10


def look_up_caller(
    *, clinic: ClinicFacts, number: Number, client_id: uuid.UUID, is_key: bool, now: datetime, actor: Actor
) -> uuid.UUID | None:
    """The caller if the clinic knows the number; inside the clinic's scope. Raises `TooOften`."""
    use_rarely(
        clinic_id=clinic.id, client_id=client_id, is_key=is_key, what="caller_lookup", limit=LOOKUPS_AN_HOUR, now=now
    )
    logger.info("a caller is looked up by the %s %s", actor.kind.value, client_id)
    is_caller = number.kind is CallerKind.CALLER
    caller = find_caller(clinic_id=clinic.id, e164=number.e164, now=now) if is_caller else None
    # Whether somebody was found is not on record: who reads the trail shall not learn it.
    audit.record(Event.CALLER_LOOKED_UP, actor=actor, clinic_id=clinic.id)
    return caller
